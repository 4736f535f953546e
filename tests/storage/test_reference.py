"""Reference data: what stands in it, what it answers, and that a broken copy is refused by file, row and field."""

import json
import shutil
from collections.abc import Callable
from dataclasses import FrozenInstanceError
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from pydantic import ValidationError

from storage.reference.catalog import FOLDER, Reference, ReferenceBroken, load
from storage.reference.ladders import ClockSort
from storage.spelling import fold

CODES = {
    "instruments": """
        CLARIFY COE-2AP-10 COE-2AP-6 COE-2AP-7 COE-2AP-8-BSI COE-2AP-8-TRAFFIC COE-2AP-9 DSA-10 DSA-9 EDR-META
        EDR-US EDR-X EPOC EPOC-CLARIFY EPOC-ENFORCE EPOC-ENFORCE-INFO EPOC-PR-CLARIFY LR MLA-COE-31 MLA-GENERIC
        MLA-PK-IN MLA-US-OIA NCB-MSG NCB-USNCB POC-247 POLICE-LIAISON PRES-COE-29 PRES-EU-EPOC-PR PRES-GOOGLE
        PRES-META PRES-PK-MLA-19 PRES-PK-PECA-31 PRES-SNAP PRES-TIKTOK PRES-UN-42 PRES-US-2703F PRES-X PROD-COINBASE
        PROD-CRYPTOCOM PROD-DISCORD PROD-GOOGLE PROD-META PROD-MICROSOFT PROD-SNAP PROD-TELEGRAM PROD-TIKTOK
        PROD-US-BSI PROD-US-CONTENT PROD-US-RECORDS PROD-X RET-PK-PECA-32 TD-META TD-PK-2020 TD-PK-2021 TD-PK-2025
        TD-X""",
    "fields": """
        account_screenshot addressee_entity assistance_requested complainant_category confidentiality
        content_urls custodian_location data_categories date_range domain_name edr_cover_mark emergency_nature
        facts_summary identification_only injury_statement intent_to_follow issued_by issuing_authority
        judge_signature_seal legal_process letterhead local_law_violated mlat_flag_country necessity
        necessity_for_harm nexus offence offence_text office_hours_tz officer_id official_email own_reference
        pdf_format person_in_danger phone preservation_ref probable_cause procedure_requested protocol_statement
        reciprocity_promise redress request_date request_status requesting_officer return_channel signed_dated
        simultaneous_notice subject_identity target_identifiers territorial_scope tos_review_ref translation
        treaty_basis urgency_reason user_notification validating_authority""",
    "field_conditions": "content emergency identification kept notification validation validation_of_hold",
    "legal_instruments": """
        Annex_III_form EPOC EPOC-PR cloud_act_order court_order domestic_court_order domestic_court_order_voluntary
        emergency_mla_request emergency_request letter letter_rogatory mla_request order_under_art7 order_under_art8
        police_message portal_form preservation_request regulator_direction request_under_protocol subpoena
        technical_advice us_2703d_order us_search_warrant_via_mla us_subpoena warrant written_notice""",
    "refusal_reasons": """
        confidential_no_comment data_no_longer_available data_not_held de_minimis dual_criminality duplicate encrypted
        free_expression human_rights immunity_privilege incomplete insufficient_information insufficient_nexus
        invalid_authority manifest_errors missing_legal_instrument mla_required ne_bis_in_idem no_plausible_reason
        no_reply no_treaty_basis not_emergency offence_not_covered overbroad
        political_offence publicly_available religious_offence service_not_covered sovereignty_public_order
        technically_impossible third_country_conflict translation_missing user_notification_conflict wrong_entity
        wrong_identifier""",
    "data_types": "bsi content content_restriction domain_registration ip_logs payment preservation_snapshot traffic",
    "complaint_categories": """
        blasphemy child_safety cyber_terrorism disinformation fake_accounts financial_fraud hacking harassment
        impersonation media_threats other political_speech threat_to_life unauthorised_access""",
    "authorities": """
        AE-MOJ AU-AFP-247 BD-MOHA BH-MOI EU-EUROJUST EU-SIRIUS GB-247 GB-UKCA INTERPOL-IPSG KW-MOJ LK-247 OM-ROP
        PK-FIA PK-FIA-CCW PK-MOFA PK-MOI PK-MOITT PK-NCB PK-NCCIA PK-PTA PK-SMPRA PROV-APPLE PROV-COINBASE
        PROV-CRYPTOCOM PROV-DISCORD PROV-GOOGLE PROV-GOOGLE-IE PROV-META PROV-META-IE PROV-MICROSOFT PROV-SNAP
        PROV-TELEGRAM PROV-TIKTOK PROV-WHATSAPP PROV-X PROV-X-IE QA-MOI SA-MOI US-247 US-DOJ-OIA US-FBI-LEGAT US-STATE
        US-USNCB""",
    "paper_rules": """
        NCB-COMPULSION NCB-POLICE-INFORMATION US-CONTENT-FOREIGN-PAPER US-EMERGENCY-CONTENT US-RECORDS-FOREIGN-ORDER""",
    "ladders": "APPROVAL APPROVAL-NOW EMERGENCY HOURS OUR-ANSWER PRESERVATION RESPONSE TAKEN WAITS-FOR-US "
    "WAITS-FOR-US-NOW",
    "house_clocks": "approval confirmation decision draft follow_up intake keeping next_step release taken telling",
    "parties": "CETS-224 CLOUD-ACT ETS-185 EU-2022-2065 EU-2023-1543 EU-2023-1544 INTERPOL PK-MLA UNCC",
    "statistics": "a b c d e f g h i j",
    "services": "facebook instagram linkedin reddit snapchat telegram threads tiktok whatsapp x youtube",
}

