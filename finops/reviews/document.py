"""The document of a weekly review: one shape, computed while it is open, loaded once it is closed.

It holds everything that the page shows, under the names that things had then, so that a closed
page asks nothing else. Amounts are exact decimal strings, days ISO dates, instants RFC 3339, ids
strings; there is no float in it. ``None`` is what nobody knows. ``canonical`` writes it in the one
way that its SHA-256 is made of.
"""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any, Final, TypedDict, cast

#: The shape's version; a reader of old documents looks at it.
SHAPE: Final = 1
#: The sections of a weekly review in their order, as notes number them (1 to 6).
SECTIONS: Final = (
    "Where we stand",
    "Last week’s actions",
    "Top five workflows",
    "Budgets not green",
    "New and unknown",
    "Read back and close",
)


class Days(TypedDict):
    """Whole days, both inclusive; ``until`` is the instant at which the last was cut, if it was."""

    first: str
    last: str
    until: str | None


class PersonRow(TypedDict):
    """Somebody as they were called then; ``left`` when they could no longer sign in."""

    id: str
    name: str
    role: str
    left: bool


class Head(TypedDict):
    """Which review it is, who held it, and when it was read.

    ``state`` is ``open`` or ``closed``; ``version`` counts closings, 0 while none was.
    ``closed_by`` is empty for a review that was closed automatically.
    """

    key: str
    days: Days
    days_before: Days
    state: str
    version: int
    read_at: str
    zone: str
    currency: str
    organization: str
    prepared_at: str
    started_at: str | None
    started_by: str
    closed_by: str
    closed_automatically: bool
    chair: PersonRow | None
    attendees: list[PersonRow]


class Numbers(TypedDict):
    """The figures of a stretch of days, and of the fair one before it.

    ``attributed`` + ``unattributed`` = ``cost``. Costs of a thousand calls leave out calls
    without a price, and are None without any other.
    """

    days: Days
    days_before: Days
    cost: str
    cost_before: str
    calls: int
    calls_before: int
    unpriced_calls: int
    cost_of_thousand: str | None
    cost_of_thousand_before: str | None
    attributed: str
    unattributed: str


class FigureRow(TypedDict):
    """A figure as ``/api/v1/figures/`` gives it; its numbers are decimal strings and integers."""

    name: str
    data: list[dict[str, Any]]
    layout: dict[str, Any]
    meta: dict[str, Any]


class Tally(TypedDict):
    """How many budgets stand how; each counts once, at its worst, and heading ones besides."""

    red: int
    heading_for_red: int
    yellow: int
    none: int
    green: int
    stale: int


class Stand(TypedDict):
    """Section 1. ``story`` is two or three plain sentences about the week."""

    story: list[str]
    week: Numbers
    month: Numbers
    figure: FigureRow
    tally: Tally


class Realised(TypedDict):
    """What a finished action saved so far; an estimate.

    ``state`` is ``estimate``; ``too_early``, then ``days_missing`` more days are needed;
    ``no_volume``, when nothing ran since; or ``unknown``, when nothing ran before, or the action
    names no workflow. ``band`` is how far off ``amount`` may be, either way, four times out of
    five; ``a_month`` is what it comes to in a month. ``unit`` is ``run`` or ``thousand_calls``,
    of which ``volume`` (decimal) came on the ``days`` since.
    """

    state: str
    amount: str | None
    band: str | None
    a_month: str | None
    days: int
    days_missing: int
    unit: str | None
    unit_cost_before: str | None
    unit_cost_since: str | None
    volume: str | None


