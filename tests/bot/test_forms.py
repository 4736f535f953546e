"""Forms, whole: every kind of request filed by form alone, every label, every choice; how long they are on a phone.

In: an office of an officer, a manager and an administrator. Each instrument of the reference data is filed in process,
by what Slack's modal and what Telegram's steps ask for, and by nothing else: a new instrument is tried here by itself.
"""

import asyncio
import re
from collections.abc import Iterator

import pytest

from bot.adapters.contract import Field, Form, Inbound
from bot.adapters.slack import modal
from bot.adapters.slack.wire import Asked
from bot.adapters.telegram import step
from bot.adapters.telegram.draft import FormDraft, begun, onward, taken
from bot.inbound.dispatch import Dispatch
from bot.inbound.forms import FormBuilder
from bot.inbound.wording import Wording, field_words
from bot.rendering.render import Renderer
from handlers import COMMANDS, people
from handlers.kit.opening import Opening
from handlers.language.values import Text
from storage.exposure.roles import Role
from storage.models import Request
from storage.record import records
from storage.reference.catalog import load
from storage.rules.lifecycle import Status
from tests import factories
from tests.bot.slack.reading import check_view
from tests.fake_slack import _entry
from tests.furnishing import furnish
from tests.phone import slack_pixels, telegram_pixels

REFERENCE, RENDERER = load(), Renderer()
SCREENS = 2 * 844  # pixels, at 390 wide
INSTRUMENTS = sorted(REFERENCE.instruments)
RECIPIENTS = {
    **dict.fromkeys(("provider_portal", "provider_email", "direct_order_to_provider"), "PROV-META"),
    "central_authority": "US-DOJ-OIA",
    "court_diplomatic": "US-STATE",
    "interpol_ncb": "US-USNCB",
    "liaison": "US-FBI-LEGAT",
    "regulator": "PK-PTA",
}
TYPED = {"text": "as in the letter", "date": "2026-02-27", "range": "2026-01-01..2026-02-01", "confirm": "yes"}
SYNTAX = re.compile(
    r"`|\b(to|as|data|basis|despite|reason|case|accounts|on|ref):\S|send (it|the line) again|your line|:\""
)


class Office:
    """Everybody speaks from Slack, alone with the desk."""

    def __init__(self, store) -> None:
        self.store = store
        self.forms = FormBuilder(store, COMMANDS, RENDERER)
        self.dispatch = Dispatch(store, COMMANDS, RENDERER)
        self.keys = iter(range(10_000))
        furnish(store, Office._furnish)

    @staticmethod
    def _furnish(store) -> None:
        store.write(Office._fill).result()

    @staticmethod
    def _fill(work) -> None:
        for name, role in (("Officer", Role.OFFICER), ("Manager", Role.MANAGER), ("Admin", Role.ADMIN)):
            people.enrol_at(work, name, "PK-FIA-CCW", role, [f"slack:T1/{name}"])
        people.enrol_at(work, "Auditor", "PK-FIA-CCW", Role.AUDITOR, ["slack:T1/Auditor"])
        [officer] = records.people(work, name="Officer")
        one = factories.case(work, opener=officer, title="Fake pages")
        factories.request(work, of=one, status=Status.SENT)
        factories.preservation(work, of=one)

    def inbound(self, line: str, who: str = "Officer") -> Inbound:
        return Inbound("slack", f"slack:{next(self.keys)}", f"T1/{who}", line)

    def open(self, line: str, who: str = "Officer") -> Form:
        form = asyncio.run(self.forms.open(self.inbound(line, who)))
        assert form, line
        return form

    def says(self, line: str, who: str = "Officer"):
        return asyncio.run(self.dispatch.receive(self.inbound(line, who)))

    def turn(self, work, who: str):
        return Opening(COMMANDS, {}).of_message(work, self.inbound("", who))


@pytest.fixture
def office(sqlite_store) -> Office:
    return Office(sqlite_store)


def value_for(field: Field, given: dict[str, str]) -> str:
    """What somebody fills in who sees nothing but the field."""
    if field.name in given:
        return given[field.name]
    if field.choices and field.widget in ("choice", "choices", "begun"):
        return field.choices[0][0]
    return TYPED.get(field.widget, "as in the letter")


def view_of(form: Form, inbound: Inbound) -> dict:
    view = modal.view(form, Asked(inbound, "Officer"))
    check_view(view)
    return view