CLOCKS = """
    CLARIFY default 14 calendar_days house_default; CLARIFY emergency 4 hours house_default
    COE-2AP-10 emergency 24 hours house_default; COE-2AP-7 default 30 calendar_days law
    COE-2AP-8-BSI default 20 calendar_days law; COE-2AP-8-BSI service 45 calendar_days law
    COE-2AP-8-TRAFFIC default 45 calendar_days law; COE-2AP-8-TRAFFIC service 45 calendar_days law
    COE-2AP-9 emergency 24 hours house_default; EDR-META emergency 2 hours house_default
    EDR-US emergency 2 hours house_default; EDR-X emergency 2 hours house_default
    EPOC default 10 calendar_days law; EPOC emergency 8 hours law; EPOC-CLARIFY default 5 calendar_days law
    EPOC-PR-CLARIFY default 5 calendar_days law
    EPOC-ENFORCE default 5 working_days law; EPOC-ENFORCE-INFO default 5 working_days law
    LR default 365 calendar_days reported_practice; LR emergency 30 calendar_days reported_practice
    MLA-COE-31 default 180 calendar_days reported_practice; MLA-GENERIC default 180 calendar_days reported_practice
    MLA-PK-IN default 180 calendar_days reported_practice; MLA-US-OIA default 300 calendar_days reported_practice
    NCB-MSG default 10 calendar_days reported_practice; NCB-MSG emergency 24 hours reported_practice
    NCB-USNCB default 10 calendar_days reported_practice; NCB-USNCB emergency 24 hours reported_practice
    POC-247 default 24 hours house_default; POC-247 emergency 4 hours house_default
    POLICE-LIAISON default 14 calendar_days house_default; POLICE-LIAISON emergency 24 hours house_default
    PRES-COE-29 default 60 calendar_days law; PRES-EU-EPOC-PR default 60 calendar_days law
    PRES-GOOGLE default 90 calendar_days recipient_policy; PRES-META default 90 calendar_days recipient_policy
    PRES-PK-PECA-31 default 90 calendar_days law; PRES-TIKTOK default 90 calendar_days recipient_policy
    PRES-UN-42 default 60 calendar_days law; PRES-US-2703F default 90 calendar_days law
    PRES-X default 90 calendar_days recipient_policy; PROD-GOOGLE default 56 calendar_days reported_practice
    PROD-META default 56 calendar_days reported_practice; PROD-MICROSOFT default 56 calendar_days reported_practice
    PROD-TELEGRAM default 30 calendar_days house_default; PROD-TIKTOK default 56 calendar_days reported_practice
    PROD-US-BSI default 56 calendar_days reported_practice; PROD-US-CONTENT default 300 calendar_days reported_practice
    PROD-US-RECORDS default 56 calendar_days reported_practice; PROD-X default 56 calendar_days reported_practice
    RET-PK-PECA-32 default 365 calendar_days law; TD-META default 14 calendar_days house_default
    TD-PK-2020 default 24 hours law; TD-PK-2020 emergency 6 hours law; TD-PK-2021 default 48 hours law
    TD-PK-2021 emergency 12 hours law; TD-PK-2025 default 24 hours law; TD-X default 14 calendar_days house_default
    DSA-9 default 14 calendar_days house_default; DSA-10 default 14 calendar_days house_default
    PRES-SNAP default 90 calendar_days recipient_policy; PROD-COINBASE default 30 calendar_days house_default
    PROD-CRYPTOCOM default 30 calendar_days recipient_policy; PROD-DISCORD default 30 calendar_days house_default
    PROD-SNAP default 30 calendar_days house_default"""