class ActionRow(TypedDict):
    """What somebody promised. ``expected_saving`` is dollars a month, None: not known yet.

    ``state`` is ``open``, ``done`` or ``dropped``; ``late`` only while it is open. ``version`` is
    what an edit has to have seen. ``review_key`` names the review that agreed on it, or is empty.
    ``subject_kind`` and ``subject`` are those of the decision that it came from, or empty;
    ``changed_by`` and ``changed_at`` say who wrote it last.
    """

    id: str
    version: int
    what: str
    workflow: str
    workflow_name: str
    owner: PersonRow | None
    due: str
    late: bool
    days_late: int
    expected_saving: str | None
    state: str
    done_on: str | None
    closing_note: str
    realised: Realised | None
    review_key: str
    subject_kind: str
    subject: str
    created_by: str
    changed_by: str
    changed_at: str


class Reason(TypedDict):
    """Something that explains a figure: a stable code, and a sentence."""

    code: str
    text: str


class ModelMove(TypedDict):
    """A model whose part of a workflow's cost moved; ``change`` = ``cost`` − ``cost_before``."""

    model: str
    cost: str
    cost_before: str
    change: str


class DearRun(TypedDict):
    """The dearest run: ``cost`` is the workflow's part of it."""

    run: str
    url_id: str
    started: str
    cost: str
    calls: int
    times_typical: str | None


class BrokenCap(TypedDict):
    """A cap that runs went beyond in the week: how often, by how many dollars, and the worst run.

    ``limit`` and ``worst`` are in the cap's own unit: dollars for ``run_cost``, else a count.
    """

    kind: str
    limit: str
    runs: int
    beyond: str | None
    worst: str
    worst_run_url_id: str
    step: str


class WorkflowRow(TypedDict):
    """A row of section 3. ``rank_before`` is None for a workflow that cost nothing before.

    ``cost_per_run`` is what the median run cost. ``weeks`` are the last twelve weeks' dollars,
    oldest first, the review's own last. ``models`` are the two or three that moved most.
    """

    subject_kind: str
    subject: str
    name: str
    owner: str
    rank: int
    rank_before: int | None
    cost: str
    cost_before: str
    change: str
    calls: int
    calls_before: int
    unpriced_calls: int
    runs: int
    runs_before: int
    cost_per_run: str | None
    cost_per_run_before: str | None
    cost_of_thousand: str | None
    cost_of_thousand_before: str | None
    why: list[Reason]
    models: list[ModelMove]
    dearest_run: DearRun | None
    broken_caps: list[BrokenCap]
    weeks: list[str]


class Workflows(TypedDict):
    """Section 3. ``rows`` + ``others`` + ``unattributed`` = ``total``, now and before."""

    rows: list[WorkflowRow]
    others: str
    others_before: str
    other_count: int
    unattributed: str
    unattributed_before: str
    total: str
    total_before: str


class BudgetRow(TypedDict):
    """A budget in its running period as it was judged last: a row of section 4, or a green one.

    ``scope`` is in words (``Team growth``). ``status`` is ``red``, ``yellow``, ``none`` or
    ``green``; ``heading_for`` is ``yellow``, ``red`` or empty. ``period_last`` is inclusive.
    """

    subject_kind: str
    subject: str
    name: str
    scope: str
    basis: str
    period: str
    period_first: str
    period_last: str
    owner: str
    status: str
    stale: bool
    heading_for: str
    reasons: list[Reason]
    actual: str
    unpriced_calls: int
    planned: str | None
    yellow: str | None
    red: str | None
    forecast_state: str
    forecast_low: str | None
    forecast_mid: str | None
    forecast_high: str | None
    crosses_yellow_on: str | None
    crosses_red_on: str | None
    data_to: str | None
    evaluated_at: str


class NewRow(TypedDict):
    """A workflow, feature, team, customer or model that no earlier day has.

    ``subject`` is its dimension and value, ``model:gpt-5``; ``budgeted`` that a budget names it.
    """

    subject_kind: str
    subject: str
    dimension: str
    value: str
    name: str
    first_day: str
    calls: int
    unpriced_calls: int
    cost: str | None
    owner: str
    budgeted: bool


class Gap(TypedDict):
    """Dollars of the week that lack a value of a dimension."""

    dimension: str
    cost: str
    calls: int