def filled(view: dict, form: Form, given: dict[str, str]) -> dict[str, str]:
    """The values of a view in which every field that must be is filled in, each by what its widget can hold."""
    state = {}
    for block in (one for one in view["blocks"] if one["type"] == "input"):
        name, element = block["block_id"], block["element"]
        field = form.field(name.removesuffix(modal.LAST).removesuffix(modal.KIND))
        begins = any(key.startswith("initial") for key in element)
        wanted = None if begins or (block["optional"] and name not in given) else value_for(field, given)
        if name.endswith(modal.KIND) and wanted is not None:
            wanted = next((value for value, _ in field.choices), modal.OTHER)
        state[name] = {element["action_id"]: _entry(element, wanted)}
    return modal.values({**view, "state": {"values": state}})


def by_modal(office: Office, line: str, given: dict[str, str]) -> tuple[str, list[dict]]:
    """The line that comes of a form on Slack, and its views."""
    views = []
    for _ in range(6):
        inbound = office.inbound(line)
        form = office.open(line)
        views.append(view_of(form, inbound))
        line = office.forms.line(form.words, filled(views[-1], form, given))
        if form.final:
            return line, views
    raise AssertionError(f"it never ends: {line}")


def by_steps(office: Office, line: str, given: dict[str, str]) -> tuple[str, list]:
    """The line that comes of a form on Telegram, and its messages."""
    form, shown = office.open(line), []
    draft: FormDraft = begun(form)
    for _ in range(60):
        asked = form.field(draft.asking)
        shown.append(step.show(draft, form, asked.choices if asked else ()))
        if asked is None:
            return office.forms.line(form.words, form.values(draft.values)), shown
        draft = taken(draft, asked.name, value_for(asked, given))
        form = office.open(office.forms.line(form.words, draft.values))
        draft = onward(draft, form)
    raise AssertionError(f"it never ends: {draft}")


def given_for(code: str) -> dict[str, str]:
    channel = REFERENCE.instruments[code].channel
    to = RECIPIENTS.get(channel, "US-DOJ-OIA")
    return {"to": to, "as": code, "case": "CCW-2026-0001", "accounts": "page.one", "data": "bsi"}


# ---- every instrument ------------------------------------------------------------------------------------------------


def measured_modal(views: list[dict]) -> int:
    return max(map(slack_pixels, views))


def measured_steps(steps: list) -> int:
    return max(map(telegram_pixels, steps))


def _said(steps: list) -> Iterator[str]:
    return (one.message.plain() for one in steps)


@pytest.mark.parametrize(
    ("way", "measured", "words", "codes"),
    [
        pytest.param(by_modal, measured_modal, lambda views: map(_spoken, views), INSTRUMENTS, id="Slack"),
        pytest.param(by_steps, measured_steps, _said, INSTRUMENTS[::4], id="Telegram, every fourth"),
        pytest.param(by_steps, measured_steps, _said, INSTRUMENTS, id="Telegram", marks=pytest.mark.slow),
    ],
)
def test_every_instrument_can_be_filed_by_form_alone_in_steps_of_two_screens(office, way, measured, words, codes):
    """And nothing in it says how to type a command."""
    longest = {}
    for code in codes:
        given = given_for(code)
        line, shown = way(office, f"request file 1 to:{given['to']} as:{code}", given)
        answer = office.says(line)
        assert not answer.refused, (code, line, answer.messages[0].plain())
        longest[code] = measured(shown)
        for text in words(shown):
            assert not SYNTAX.search(text), (code, SYNTAX.search(text), text)
    filed = office.store.read(lambda work: {row.instrument for row in work.session.query(Request)}).result()
    assert filed >= set(codes)
    assert max(longest.values()) <= SCREENS, longest


def test_a_recipient_that_suggests_its_own_kind_needs_no_other_answer(office):
    line, views = by_modal(office, "request file", {"to": "PROV-META", "case": "CCW-2026-0001", "data": "bsi"})
    assert not office.says(line).refused
    assert len(views[0]["blocks"]) == 3  # recipient, emergency, case


# ---- every command --------------------------------------------------------------------------------------------------


def _spoken(view: dict) -> str:
    """All words of a view but what people typed and what stands in it for machines."""
    dropped = ("private_metadata", "value", "action_id", "block_id", "initial_value", "type", "callback_id")

    def of(thing: object) -> list[str]:
        if isinstance(thing, dict):
            return [text for key, one in thing.items() if key not in dropped for text in of(one)]
        return (
            [text for one in thing for text in of(one)] if isinstance(thing, list) else [thing] * isinstance(thing, str)
        )

    return "\n".join(of(view))