REGISTER_2016_2018 = {
    "columns": {
        "Sr No": "serial", "Diary No": "diary_no", "Date Sent": "sent_on", "Circle": "circle", "Provider": "recipient",
        "Nature of Complaint": "category", "Request Type": "request_type", "Legal Basis": "legal_basis",
        "Accounts / URLs": "accounts", "Date of Reply": "replied_on", "Outcome": "outcome", "Remarks": "remarks",
    },
    "outcomes": {
        "Provided": "produced", "Data provided": "produced", "Info received": "produced",
        "Partially provided": "part_produced", "No data available": "not_held", "Pending": "open", "Awaited": "open",
        "No reply": "open", "": "open", "Rejected: court order of US required": "refused:missing_legal_instrument",
        "Refused (freedom of expression)": "refused:free_expression",
        "Refused - insufficient info": "refused:incomplete",
        "Refused - MLAT required": "refused:mla_required",
    },
    "request_types": {
        "Data": "data", "User data": "data", "BSI + IP logs": "data", "Preserve": "preservation",
        "Preservation": "preservation", "Emergency": "emergency",
    },
    "categories": {
        "Impersonation": "impersonation", "impersonation": "impersonation", "Harassment": "harassment",
        "Harrasment": "harassment", "Financial fraud": "financial_fraud", "Fin. fraud": "financial_fraud",
        "Hacking": "hacking", "Account hacked": "hacking", "Unauthorized Access": "unauthorised_access",
        "Unauthorised access": "unauthorised_access", "Fake ID": "fake_accounts", "Fake account": "fake_accounts",
        "fake profile": "fake_accounts", "Defamation of public figure": "political_speech",
        "Life threats": "threat_to_life", "Threat to life": "threat_to_life", "Blasphemous content": "blasphemy",
    },
    "legal_bases": {"Court order": "domestic_court_order", "Letter": "letter"},
}  # fmt: skip


@pytest.fixture(scope="module")
def reference() -> Reference:
    return load()


# ---- what stands in it


@pytest.mark.parametrize("table", CODES)
def test_no_row_is_lost(reference, table):
    assert sorted(code.replace(" ", "_") for code in getattr(reference, table)) == sorted(CODES[table].split())


def test_every_clock_has_its_length_and_origin(reference):
    stated = [
        f"{row.code} {field.removesuffix('_clock')} {rule.amount} {rule.unit} {rule.origin}"
        for row in reference.instruments.values()
        for field, rule in row.clocks.items()
    ]
    expected = CLOCKS.replace("\n", ";").split(";")
    assert sorted(stated) == sorted(clock.strip() for clock in expected if clock.strip())


def test_the_rule_of_counting_and_every_word_of_a_clock_are_explained(reference):
    assert reference.meta.day_rule.startswith("day of sending is day 0; overdue only from the day after the due day")
    assert reference.meta.clock_kinds["expectation"] == "no legal limit; follow-up default"
    assert reference.meta.clock_origin["house_default"] == "our follow-up default, no source"


def test_what_was_not_verified_says_so_and_what_was_stays_silent(reference):
    cautious = [row.code for row in reference.instruments.values() if row.caution]
    assert not {"EPOC", "EPOC-CLARIFY", "PRES-EU-EPOC-PR", "PRES-COE-29"} & {*cautious}
    assert {"COE-2AP-7", "COE-2AP-8-BSI", "PRES-UN-42", "PRES-PK-PECA-31", "NCB-MSG", "MLA-US-OIA"} <= {*cautious}
    assert reference.instruments["COE-2AP-7"].caution == (
        "not verified: 30 days and the contents of the order: the text of Art. 7 was not read"
    )
    assert reference.refusal_reasons["sovereignty_public_order"].caution
    assert not reference.refusal_reasons["de_minimis"].caution


def test_only_the_general_mla_request_says_when_it_is_very_overdue(reference):
    stated = {row.code: row.very_overdue.amount for row in reference.instruments.values() if row.very_overdue}
    assert stated == {"MLA-GENERIC": 730}


def test_renewals_keep_their_terms(reference):
    meta, x, eu = (reference.instruments[code].renewable for code in ("PRES-META", "PRES-X", "PRES-EU-EPOC-PR"))
    assert (meta.amount, meta.times, meta.ask_before_days) == (90, 1, None)
    assert (x.times, x.ask_before_days, x.discretionary) == (None, 7, True)
    assert (eu.amount, eu.form, eu.must_be_asked) == (30, "Annex VI", "within the first 60 days")


def test_an_officer_is_asked_only_for_what_the_desk_does_not_know(reference):
    typed = [
        code for code in reference.instruments["PROD-META"].required_fields if not reference.fields[code].filled_by
    ]
    assert typed == ["date_range", "user_notification"]
    assert reference.fields["date_range"].kind == "dates"
    confirmed = {code for code, row in reference.fields.items() if row.kind == "confirm"}
    assert {
        "letterhead",
        "signed_dated",
        "pdf_format",
        "translation",
        "edr_cover_mark",
        "judge_signature_seal",
    } <= confirmed
    assert not [row for row in reference.fields.values() if row.kind == "confirm" and row.filled_by]


