"""What the pages of workflows say: tables of cases, from nothing to hostile names."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from finops.domain.measures import Measures
from finops.domain.windows import Window, period
from finops.insights.overview import Part
from finops.insights.workflow import Half
from finops.insights.workflows import Ranked, Workflows
from finops.rollups.runs import Run, RunSizes
from finops.rollups.steps import StepCost
from finops.web.workflows import sentences

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
MONTH = period("2026-11", NOW, ZoneInfo("UTC"))
PAST = period("2026-09", NOW, ZoneInfo("UTC"))
D = Decimal


def spent(cost: str | int, calls: int = 1, unpriced: int = 0) -> Measures:
    return Measures(calls=calls, cost=D(cost), unpriced_calls=unpriced)


def half(cost: int, *, typical: str | None = None, failed: str = "0", calls: int = 10) -> Half:
    return Half(
        all=spent(cost, calls),
        failed=spent(failed, 2),
        sizes=RunSizes(runs=3),
        cost_per_run={"p50": D(typical)} if typical else {},
    )


def step(name: str, cost: str = "10", repeated: str = "0", times: int = 0) -> StepCost:
    return StepCost(name, 5, D(cost), 0, 0, D(0), times, D(repeated))


def all_of(*costs: tuple[int, int]) -> Workflows:
    """Workflows from their costs now and before."""
    so_far, ranked = D(0), []
    for n, (now, before) in enumerate(costs, start=1):
        so_far += now
        part = Part(f"w{n}", f"w{n}", spent(now, int(now > 0)), spent(before, int(before > 0)))
        ranked.append(Ranked(n, part, so_far, "", False))
    nothing = Part("unallocated", "unallocated", Measures(), Measures())
    return Workflows(
        Measures.sum_of(r.part.now for r in ranked),
        Measures.sum_of(r.part.before for r in ranked),
        tuple(ranked),
        nothing,
    )


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        (all_of(), "No workflow cost anything this month."),
        (all_of((0, 50)), "No workflow cost anything this month."),
        (
            all_of((90, 0), (10, 0)),
            "One workflow makes up <b>90.0%</b> of the $100 spent this month.",
        ),
        (
            all_of((50, 20), (35, 30), (15, 15)),
            "Two workflows make up <b>85.0%</b> of the $100 spent this month."
            " <b>w1</b> rose most, by $30.00.",
        ),
        (
            all_of((50, 90), (50, 50)),
            "Two workflows make up <b>100.0%</b> of the $100 spent this month."
            " <b>w1</b> fell most, by $40.00.",
        ),
        (
            all_of((80, 80), (20, 20)),
            "One workflow makes up <b>80.0%</b> of the $100 spent this month.",
        ),
    ],
    ids=["none", "gone", "one, new", "rose", "fell", "flat"],
)
def test_the_list_says_which_few_make_up_most(seen: Workflows, said: str) -> None:
    assert sentences.list_story(seen, MONTH, "USD").replace("$100.00", "$100") == said


def test_without_a_few_it_says_what_all_cost() -> None:
    whole = all_of((30, 0), (20, 0))._replace(now=spent(1_000, 5))

    said = sentences.list_story(whole, PAST, "USD")

    assert said == "<b>$1,000</b> went to 2 workflows in September 2026."


@pytest.mark.parametrize(
    ("now", "before", "said"),
    [
        ((100, "1.84"), (80, "1.52"), "A typical run now costs <b>$1.84</b>, up from $1.52."),
        ((100, "1.20"), (80, "1.52"), "A typical run now costs <b>$1.20</b>, down from $1.52."),
        ((100, "1.52"), (80, "1.53"), "A typical run costs <b>$1.52</b>, as before."),
        ((100, "1.52"), (0, None), "A typical run costs <b>$1.52</b>."),
        (
            (100, None),
            (80, None),
            "It cost <b>$100.00</b> this month,"
            " <b>$20.00</b> more than in the same days of October.",
        ),
        ((0, None), (0, None), "It cost <b>$0</b> this month."),
    ],
    ids=["up", "down", "flat", "new", "no runs", "free"],
)
def test_a_workflow_says_what_a_run_costs(
    now: tuple[int, str | None], before: tuple[int, str | None], said: str
) -> None:
    told = sentences.story(
        half(now[0], typical=now[1]), half(before[0], typical=before[1]), [], MONTH, "USD"
    )

    assert told == said


@pytest.mark.parametrize(
    ("failed", "steps", "said"),
    [
        ("0", [], ""),
        ("0.01", [step("plan")], ""),
        ("5", [step("plan")], " Failed calls took <b>$5.00</b> this month."),
        (
            "2",
            [step("plan", repeated="3", times=2), step("draft", repeated="1", times=9)],
            " Repeated calls of “plan” took <b>$3.00</b>.",
        ),
        ("5", [step("plan", repeated="3")], " Failed calls took <b>$5.00</b> this month."),
    ],
    ids=["nothing", "too little", "failed", "repeated", "failed more"],
)
def test_a_workflow_says_what_stands_out(failed: str, steps: list[StepCost], said: str) -> None:
    told = sentences.story(
        half(100, typical="2", failed=failed), half(90, typical="2"), steps, MONTH, "USD"
    )

    assert told == f"A typical run costs <b>$2.00</b>, as before.{said}"


def test_without_calls_there_is_nothing_to_tell() -> None:
    assert sentences.story(half(0, calls=0), half(9), [], PAST, "USD") == (
        "No calls in September 2026."
    )


def run(**said: object) -> Run:
    plain: dict[str, object] = {
        "run": "r",
        "url_id": "0" * 32,
        "started": NOW,
        "cost": D(10),
        "run_cost": D(10),
        "calls": 4,
        "steps": 2,
        "failed_calls": 0,
        "repeated_steps": 0,
        "cost_of_failed": D(0),
    }
    return Run(**(plain | said))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("seen", "steps", "said"),
    [
        (run(), [], []),
        (run(), [step("plan", "10")], []),
        (run(), [step("plan", "6"), step("draft", "4")], ["60.0% on plan"]),
        (run(), [step("a", "2"), step("b", "2"), step("c", "2")], []),
        (run(failed_calls=1), [], ["1 failed call"]),
        (run(failed_calls=3, cost_of_failed=D("1.5")), [], ["3 failed calls, $1.50"]),
        (run(), [step("plan", repeated="3", times=1)], ["plan repeated once, $3.00"]),
        (run(), [step("plan", repeated="0", times=2)], ["plan repeated twice"]),
        (
            run(failed_calls=1),
            [step("plan", repeated="3", times=1204)],
            ["plan repeated 1,204 times, $3.00", "1 failed call"],
        ),
        (run(cost=D(4)), [], ["Part of a run that cost $10.00"]),
        (run(cost=None, run_cost=None), [step("plan", "0"), step("draft", "0")], []),
    ],
)
def test_a_run_says_what_stood_out(seen: Run, steps: list[StepCost], said: list[str]) -> None:
    assert sentences.what_stood_out(seen, steps, "USD") == said


@pytest.mark.parametrize(
    ("runs", "kind", "typical", "said"),
    [
        ([], "all", None, "No runs"),
        ([], "failed", D(1), "No run has a failed call"),
        ([], "repeated", D(1), "No run repeats a step"),
        ([run()], "all", None, "The dearest run cost $10.00"),
        ([run(cost=None)], "all", D(2), "The dearest run cost —"),
        ([run()], "all", D(4), "The dearest run cost $10.00, 2.5 times the typical one"),
        ([run()], "all", D("0.2"), "The dearest run cost $10.00, 50 times the typical one"),
        ([run(cost_of_failed=D(3))], "failed", D(4), "Failed calls of one run cost up to $3.00"),
        ([run(repeated_steps=91)], "repeated", D(4), "One run repeated steps 91 times"),
    ],
)
def test_the_list_of_runs_says_what_was_worst(
    runs: list[Run], kind: str, typical: Decimal | None, said: str
) -> None:
    assert sentences.runs_heading(runs, kind, typical, "USD") == said


def part(name: str, cost: int, calls: int = 1) -> Part:
    return Part(name, name, spent(cost, calls), Measures())


@pytest.mark.parametrize(
    ("models", "whole", "said"),
    [
        ([], 0, "No model was called"),
        ([part("old", 0, calls=0)], 0, "No model was called"),
        ([part("opus", 5)], 5, "All of it goes to opus"),
        ([part("opus", 3), part("haiku", 1)], 4, "opus takes 75.0% of it"),
        ([part("own", 0), part("other", 0)], 0, "2 models, none with a cost"),
    ],
)
def test_models_are_told_by_the_largest(models: list[Part], whole: int, said: str) -> None:
    assert sentences.models_heading(models, D(whole)) == said


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ([], "Its calls name no step"),
        ([step("")], "Its calls name no step"),
        ([step("plan", "0")], "1 step, none with a cost"),
        ([step("plan", "3"), step("", "1")], "plan takes 75.0% of it"),
    ],
)
def test_steps_are_told_by_the_largest(steps: list[StepCost], said: str) -> None:
    assert sentences.steps_heading(steps) == said


def test_bounded_days_are_said() -> None:
    whole, part_of_it = MONTH.window, Window(date(2026, 11, 14), MONTH.window.until)

    assert sentences.read_from(whole, MONTH) == "From every call of the period"
    assert sentences.read_from(part_of_it, MONTH) == (
        "From the calls of the last 7 days, 14–20 November 2026"
    )


def test_names_are_text_and_never_markup() -> None:
    steps = [step("<script>alert(1)</script>", repeated="50", times=3)]

    told = sentences.story(half(100, typical="2"), half(9), steps, MONTH, "USD")

    assert "&lt;script&gt;" in told
    assert "<script" not in told
