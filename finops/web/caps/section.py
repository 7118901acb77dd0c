"""Caps on other pages: the section of a workflow, the mark of a run, the marks of a list."""

from __future__ import annotations

from typing import Any, NamedTuple
from uuid import UUID

from finops.caps import words
from finops.caps.standing import standing, violations_of_run
from finops.insights.run import RunSeen
from finops.rollups.question import Question
from finops.web.caps.rows import cap_rows, violation_rows

#: Violations that the page of a workflow shows.
LISTED = 5


class Beyond(NamedTuple):
    """What a run's page says about a cap: a sentence, and the call that it leads to."""

    told: str
    call: str
    workflow: str


def section_of(workflow: str, question: Question) -> dict[str, Any]:
    """Give what ``pages/caps/section.html`` shows of a workflow's caps."""
    found, currency = standing(workflow, question.period.window, listed=LISTED), question.currency
    reasons = words.reasons(found, words.when(question.period), currency)
    return {
        "standing": found,
        "rows": cap_rows(found, currency),
        "violations": violation_rows(found, currency),
        "reasons": reasons,
        "others": len(reasons) - 1,
    }


def beyond(url_id: UUID, seen: RunSeen, currency: str) -> list[Beyond]:
    """Say which caps a run went beyond, and number the calls that broke them."""
    numbers = {str(call.call): n for n, call in enumerate(seen.calls, start=1)}
    return [
        Beyond(words.told(each, numbers.get(each.call), currency), each.call, each.workflow)
        for each in violations_of_run(url_id)
    ]