def test_nothing_can_be_changed_after_loading(reference):
    with pytest.raises(TypeError):
        reference.instruments["EPOC"] = reference.instruments["LR"]
    with pytest.raises(ValidationError):
        reference.instruments["EPOC"].notes = ""
    with pytest.raises(FrozenInstanceError):
        reference.meta = None


def test_golden_dates_are_there_for_seven_calendars():
    golden = json.loads((FOLDER / "golden_working_days.json").read_text(encoding="utf-8"))
    assert [sorted(case["results"]) for case in golden["cases"]] == [["AE", "FR", "IE", "PK", "SA", "SG", "US"]] * 2


# ---- authorities


@pytest.mark.parametrize(
    ("typed", "codes"),
    [
        ("Face  book ", ["PROV-META"]),
        ("INSTAGRAM", ["PROV-META"]),
        ("twitter.com", ["PROV-X"]),
        ("x", ["PROV-X"]),
        ("prov-x-ie", ["PROV-X-IE"]),
        ("Meta Platforms Ireland Ltd.", ["PROV-META-IE"]),
        ("interpol", ["INTERPOL-IPSG", "PK-NCB", "US-USNCB"]),
        ("ministry of interior", ["BH-MOI", "PK-MOI", "QA-MOI", "SA-MOI"]),
        ("FB/Twitter", []),
        ("Orkut", []),
        ("??", []),
        ("", []),
    ],
)
def test_a_typed_name_finds_its_bodies(reference, typed, codes):
    assert [row.code for row in reference.authority_by_name(typed)] == codes


def test_the_emirates_moved_their_weekend_in_2022(reference):
    ministry = reference.authorities["AE-MOJ"]
    assert ministry.weekend_on(date(2021, 12, 31)) == {5, 6}
    assert ministry.weekend_on(date(2022, 1, 1)) == {6, 7}
    assert reference.authorities["SA-MOI"].weekend_on(date(2026, 1, 1)) == {5, 6}


def test_a_replaced_body_stays_known_with_its_successor(reference):
    wing = reference.authorities["PK-FIA-CCW"]
    assert wing.valid_on(date(2018, 6, 1))
    assert wing.valid_on(date(2025, 4, 30))
    assert not wing.valid_on(date(2025, 5, 1))
    assert "day in April 2025" in wing.caution
    agency = reference.authorities[wing.successor]
    assert agency.code == "PK-NCCIA"
    assert not agency.valid_on(date(2025, 3, 31))
    assert agency.valid_on(date(2025, 4, 1))


def test_case_prefixes_are_short_and_mean_one_body(reference):
    prefixes = [row.case_prefix for row in reference.authorities.values()]
    assert reference.authorities["PK-FIA-CCW"].case_prefix == "CCW"
    assert reference.authorities["US-DOJ-OIA"].case_prefix == "OIA"
    assert reference.authorities["SA-MOI"].case_prefix == "SAMOI"
    assert len(set(prefixes)) == len(prefixes)


# ---- papers


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("Court  Order", "domestic_court_order"),
        ("MLAT", "mla_request"),
        ("court_order", "court_order"),
        ("napkin", None),
    ],
)
def test_people_name_papers_in_their_own_words(reference, typed, code):
    paper = reference.legal_instrument(typed)
    assert (paper.code if paper else None) == code


@pytest.mark.parametrize(
    ("instrument", "paper", "data", "accepted"),
    [
        ("PROD-META", "domestic_court_order", "bsi", "domestic_court_order_voluntary"),
        ("PROD-META", "domestic_court_order", "content", None),
        ("PROD-META", "mla_request", "content", "mla_request"),
        ("PROD-TIKTOK", "domestic_court_order", "content", "domestic_court_order"),
        ("PROD-X", "us_subpoena", "bsi", "subpoena"),
        ("PROD-META", "letter", "bsi", None),
    ],
)
def test_a_paper_counts_as_one_they_accept_for_data_it_reaches(reference, instrument, paper, data, accepted):
    assert reference.accepted_as(reference.instrument(instrument), paper, data) == accepted


@pytest.mark.parametrize(
    ("asked", "verdict", "instead"),
    [
        (("PROD-META", "PROV-META", "content", "domestic_court_order"), "refused", ["MLA-US-OIA", "LR"]),
        (("PROD-X", "PROV-X", "content", "letter"), "refused", ["MLA-US-OIA", "LR"]),
        (("PROD-META", "PROV-META", "ip_logs", "domestic_court_order"), "voluntary", ["MLA-US-OIA"]),
        (("EDR-META", "PROV-META", "content", "emergency_request"), "refused", ["POC-247"]),
        (("NCB-MSG", "PK-NCB", "ip_logs", "domestic_court_order"), "refused", ["MLA-US-OIA", "MLA-GENERIC"]),
        (("NCB-USNCB", "US-USNCB", "bsi", "police_message"), "voluntary", ["MLA-US-OIA", "MLA-GENERIC"]),
    ],
)
def test_what_a_paper_does_not_reach_is_said_with_what_would_work(reference, asked, verdict, instead):
    instrument, recipient, data, paper = asked
    (rule,) = reference.paper_rules_for(instrument, reference.authorities[recipient], data, paper)
    assert rule.verdict == verdict
    assert [way.instrument for way in rule.works_instead] == instead
    assert rule.why
    assert rule.source


