"""What comes of each account: the request's status follows from all of them, and every answer can be taken back."""

from datetime import date, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage.record import targets
from storage.rules import lifecycle, outcomes, undoing
from storage.rules.lifecycle import ANSWERED, Status
from tests import factories

SECONDS = 60
TODAY = date(2026, 3, 2)
ACCOUNTS = ("page.one", "page.two", "page.three")
ANSWERS = st.lists(
    st.tuples(st.sampled_from(sorted(outcomes.OUTCOMES)), st.sets(st.integers(0, 2), min_size=1)), max_size=5
)


def answer(work, row, outcome, chosen, day=TODAY):
    """One answer as the desk records it."""
    work.now += timedelta(hours=1)
    word = outcomes.word_for(row, outcome, chosen)
    lifecycle.move(work, row, word, by=row.filer, on=day)
    outcomes.record(row, outcome, chosen, on=day, by=row.filer.actor)


def stands(row):
    return row.status, [(one.typed, one.outcome, one.outcome_on, one.answer) for one in row.targets]


def meant(found):
    """The rule as `lifecycle.py` says it."""
    if None in found:
        return Status.PART_PRODUCED
    return next(Status(one) for one in ("produced", "refused", "not_held") if one in found)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(answers=ANSWERS)
def test_any_answers_give_the_status_of_the_rule_and_undone_give_what_was(sqlite_store, answers):
    def job(work):
        row = factories.request(work, accounts=ACCOUNTS, status=Status.ACKNOWLEDGED)
        stood, found = [stands(row)], [None, None, None]
        for outcome, numbers in answers:
            chosen = [one for n, one in enumerate(row.targets) if n in numbers and found[n] is None]
            if not chosen or row.status in ANSWERED:
                continue
            answer(work, row, outcome, chosen)
            found = [outcome if one in chosen else kept for one, kept in zip(row.targets, found, strict=True)]
            assert row.status == meant(found)
            assert [one.outcome for one in row.targets] == found
            assert sum(outcomes.counts(row).values()) == len(ACCOUNTS)
            stood.append(stands(row))
        while len(stood) > 1:
            assert stands(row) == stood.pop()
            lifecycle.undo(work, row, by=row.filer, on=TODAY)
        assert stands(row) == stood[0]
        work.take_back()

    sqlite_store.write(job).result(SECONDS)


def test_accounts_of_before_have_the_outcome_of_their_request(store):
    def job(work):
        case = factories.case(work)
        return {
            status: outcomes.counts(factories.request(work, of=case, accounts=ACCOUNTS, status=status))
            for status in (Status.SENT, Status.PART_PRODUCED, *ANSWERED, Status.WITHDRAWN)
        }

    found = store.write(job).result(SECONDS)
    assert found == {
        Status.SENT: {"open": 3},
        Status.PART_PRODUCED: {"open": 3},
        Status.PRODUCED: {"produced": 3},
        Status.NOT_HELD: {"not_held": 3},
        Status.REFUSED: {"refused": 3},
        Status.WITHDRAWN: {"open": 3},
    }


def test_a_day_corrected_is_right_there_and_in_what_an_undo_goes_back_to(sqlite_store):
    def job(work):
        row = factories.request(work, accounts=ACCOUNTS, status=Status.SENT)
        answer(work, row, "produced", row.targets[:1])
        answer(work, row, "refused", row.targets[1:])
        right = TODAY + timedelta(days=2)
        undoing.correct_outcomes(work, row, TODAY, right)
        assert [one.outcome_on for one in row.targets] == [right] * 3
        lifecycle.undo(work, row, by=row.filer, on=TODAY)
        assert [one.outcome_on for one in row.targets] == [right, None, None]
        work.take_back()

    sqlite_store.write(job).result(SECONDS)


def test_other_accounts_on_record_keep_what_came_of_one_that_stays(sqlite_store):
    def job(work):
        row = factories.request(work, accounts=ACCOUNTS, status=Status.SENT)
        answer(work, row, "produced", row.targets[:1])
        targets.replace(work, row, ["page.four", "Page.One"])
        assert [(one.typed, outcomes.of(one)) for one in row.targets] == [
            ("page.four", "open"),
            ("Page.One", "produced"),
        ]
        work.take_back()

    sqlite_store.write(job).result(SECONDS)