class UnpricedRow(TypedDict):
    """Calls since the week began that have no price, by model."""

    provider: str
    model: str
    reason: str
    calls: int


class UnbudgetedRow(TypedDict):
    """One of the week's ten dearest workflows that has no budget of its own."""

    subject_kind: str
    subject: str
    name: str
    cost: str


class News(TypedDict):
    """Section 5."""

    rows: list[NewRow]
    gaps: list[Gap]
    unpriced: list[UnpricedRow]
    unpriced_calls: int
    stale_sources: list[SourceRow]
    unbudgeted: list[UnbudgetedRow]


class SourceRow(TypedDict):
    """How complete a source's data was: when its last call began, on how many of the days it sent.

    ``role`` is ``meter`` or ``evidence``.
    """

    name: str
    role: str
    last_call: str | None
    stale: bool
    days_with_calls: int
    days: int
    unpriced_calls: int


class Completeness(TypedDict):
    """How sure the numbers are. ``complete_to``: every call before it is counted."""

    complete_to: str | None
    sources: list[SourceRow]


class DecisionRow(TypedDict):
    """What was decided about a row: who chose, who wrote the sentence, and when each was.

    ``choice`` is ``accept``, ``investigate``, ``fix``, ``stop``, ``change_budget``, ``assign`` or
    empty. ``choice_label`` is its word on a button.
    """

    subject_kind: str
    subject: str
    subject_name: str
    choice: str
    choice_label: str
    choice_by: str
    choice_at: str | None
    sentence: str
    sentence_by: str
    sentence_at: str | None
    assignee: PersonRow | None


class NoteRow(TypedDict):
    """The text box of a section; ``version`` is what the next save has to have seen."""

    section: int
    title: str
    text: str
    version: int
    written_by: str
    written_at: str | None


class ConfirmationRow(TypedDict):
    """A function's word; ``name`` is empty until somebody gave it."""

    function: str
    label: str
    name: str
    at: str | None


class ReadBack(TypedDict):
    """Section 6: what was decided and promised in this review.

    ``expected_saving`` sums what is known of ``actions``, a month; ``unknown_savings`` counts the
    actions whose saving is not known yet.
    """

    decisions: list[DecisionRow]
    undecided: int
    actions: list[ActionRow]
    expected_saving: str
    unknown_savings: int
    confirmations: list[ConfirmationRow]


class Document(TypedDict):
    """A whole review. ``budgets`` are those not plainly green, worst first."""

    shape: int
    review: Head
    stand: Stand
    last_actions: list[ActionRow]
    workflows: Workflows
    budgets: list[BudgetRow]
    green_budgets: list[BudgetRow]
    news: News
    read_back: ReadBack
    notes: list[NoteRow]
    completeness: Completeness
    exchange_rates: dict[str, str]


def canonical(document: Document) -> str:
    """Write a document in the one way: keys sorted, no space, UTF-8 as it is, no floats.

    Raises TypeError for a float, or anything else that JSON has no exact form for.
    """
    _refuse_floats(document)
    return json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def digest(text: str) -> str:
    """Give the SHA-256 of a canonical document, in hexadecimal."""
    return sha256(text.encode()).hexdigest()


def loaded(text: str) -> Document:
    """Read a canonical document back."""
    return cast("Document", json.loads(text))


def decisions_by_row(document: Document) -> dict[tuple[str, str], DecisionRow]:
    """Find decisions by the ``subject_kind`` and ``subject`` of the row that they are about."""
    return {
        (row["subject_kind"], row["subject"]): row for row in document["read_back"]["decisions"]
    }


def _refuse_floats(value: object) -> None:
    if isinstance(value, float):
        raise TypeError("a document holds no floats: they are not exact")
    if isinstance(value, dict):
        for each in value.values():
            _refuse_floats(each)
    elif isinstance(value, list | tuple):
        for each in value:
            _refuse_floats(each)