@pytest.mark.parametrize(
    ("instrument", "recipient", "data", "paper"),
    [
        ("MLA-US-OIA", "US-DOJ-OIA", "content", "mla_request"),
        ("PROD-TIKTOK", "PROV-TIKTOK", "content", "domestic_court_order"),
        ("EDR-META", "PROV-META", "bsi", "emergency_request"),
        ("POLICE-LIAISON", "US-FBI-LEGAT", "bsi", "police_message"),
    ],
)
def test_a_paper_that_works_is_left_in_peace(reference, instrument, recipient, data, paper):
    assert reference.paper_rules_for(instrument, reference.authorities[recipient], data, paper) == []


# ---- ladders


@pytest.mark.parametrize(
    ("sort", "code"),
    [
        (ClockSort("expectation", "calendar_days", emergency=False, ours=False), "RESPONSE"),
        (ClockSort("expectation", "calendar_days", emergency=False, ours=True), "OUR-ANSWER"),
        (ClockSort("response_due", "working_days", emergency=False, ours=False), "RESPONSE"),
        (ClockSort("response_due", "working_days", emergency=False, ours=True), "OUR-ANSWER"),
        (ClockSort("expectation", "calendar_days", emergency=True, ours=False), "RESPONSE"),
        (ClockSort("response_due_from_sender", "calendar_days", emergency=False, ours=True), "OUR-ANSWER"),
        (ClockSort("response_due_from_sender", "calendar_days", emergency=False, ours=False), "RESPONSE"),
        (ClockSort("expiry_minimum", "calendar_days", emergency=False, ours=False), "PRESERVATION"),
        (ClockSort("response_due", "hours", emergency=False, ours=True), "HOURS"),
        (ClockSort("response_due", "hours", emergency=True, ours=False), "EMERGENCY"),
        (ClockSort("draft", "working_days", emergency=False, ours=True), "WAITS-FOR-US"),
        (ClockSort("draft", "hours", emergency=True, ours=True), "WAITS-FOR-US-NOW"),
        (ClockSort("approval", "hours", emergency=True, ours=True), "APPROVAL-NOW"),
        (ClockSort("retention", "calendar_days", emergency=False, ours=False), None),
    ],
)
def test_each_sort_of_clock_has_its_ladder(reference, sort, code):
    """Whose answer it is decides, and not the name of the instrument's clock."""
    ladder = reference.ladder_for(*sort[:2], emergency=sort.emergency, ours=sort.ours)
    assert (ladder.code if ladder else None) == code


def test_the_ladder_of_an_answer_goes_from_the_officer_to_the_manager_and_never_ends(reference):
    ladder = reference.ladders["RESPONSE"]
    assert [(r.at.anchor, r.at.amount, r.audience) for r in ladder.rungs] == [
        ("before_due", 7, ("officer", "party")),
        ("at_due", 0, ("channel", "party")),
        ("after_due", 1, ("channel", "party")),
        ("after_due", 14, ("officer", "channel", "party")),
        ("very_overdue", 0, ("manager",)),
    ]
    assert (ladder.then_every, ladder.then_audience) == ("month", ("channel", "manager", "party"))


def test_hours_and_the_last_days_of_a_preservation_do_not_wait_for_the_morning(reference):
    urgent = [rung.wait for code in ("HOURS", "EMERGENCY") for rung in reference.ladders[code].rungs]
    assert not any(urgent)
    assert {rung.code: rung.wait for rung in reference.ladders["PRESERVATION"].rungs} == {
        "month": True, "ask_renewal": True, "last_days": False, "last_day": False, "lapsed": True,
    }  # fmt: skip


# ---- old registers


@pytest.mark.parametrize("vocabulary", REGISTER_2016_2018)
def test_every_cell_of_the_old_register_can_be_read(reference, vocabulary):
    words = reference.register_words[vocabulary]
    expected = REGISTER_2016_2018[vocabulary]
    assert {phrase: words.get(fold(phrase)) for phrase in expected} == expected


# ---- broken copies


class Slip(NamedTuple):
    """A wrong value, and what the refusal says is accepted there."""

    file: str
    row: str
    field: str
    written: object
    accepted: str


class Break(NamedTuple):
    """A wrong file: what somebody did to it, and the refusal."""

    file: str
    how: Callable[[Any], object]
    row: str
    field: str
    value: str
    accepted: str


