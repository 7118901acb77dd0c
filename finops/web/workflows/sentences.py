"""What the pages of workflows say in words: functions of numbers, so that tests can read them."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from django.utils.html import format_html
from django.utils.safestring import SafeString

from finops.domain import display
from finops.domain.money import exact_sum
from finops.domain.windows import Period, Window
from finops.insights.overview import Part
from finops.insights.workflow import Half, Identity
from finops.insights.workflows import Ranked, Workflows
from finops.rollups.runs import Run
from finops.rollups.steps import StepCost
from finops.web.sentences import against, during, join, word

#: The few that make up most of it: together at least this share.
MOST: Final = Decimal("0.8")
#: A typical run that moved by less than this is said to cost as much as before.
_LEVEL: Final = Decimal("0.02")
#: Failed or repeated cost below this share of the spend does not stand out.
_STANDS_OUT: Final = Decimal("0.005")
#: A step that takes at least this share of a run is worth naming.
_MAIN_STEP: Final = Decimal("0.3")


# --- all workflows ----------------------------------------------------------------------------


def list_story(seen: Workflows, period: Period, currency: str) -> SafeString:
    """Say how few make up most of the spend, and which of them moved most."""
    if not seen.now.calls:
        return format_html("No workflow cost anything {}.", during(period))
    return join(_few(seen, period, currency), _moved_most(seen, period, currency))


def _few(seen: Workflows, period: Period, currency: str) -> SafeString:
    whole = display.money(seen.now.cost, currency)
    enough = next((r for r in seen.ranked if seen.now.cost and _share(r, seen) >= MOST), None)
    if enough is None:
        return format_html(
            "<b>{}</b> went to {} {}.",
            whole,
            display.counted(sum(1 for r in seen.ranked if r.part.now.calls), "workflow"),
            during(period),
        )
    return format_html(
        "{} {} <b>{}</b> of the {} spent {}.",
        word(enough.rank).capitalize(),
        "workflow makes up" if enough.rank == 1 else "workflows make up",
        display.share(enough.so_far, seen.now.cost),
        whole,
        during(period),
    )


def _share(ranked: Ranked, seen: Workflows) -> Decimal:
    return ranked.so_far / seen.now.cost


def _moved_most(seen: Workflows, period: Period, currency: str) -> SafeString:
    moved = max(seen.ranked, key=lambda r: abs(r.part.change), default=None)
    if moved is None or not seen.before.calls or not moved.part.change:
        return SafeString("")
    change = moved.part.change
    return format_html(
        "<b>{}</b> {} most, by {}.",
        moved.part.name,
        "rose" if change > 0 else "fell",
        display.money(abs(change), currency),
    )


# --- one workflow -----------------------------------------------------------------------------


def story(
    now: Half, before: Half, steps: Sequence[StepCost], period: Period, currency: str
) -> SafeString:
    """Say what a run costs now against before, and what stands out."""
    if not now.all.calls:
        return format_html("No calls {}.", during(period))
    return join(_a_run(now, before, period, currency), _stands_out(now, steps, period, currency))


def _a_run(now: Half, before: Half, period: Period, currency: str) -> SafeString:
    typical, past = now.typical, before.typical
    if typical is None:
        moved = against(now.all.cost, before.all.cost, period, currency)
        amount = display.money(now.all.cost, currency)
        return format_html("It cost <b>{}</b> {}{}.", amount, during(period), moved)
    amount = display.money(typical, currency)
    if not past:
        return format_html("A typical run costs <b>{}</b>.", amount)
    if abs(typical - past) <= past * _LEVEL:
        return format_html("A typical run costs <b>{}</b>, as before.", amount)
    return format_html(
        "A typical run now costs <b>{}</b>, {} from {}.",
        amount,
        "up" if typical > past else "down",
        display.money(past, currency),
    )


def _stands_out(now: Half, steps: Sequence[StepCost], period: Period, currency: str) -> SafeString:
    """Name the dearer of repeated and failed calls, when it is worth a word."""
    repeated = exact_sum(step.cost_of_repeated for step in steps)
    worth = now.all.cost * _STANDS_OUT
    if repeated >= now.failed.cost and repeated > worth:
        worst = max(steps, key=lambda step: step.cost_of_repeated)
        return format_html(
            "Repeated calls of “{}” took <b>{}</b>.",
            worst.step,
            display.money(worst.cost_of_repeated, currency),
        )
    if now.failed.cost > worth:
        return format_html(
            "Failed calls took <b>{}</b> {}.",
            display.money(now.failed.cost, currency),
            during(period),
        )
    return SafeString("")


def models_heading(models: Sequence[Part], whole: Decimal) -> str:
    """Say which model takes most of it."""
    used = [part for part in models if part.now.calls]
    if not used:
        return "No model was called"
    if len(used) == 1:
        return f"All of it goes to {used[0].name}"
    if not whole:
        return f"{display.counted(len(used), 'model')}, none with a cost"
    return f"{used[0].name} takes {display.share(used[0].now.cost, whole)} of it"


def steps_heading(steps: Sequence[StepCost]) -> str:
    """Say which step takes most of it."""
    whole = exact_sum(step.cost for step in steps)
    named = [step for step in steps if step.step]
    if not named:
        return "Its calls name no step"
    if not whole:
        return f"{display.counted(len(named), 'step')}, none with a cost"
    first = named[0]
    return f"{first.step} takes {display.share(first.cost, whole)} of it"


def read_from(window: Window, period: Period) -> str:
    """Say from which calls something was read, and whether that is less than the period."""
    if window.since <= period.window.since:
        return "From every call of the period"
    days = display.counted(window.length, "day")
    return f"From the calls of the last {days}, {display.days(window.since, window.last)}"


def runs_heading(runs: Sequence[Run], kind: str, typical: Decimal | None, currency: str) -> str:
    """Say what the worst of the listed runs was."""
    if not runs:
        return {
            "failed": "No run has a failed call",
            "repeated": "No run repeats a step",
            "beyond": "No run is beyond a cap",
        }.get(kind, "No runs")
    first = runs[0]
    if kind == "failed":
        return f"Failed calls of one run cost up to {display.money(first.cost_of_failed, currency)}"
    if kind == "repeated":
        return f"One run repeated steps {display.number(first.repeated_steps)} times"
    amount = display.money(first.cost, currency)
    if not typical or first.cost is None:
        return f"The dearest run cost {amount}"
    usual = display.times(first.cost, typical).removesuffix("×")
    return f"The dearest run cost {amount}, {usual} times the typical one"


def what_stood_out(run: Run, steps: Sequence[StepCost], currency: str) -> list[str]:
    """Say what was special about a run, worst first; nothing when nothing was."""
    found = [*_repeats(steps, currency), *_failures(run, currency)]
    if run.cost is not None and run.run_cost is not None and run.cost != run.run_cost:
        found.append(f"Part of a run that cost {display.money(run.run_cost, currency)}")
    return found or _main_step(run, steps)


def _repeats(steps: Sequence[StepCost], currency: str) -> list[str]:
    worst = max(steps, key=lambda step: (step.cost_of_repeated, step.repeated_calls), default=None)
    if worst is None or not worst.repeated_calls:
        return []
    amount = (
        f", {display.money(worst.cost_of_repeated, currency)}" if worst.cost_of_repeated else ""
    )
    return [f"{worst.step} repeated {often(worst.repeated_calls)}{amount}"]


def _failures(run: Run, currency: str) -> list[str]:
    if not run.failed_calls:
        return []
    amount = f", {display.money(run.cost_of_failed, currency)}" if run.cost_of_failed else ""
    return [f"{display.counted(run.failed_calls, 'failed call')}{amount}"]


def _main_step(run: Run, steps: Sequence[StepCost]) -> list[str]:
    named = [step for step in steps if step.step]
    if len(named) < 2 or not run.run_cost or named[0].cost / run.run_cost < _MAIN_STEP:
        return []
    return [f"{display.share(named[0].cost, run.run_cost)} on {named[0].step}"]


def often(count: int) -> str:
    """Write how often: ``once``, ``twice``, ``14 times``."""
    return {1: "once", 2: "twice"}.get(count, f"{display.number(count)} times")


def owners(who: Identity) -> str:
    """Say who answers for a workflow."""
    told = [
        f"{role} {name}"
        for role, name in (
            ("technical owner", who.technical_owner),
            ("business owner", who.business_owner),
        )
        if name
    ]
    return ", ".join(told)
