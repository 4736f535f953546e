"""Who answers, by a whole register of the field's shape: every figure again by a naive count of its lines."""

from collections import Counter
from pathlib import Path

import pytest
from scipy.stats import CensoredData, ecdf

from handlers.registers import intake
from handlers.registers.vocabulary import from_reference
from storage.exposure.roles import Role
from storage.exposure.sight import Viewer
from storage.record import answering, records
from storage.record.scopes import Scope
from storage.times import local_day
from tests import factories, tallied
from tests.whole_register import read

pytestmark = pytest.mark.slow  # 1,700 lines come on record

SECONDS = 600
NAME = "Desk Manager"
REGISTER = Path(__file__).parents[1] / "cases" / "register-2016-2018.csv"
CAME = {"produced": "answered", "part_produced": "partly", "not_held": "not_held", "refused": "refused"}


@pytest.fixture(scope="module")
def lines(reference):
    return [one for one in read(REGISTER, from_reference(reference)).entries if one.request_type != "preservation"]


def test_every_figure_is_that_of_a_naive_count_of_its_lines(store, reference, lines):
    register = read(REGISTER, from_reference(reference))

    def bring(work):
        factories.person(work, role=Role.MANAGER, name=NAME)
        work.session.flush()
        return intake.take(intake.importer(work, NAME), register, register.entries)

    assert store.write(bring).result(SECONDS) > 1_500
    assert store.read(tallied.differences).result(SECONDS) == {}

    def look(work):
        agency, [manager] = records.authority(work, "PK-FIA-CCW"), records.people(work, name=NAME)
        scope = Scope(Viewer(manager.id, agency.id, frozenset({Role.MANAGER})), agency)
        today, everybody = local_day(work.now, agency.zone), answering.of_all(work, scope)
        assert everybody.keys() == {one.recipient for one in lines} == {"PROV-META", "PROV-X"}
        for code, answers in everybody.items():
            asked = [one for one in lines if one.recipient == code]
            assert answers.came == Counter(CAME.get(one.outcome, "silent") for one in asked)
            ended = [one.outcome in ("produced", "not_held", "refused") for one in asked]
            until = [one.replied_on if over else today for one, over in zip(asked, ended, strict=True)]
            days = [(last - one.sent_on).days for one, last in zip(asked, until, strict=True)]
            waiting = ecdf(CensoredData.right_censored(days, [not over for over in ended])).sf
            for share in (0.5, 0.9):
                reached = waiting.quantiles[waiting.probabilities <= 1 - share + 1e-9]
                assert answers.curve.quantile(share) == (reached[0] if len(reached) else None)
            found = answering.of_counterpart(work, scope, records.authority(work, code))
            refused = [set(one.refusal_reasons) for one in asked if one.outcome == "refused"]
            assert found.codes == Counter(reason for reasons in refused for reason in reasons)
            formal = {one.code for one in reference.refusal_reasons.values() if one.group == "formal"}
            assert found.deficient == sum(bool(reasons & formal) for reasons in refused)
            assert found.classes["emergency"].sent == sum(one.request_type == "emergency" for one in asked)
            speech = [one for one in asked if reference.complaint_categories[one.category].free_expression_flag]
            assert found.classes["speech"].sent == len(speech)
            assert found.accounts.total() == sum(len(one.accounts) for one in asked)
        return {code: (one.sent, one.curve.median, one.curve.quantile(0.9)) for code, one in everybody.items()}

    figures = {"PROV-META": (1248, 32, None), "PROV-X": (283, None, None)}
    assert store.read(look).result(SECONDS) == figures, "sent, half and nine of ten answered within so many days"