MISTYPED = {  # file: (row, field, what somebody wrote there, part of what is accepted)
    "instruments/production.json": [
        ("EPOC", "default_clock.unit", "days", "'hours', 'calendar_days' or 'working_days'"),
        ("EPOC", "default_clock.amount", 0, "greater than 0"),
        ("EPOC", "default_clock.amount", "10", "a valid integer"),
        ("EPOC", "default_clock.kind", "due", "'response_due'"),
        ("EPOC", "default_clock.origin", "habit", "'house_default'"),
        ("EPOC", "default_clock.origin", "recipient_policy", "law exactly where statutory is true"),
        ("EPOC", "default_clock.units", "hours", "only amount, unit, counted_from"),
        ("EPOC", "remark", "x", "only code, source, unverified"),
        ("EPOC", "source", [], "at least 1 item"),
        ("EPOC", "unverified_what", "the days", "exactly where unverified is true"),
        ("EPOC", "required_fields", ["offense"], "a code of fields, such as offence"),
        ("EPOC", "accepts", ["EPOK"], "such as EPOC"),
        ("EPOC", "channel", "fax", "'provider_portal'"),
        ("EPOC", "status", "soon", "'in_force'"),
        ("EPOC", "status", "not_in_force", "in_force, as its dates or those of EU-2023-1543 say"),
        ("EPOC", "treaty", "EU-2023-1534", "or EU-2023-1543"),
        ("PROD-META", "providers", [], "the providers whose own form it is"),
        ("PROD-META", "providers", ["PROV-MATA"], "such as PROV-META"),
        ("EPOC", "group", "takedown", "instruments/takedown.json"),
    ],
    "instruments/preservation.json": [("PRES-META", "renewable.times", -1, "greater than 0")],
    "instruments/mutual_assistance.json": [
        ("MLA-GENERIC", "very_overdue.amount", 90, "more than the default clock"),
    ],
    "instruments/takedown.json": [("TD-PK-2020", "status", "in_force", "superseded, as its dates")],
    "parties.json": [
        ("ETS-185", "not_in_force_as_of", "2026-01-01", "null where in_force_from has a day"),
        ("ETS-185", "unbound", {"US": "no"}, "do not stand in parties"),
        ("ETS-185", "unseen", ["PK"], "stand in parties"),
        ("CETS-224", "reservations", {"PK": "Art. 7"}, "stand in parties"),
    ],
    "fields.json": [
        ("phone", "filled_by", "officer.fax", "'officer.phone'"),
        ("phone", "kind", "number", "'text', 'long', 'confirm' or 'dates'"),
        ("urgency_reason", "when.0.condition", "hurry", "'emergency'"),
        ("urgency_reason", "when.0.instruments", ["EPOCH"], "such as EPOC"),
        ("urgency_reason", "when.0.instruments", ["PROD-X"], "an instrument that demands the field"),
    ],
    "legal_instruments.json": [
        ("us_subpoena", "satisfies", ["subpena"], "such as subpoena"),
        ("us_subpoena", "satisfies", ["us_subpoena"], "another code than its own"),
        ("us_subpoena", "not_for", ["contents"], "such as content"),
        ("written_notice", "aliases", ["Official  Letter"], "a spelling that no other code has"),
    ],
    "refusal_reasons.json": [("no_reply", "group", "rude", "'silence'")],
    "data_types.json": [
        ("bsi", "examples", "name", "a valid array"),
        ("bsi", "source", [], "where it was read, or unverified with what was not"),
    ],
    "complaint_categories.json": [("other", "free_expression_flag", "no", "a valid boolean")],
    "authorities.json": [
        ("PROV-X", "timezone", "America/Bastrop", "an IANA time zone, such as Asia/Karachi"),
        ("PROV-X", "timezone", "America", "an IANA time zone, such as Asia/Karachi"),
        ("PROV-X", "country", "UK", "that the holidays package knows"),
        ("PROV-X", "holiday_calendar", "USA!", "that the holidays package knows"),
        ("PROV-X", "role", "platform", "'provider'"),
        ("PROV-X", "weekends.0.iso.0", 0, "greater than or equal to 1"),
        ("PROV-X", "weekends.0.iso.1", 8, "less than or equal to 7"),
        ("PROV-X", "weekends.0.until", "2030-01-01", "open at both ends"),
        ("PROV-X", "weekends", [], "at least 1 item"),
        ("AE-MOJ", "weekends.1.from", "2022-01-02", "day by day"),
        ("PK-NCCIA", "valid_from", "2025-04-31", "a valid date"),
        ("PK-NCCIA", "valid_until", "2020-01-01", "on or after valid_from"),
        ("PK-FIA-CCW", "successor", "PK-NCIA", "such as PK-NCCIA"),
        ("PROV-X", "aliases", ["face  BOOK"], "a spelling that no other code has"),
        ("SA-MOI", "prefix", "MOI", "a spelling that no other code has"),
        ("SA-MOI", "prefix", "moi", "match pattern"),
        ("PROV-X", "portal", "http://x.example", "https"),
        ("PROV-X-IE", "represents", "PROV-Y", "such as PROV-X"),
        ("PK-FIA", "source", [], "where it was read, or unverified with what was not"),
    ],
    "paper_rules.json": [
        ("NCB-COMPULSION", "works_instead.0.instrument", "MLA-US", "such as MLA-US-OIA"),
        ("NCB-COMPULSION", "works_instead.0.to", "US-DOJ", "such as US-DOJ-OIA"),
        ("NCB-COMPULSION", "works_instead.0.paper", "letter", "MLA-US-OIA accepts: mla_request"),
        ("NCB-COMPULSION", "verdict", "maybe", "'refused' or 'voluntary'"),
    ],
    "services.json": [
        ("x", "providers", ["PROV-Y"], "such as PROV-X"),
        ("x", "hosts", ["x.com", "facebook.com"], "a spelling that no other code has; facebook has it"),
        ("x", "hosts.0", "https://x.com", "match pattern"),
        ("x", "hosts", [], "at least 1 item"),
        ("x", "forms.0", ["x.com/{user}"], "and not user"),
        ("x", "forms.0", ["x.com/{name}", "x.com/{number}"], "a way that says what stands in x.com/{name}"),
        ("x", "forms.0", ["twitter.com/{name}"], "the host that counts, x.com"),
    ],
    "ladders.json": [
        ("RESPONSE", "rungs.0.audience.0", "minister", "'party'"),
        ("RESPONSE", "rungs.0.at", {"before_due": 7, "at_due": 0}, "exactly one of before_due, at_due"),
        ("RESPONSE", "rungs.3.at", {"after_due": 1}, "in the order they sound"),
        ("RESPONSE", "rungs.1.code", "soon", "each code once"),
        ("RESPONSE", "then_every", "year", "'month' or 'day'"),
    ],
}
SLIPS = [Slip(file, *slip) for file, slips in MISTYPED.items() for slip in slips]

