"""Which visits somebody looks at, and until when a verdict can be taken back."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from server.domain import errors, verdicts
from server.domain.verdicts import Standing, is_sample, must_be_undoable, why_it_stands

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
FRESH = Standing(given_at=NOW - timedelta(minutes=1))


def test_the_sample_is_a_fair_share_and_always_the_same() -> None:
    ids = [f"J-{number}" for number in range(1_001, 11_001)]
    drawn = [each for each in ids if is_sample(each, 10)]
    assert 900 < len(drawn) < 1_100
    assert drawn == [each for each in ids if is_sample(each, 10)]
    assert not any(is_sample(each, 0) for each in ids)
    assert all(is_sample(each, 100) for each in ids)
    assert set(drawn) <= {each for each in ids if is_sample(each, 20)}, "a larger one holds it"


def test_a_fresh_verdict_can_be_taken_back_up_to_the_last_minute() -> None:
    must_be_undoable(FRESH, NOW)
    must_be_undoable(FRESH, FRESH.given_at + verdicts.UNDO_WITHIN)


@pytest.mark.parametrize(
    ("standing", "why"),
    [
        (replace(FRESH, is_own=False), "not_own"),
        (replace(FRESH, is_last_word=False), "judged_again"),
        (replace(FRESH, is_revisit_untouched=False), "revisit_decided"),
        (replace(FRESH, is_retake_open=False), "retake_answered"),
        (replace(FRESH, is_ticket_untouched=False), "ticket_moved_on"),
        (replace(FRESH, given_at=NOW - timedelta(minutes=11)), "too_late"),
    ],
)
def test_what_others_went_on_from_stands(standing: Standing, why: str) -> None:
    assert why_it_stands(standing, NOW) == why
    with pytest.raises(errors.VerdictStands) as told:
        must_be_undoable(standing, NOW)
    assert told.value.details == {"why": why}