def test_every_command_has_a_form_that_slack_takes(office):
    wrong = []
    for spec in (one for one in COMMANDS if one.parameters):
        who = next((name for name in ("Officer", "Manager", "Admin", "Auditor") if _may(spec, name)), "Officer")
        form = office.open(spec.words, who)
        view = view_of(form, office.inbound(spec.words))
        if modal.words(view) != spec.words:
            wrong.append((spec.words, "is read back as", modal.words(view)))
        if slack_pixels(view) > SCREENS:
            wrong.append((spec.words, "is longer than two screens", slack_pixels(view)))
        if syntax := SYNTAX.search(_spoken(view)):
            wrong.append((spec.words, "says how to type a command", syntax))
    assert not wrong


def _may(spec, name: str) -> bool:
    return not spec.needs or Role(name.lower()) in spec.needs


# ---- words -----------------------------------------------------------------------------------------------------------

PARAMETERS = [(spec, one) for spec in COMMANDS for one in spec.parameters if one.kind.asked]
THEIR_OWN = {"page", "title", "data", "case", "country", "language", "lead", "role", "name", "note", "account", "words",
             "code", "format", "until", "person", "about", "number", "accounts", "reason", "picture"}  # fmt: skip


@pytest.mark.parametrize(
    ("spec", "parameter"), PARAMETERS, ids=lambda one: getattr(one, "words", getattr(one, "name", ""))
)
def test_every_value_has_a_label_that_people_use_and_an_example_of_its_own(spec, parameter):
    words = field_words(RENDERER, spec, parameter, "en")
    assert words.label
    assert "_" not in words.label
    assert words.label[0].isupper()
    said = words.label.casefold()
    assert said != parameter.typed_name or parameter.typed_name in THEIR_OWN
    if type(parameter.kind) is Text or parameter.kind.widget == "text":
        assert words.example, "an example of this very field"
    assert not SYNTAX.search(f"{words.label} {words.hint}")


def test_every_demanded_text_has_an_example():
    lacking = [row.code for row in REFERENCE.fields.values() if row.kind in ("text", "long") and not row.example]
    assert not lacking


def test_the_last_button_says_what_it_does(office):
    def all_of_them(work):
        wording = Wording(RENDERER, office.turn(work, "Officer"))
        return {spec.words: wording.does(spec) for spec in COMMANDS}

    wrong = {words: does for words, does in office.store.read(all_of_them).result().items() if not 3 < len(does) <= 24}
    assert not wrong, "a word for it in forms.md.j2, at most 24 characters"


# ---- what is offered is accepted -------------------------------------------------------------------------------------


def test_what_is_offered_is_accepted(office):
    """Each choice of each field of each command is read, and what the command then says is not about that field."""
    refused = []
    for spec in COMMANDS:
        who = next((name for name in ("Officer", "Manager", "Admin", "Auditor") if _may(spec, name)), None)
        if who is None or (not any(one.required for one in spec.parameters) and not spec.parameters):
            continue
        form = office.open(spec.words, who)
        for field in form.fields:
            for value, _ in field.choices[:12]:
                then = office.open(office.forms.line(spec.words, {field.name: value}), who).field(field.name)
                if then and then.fault:
                    refused.append(f"{spec.words} {field.name}:{value}: {then.fault}")
    assert not refused


@pytest.mark.parametrize(
    ("who", "line", "name"),
    [
        ("Officer", "desk away until:2026-12-01", "deputy"),
        ("Manager", "desk away until:2026-12-01", "deputy"),
        ("Officer", "case assign 1", "to"),
        ("Officer", 'case open "Fake shop" category:fraud label:amber', "lead"),
        ("Officer", "case share 1", "person"),
        ("Officer", "request acknowledge", "ref"),
        ("Officer", "request clarify asks:which on:today", "ref"),
        ("Officer", "preservation confirmed", "ref"),
        ("Officer", "case note text:word", "ref"),
        ("Officer", "request receive 1 as:MLA-PK-IN", "from"),
        ("Manager", "request refused because:overbroad", "ref"),
    ],
)
def test_who_and_what_is_offered_the_command_takes(office, who, line, name):
    form = office.open(line, who)
    assert form.field(name).choices
    words = max((one.words for one in COMMANDS if line.startswith(one.words)), key=len)
    typed = form.values({one.name: one.value for one in form.fields})
    for value, _ in form.field(name).choices:
        answer = office.says(office.forms.line(words, typed | {name: value}) + " again:yes", who)
        assert not answer.refused or answer.field not in ("", name), (value, answer.messages[0].plain())


# ---- confirmations and ranges ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [row.code for row in REFERENCE.fields.values() if row.kind == "confirm"])
@pytest.mark.parametrize("typed", ["no", "not yet", "as in our letter"])
def test_a_confirmation_takes_nothing_but_yes(office, code, typed):
    line = f'request file 1 to:Meta as:PROD-META data:bsi accounts:x basis:mla reason:x {code}:"{typed}"'
    assert office.says(line).field == code
    field = office.open(line).field(code)
    assert field.widget == "confirm"
    assert "demands that it is so" in field.fault