BROKEN = {  # what happened: (file, what somebody did, row, field, value, part of what is accepted)
    "a field is gone": (
        "fields.json", lambda s: _row(s, "phone").pop("kind"), "phone", "kind", '"missing"', "must be there",
    ),
    "unverified without saying what": (
        "fields.json", lambda s: _row(s, "phone").update(unverified=True), "phone", "unverified_what", '""', "a text",
    ),
    "a code is gone": (
        "fields.json", lambda s: s["rows"][0].pop("code"), "row 1", "code", '"missing"', "must be there",
    ),
    "a row stands twice": (
        "fields.json", lambda s: s["rows"].append(s["rows"][0]), "own_reference", "code", '"own_reference"',
        "a code that no other row has",
    ),
    "two files have one code": (
        "instruments/police_channels.json", lambda s: _row(s, "POC-247").update(code="LR"), "LR", "code", '"LR"',
        "no other row",
    ),
    "a row is no row": ("fields.json", lambda s: s["rows"].insert(0, "EPOC"), "row 1", "", "EPOC", "object"),
    "the rows are gone": ("fields.json", lambda s: s.pop("rows"), "", "", "not a sheet of rows", 'a list of "rows"'),
    "a condition has no row": (
        "field_conditions.json", lambda s: s["rows"].remove(_row(s, "kept")), "", "code", '"kept is missing"', "a row",
    ),
    "a clock has no ladder": (
        "ladders.json", lambda s: _row(s, "RESPONSE").update(clock_kinds=["response_due"]), "", "",
        "expectation in calendar_days: no ladder", "one ladder for each sort of clock",
    ),
    "a clock has two ladders": (
        "ladders.json", lambda s: _row(s, "HOURS").update(emergency=None), "", "",
        "hours, emergency: HOURS and EMERGENCY", "one ladder for each sort of clock",
    ),
    "a register has a new column": (
        "register_words.json", lambda s: s["columns"].update(fax=["Fax"]), "", "columns.fax", '"fax"', "'diary_no'",
    ),
    "a phrase means two things": (
        "register_words.json", lambda s: s["outcomes"]["open"].append("PROVIDED"), "open", "outcomes", '"PROVIDED"',
        "a spelling that no other code has",
    ),
    "a register names an unknown refusal": (
        "register_words.json", lambda s: s["outcomes"].update({"refused:rude": ["No"]}), "refused:rude", "outcomes",
        '"refused:rude"', "a known code",
    ),
    "a register names an unknown category": (
        "register_words.json", lambda s: s["categories"].update(harasment=["h"]), "harasment", "categories",
        '"harasment"', "such as harassment",
    ),
    "a kind of clock is not explained": (
        "meta.json", lambda s: s["clock_kinds"].pop("retention"), "", "clock_kinds",
        '"retention is missing"', "all of response_due",
    ),
    "nobody says when a file was checked": (
        "meta.json", lambda s: s["files"].pop("services.json"), "", "files.services.json", '"missing"',
        "the day on which each file was last checked",
    ),
    "a file was checked that is none": (
        "meta.json", lambda s: s["files"].update({"fax.json": {"checked": "2026-01-01"}}), "", "files.fax.json",
        '"nobody reads it"', "a file of this folder",
    ),
    "the rule of counting is gone": (
        "meta.json", lambda s: s.pop("day_rule"), "", "day_rule", '"missing"', "must be there",
    ),
}  # fmt: skip


