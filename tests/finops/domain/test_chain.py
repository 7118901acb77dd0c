"""Which calls of a run did no new work."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from finops.domain.chain import LOOP_AFTER, Fate, places
from finops.domain.usage import FAILED_STATUSES, STATUSES

FINE, REPEATED, FAILED = Fate


class Call(NamedTuple):
    step: str | None = "plan"
    attempt: int = 1
    status: str = "ok"


def fates(*calls: Call) -> list[Fate]:
    return [place.fate for place in places(calls)]


def test_a_step_may_run_several_times_for_good_reasons() -> None:
    assert fates(*[Call()] * LOOP_AFTER) == [FINE] * LOOP_AFTER


def test_a_step_that_runs_more_often_goes_round_in_circles() -> None:
    assert fates(*[Call()] * (LOOP_AFTER + 2))[LOOP_AFTER:] == [REPEATED, REPEATED]


def test_another_attempt_after_an_answer_is_a_repeat() -> None:
    assert fates(Call(), Call(attempt=2), Call(attempt=3)) == [FINE, REPEATED, REPEATED]


def test_another_attempt_after_a_failure_is_none_the_failure_is_what_cost() -> None:
    assert fates(Call(status="error"), Call(attempt=2)) == [FAILED, FINE]


def test_an_attempt_at_one_step_says_nothing_of_another() -> None:
    assert fates(Call("plan"), Call("draft", attempt=2)) == [FINE, FINE]


@pytest.mark.parametrize("status", STATUSES)
def test_a_failed_call_is_never_a_repeat_too(status: str) -> None:
    last = fates(*[Call()] * LOOP_AFTER, Call(attempt=9, status=status))[-1]

    assert last is (FAILED if status in FAILED_STATUSES else REPEATED)


def test_calls_without_a_step_are_told_apart_by_nothing() -> None:
    unnamed = places([Call(step=None)] * (LOOP_AFTER + 5))

    assert {place.fate for place in unnamed} == {FINE}
    assert {place.nth for place in unnamed} == {1}


def test_each_call_knows_the_how_manieth_of_its_step_it_is() -> None:
    found = places([Call("plan"), Call("draft"), Call("plan"), Call("plan", status="error")])

    assert [place.nth for place in found] == [1, 1, 2, 3]


def test_a_run_without_calls_has_no_places() -> None:
    assert places([]) == []