def test_dates_are_two_pickers_with_the_last_30_days_ready(office):
    form = office.open("request file 1 to:Meta as:PROD-META data:bsi accounts:x basis:mla reason:x")
    asked = form.field("date_range")
    assert (asked.widget, asked.default) == ("range", "2026-01-31..2026-03-02")
    assert [label for _, label in asked.choices] == ["The last 30 days", "Today"]
    pickers = [
        one for one in view_of(form, office.inbound(""))["blocks"] if one.get("element", {}).get("type") == "datepicker"
    ]
    assert [one["element"]["initial_date"] for one in pickers] == ["2026-01-31", "2026-03-02"]


# ---- a line that lacks something -------------------------------------------------------------------------------------


def test_a_line_that_only_lacks_fields_asks_for_the_first_of_them_with_all_that_was_typed(office):
    line = "request file 1 to:Meta as:PROD-META data:bsi accounts:x basis:mla reason:x"
    question = office.says(line).question
    assert question.name == "official_email"
    form = office.open(question.line)
    assert begun(form).asking == question.name
    assert form.field("reason").value == "x"
    assert not form.field("reason").asked


def test_a_line_that_is_warned_of_asks_why_beside_what_it_is_about(office):
    line = 'request file 1 to:Meta as:PROD-META data:content accounts:x basis:"court order 1" reason:x phone:+92'
    form = office.open(
        office.says(f'{line} official_email:a@b.example user_notification:no date_range:"2026"').question.line
    )
    assert [one.name for one in form.fields if one.asked] == ["basis", "despite"]
    assert form.field("basis").warning.startswith("Will be refused")
    assert form.field("despite").required


def test_a_reference_that_means_several_offers_each_as_a_button(office):
    def another(work):
        other = factories.person(work, of=factories.agency(work, "PK-MOI"), name="Other")
        case = factories.case(work, opener=other, title="Fake bank")
        case.number = 1
        [officer] = records.people(work, name="Officer")
        mine = factories.case(work, opener=officer, title="Old pages")
        mine.year, mine.number, mine.ref = 2025, 1, "CCW-2025-0001"

    office.store.write(another).result()
    answer = office.says("case status 1")
    assert answer.refused
    said = answer.messages[0].plain()
    assert "→ case status CCW-2026-0001" in said
    assert "→ case status CCW-2025-0001" in said


def test_recipients_that_were_asked_most_come_first(office):
    def asked(work):
        [officer] = records.people(work, name="Officer")
        case = factories.case(work, opener=officer, title="Fake shop")
        for _ in range(3):
            factories.request(work, of=case, to="PROV-GOOGLE")

    office.store.write(asked).result()
    first = office.open("request file").field("to").choices[:2]
    assert [value for value, _ in first] == ["PROV-GOOGLE", "PROV-META"]
    assert not any("not verified" in label for _, label in office.open("request file").field("to").choices)


# ---- what is asked for only in some cases ----------------------------------------------------------------------------

AN_EPOC = 'request file 1 to:PROV-GOOGLE-IE as:EPOC data:bsi accounts:a basis:"european production order" reason:r'


@pytest.mark.parametrize(
    ("more", "asked", "not_asked"),
    [
        ("", {"issued_by"}, {"validating_authority", "urgency_reason", "identification_only"}),
        (" issued_by:judge", set(), {"validating_authority"}),
        (' issued_by:"Other competent authority"', {"validating_authority"}, {"urgency_reason"}),
        (' issued_by:"Other competent authority" emergency:yes', {"urgency_reason"}, {"validating_authority"}),
    ],
)
def test_a_field_that_the_law_demands_in_some_cases_is_asked_for_in_those(office, more, asked, not_asked):
    fields = {field.name for field in office.open(AN_EPOC + more).fields}
    assert asked <= fields
    assert not not_asked & fields


def test_of_an_answer_the_accounts_that_are_open_are_offered_by_name(office):
    def several(work):
        [officer] = records.people(work, name="Officer")
        case = factories.case(work, opener=officer)
        return factories.request(
            work, of=case, status=Status.SENT, accounts=("page.one", "page, two", "page.three")
        ).ref

    ref = office.store.write(several).result()
    assert not office.says(f"request produced {ref} accounts:1").refused
    [field] = [one for one in office.open(f"request refused {ref}").fields if one.name == "accounts"]
    assert field.choices == (("2", "page, two"), ("3", "page.three"))
    assert field.widget == "choices"
    assert not field.required
    assert not office.says(f"request refused {ref} because:overbroad accounts:2,3").refused