def _row(sheet: Any, code: str) -> Any:
    return next(row for row in sheet["rows"] if row["code"] == code)


def _overwrite(place: Any, path: str, value: object) -> None:
    """Put a value deep inside a row: "weekends.0.until"."""
    steps = [int(step) if step.isdigit() else step for step in path.split(".")]
    for step in steps[:-1]:
        place = place[step]
    place[steps[-1]] = value


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(FOLDER, tmp_path / "reference"))


def change(folder: Path, file: str, how: Callable[[Any], object]) -> None:
    """What a person did to a file, saved."""
    content = json.loads((folder / file).read_text(encoding="utf-8"))
    how(content)
    (folder / file).write_text(json.dumps(content), encoding="utf-8")


def test_an_untouched_copy_loads(folder):
    assert load(folder) == load()


def refusal(folder: Path) -> ReferenceBroken:
    """What somebody reads who starts the desk on this folder."""
    with pytest.raises(ReferenceBroken) as broken:
        load(folder)
    return broken.value


@pytest.mark.parametrize("slip", SLIPS, ids=lambda slip: f"{slip.row}.{slip.field}={slip.written}")
def test_a_mistyped_value_is_refused_by_file_row_and_field(folder, slip):
    change(folder, slip.file, lambda sheet: _overwrite(_row(sheet, slip.row), slip.field, slip.written))
    (problem,) = (p for p in refusal(folder).problems if p.row == slip.row)
    assert problem.file == slip.file
    assert slip.field.startswith(problem.field)
    assert problem.field != slip.field or problem.value in json.dumps(slip.written)
    assert slip.accepted in problem.accepted


@pytest.mark.parametrize("case", [Break(*case) for case in BROKEN.values()], ids=BROKEN)
def test_a_broken_file_is_refused_by_file_row_and_field(folder, case):
    change(folder, case.file, case.how)
    problems = refusal(folder).problems
    problem = next(p for p in problems if (p.file, p.row, p.field) == (case.file, case.row, case.field))
    assert case.value in problem.value
    assert case.accepted in problem.accepted


def test_a_field_written_twice_is_refused_though_json_would_take_the_last(folder):
    file = folder / "fields.json"
    text = file.read_text(encoding="utf-8").replace('"code": "phone",', '"code": "phone", "kind": "confirm",')
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ReferenceBroken, match=r'fields.json, phone, kind: "text"; accepted: each field once'):
        load(folder)


def test_a_comma_too_many_is_refused_with_its_line(folder):
    file = folder / "data_types.json"
    file.write_text(
        file.read_text(encoding="utf-8").replace('"code": "traffic"', '"code": "traffic",,'), encoding="utf-8"
    )
    with pytest.raises(ReferenceBroken, match=r"data_types.json, line \d+: .*traffic.*accepted: JSON"):
        load(folder)


def test_a_file_that_is_gone_or_not_text_is_refused(folder):
    (folder / "ladders.json").unlink()
    (folder / "meta.json").write_bytes(b"\xff\xfe\x00")
    problems = refusal(folder).problems
    assert [p.file for p in problems] == ["meta.json", "ladders.json"]
    assert {p.accepted for p in problems} == {"a readable file of UTF-8 text"}


def test_a_file_nobody_reads_is_refused_because_its_rows_would_be_missing(folder):
    (folder / "instruments" / "productions.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ReferenceBroken, match=r"instruments/productions.json: nobody reads this file"):
        load(folder)


def test_all_problems_come_at_once_and_read_like_a_list(folder):
    change(folder, "authorities.json", lambda s: _row(s, "PROV-X").update(timezone="Mars/Olympus", country="UK"))
    change(folder, "instruments/production.json", lambda s: _row(s, "EPOC").update(accepts=["EPOK"]))
    change(folder, "fields.json", lambda s: _row(s, "phone").update(kind="number"))
    country = "a two-letter country code that the holidays package knows, such as PK"
    assert str(refusal(folder)).splitlines() == [
        "4 problems in the reference data:",
        "  fields.json, phone, kind: \"number\"; accepted: 'text', 'long', 'confirm' or 'dates'",
        f'  authorities.json, PROV-X, country: "UK"; accepted: {country}',
        '  authorities.json, PROV-X, timezone: "Mars/Olympus"; accepted: an IANA time zone, such as Asia/Karachi',
        '  instruments/production.json, EPOC, accepts: "EPOK"; accepted: a code of legal_instruments, such as EPOC',
    ]
