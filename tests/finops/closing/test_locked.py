"""A closed month against every way of changing it: refused, left out, or posted to the open one."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from finops.access.keys import create_key
from finops.allocation import drivers
from finops.allocation.running import publish
from finops.attribution.refusals import Refused
from finops.attribution.values import merge
from finops.bills import rates
from finops.bills.holding import publish_held
from finops.bills.rates import RateLine
from finops.budgets import editing, judgements
from finops.budgets.refusals import BudgetRefused
from finops.ledger.sources import source_named
from finops.models import (
    BillSnapshot,
    Budget,
    ExchangeRate,
    MonthClose,
    Organization,
    Revaluation,
    Source,
)
from finops.months.closed import MonthClosed
from finops.organization.clock import request_zone_change
from finops.organization.profile import describe
from finops.reconciliation import acting
from finops.reconciliation.computing import reconcile
from finops.revaluation.apply import run_revaluation
from finops.revaluation.plan import queue_revaluation, request_apply
from finops.revaluation.scope import Scope
from finops.revaluation.undo import undo_revaluation
from finops.rollups.refresh import refresh
from ingest.deletion import delete_import
from ingest.formats import format_named
from ingest.models import Import
from tests.conftest import client_of
from tests.finops.allocation.at_hand import pool
from tests.finops.bills.charges import charge, land
from tests.finops.budgets.drawn import line
from tests.finops.closing.at_hand import (
    NOVEMBER,
    NOW,
    OCTOBER,
    close_october,
    company,
    everything_of_october,
    october,
)
from tests.finops.ledger.usage import import_rows, read
from tests.finops.revaluation.history import Clock, rule

pytestmark = pytest.mark.usefixtures("ledger")

BY = {"by": "Ann", "now": NOW}
WHY = "Because we say so here"


@dataclass
class Company:
    """What the ways change; ``runs`` were applied before the month was closed."""

    usage: Import
    budget: Budget
    runs: dict[str, Revaluation] = field(default_factory=dict)

    @property
    def bill(self) -> BillSnapshot:
        """The bill in dollars."""
        return BillSnapshot.objects.get(billing_account_id="acme", status="current")


def run(part: str) -> Revaluation:
    """Apply today's rules to everything."""
    job = queue_revaluation(parts=[part], scope=Scope(), now=NOW, by="Ann")
    run_revaluation(job, clock=Clock())
    request_apply(job, by="Ann", now=NOW)
    return run_revaluation(job, clock=Clock())


@pytest.fixture
def closed() -> Company:
    """A company that closed its October."""
    job, drawn = company()
    with rule("team", "growth"):
        found = Company(job, drawn, {part: run(part) for part in ("attribution", "charges")})
    refresh()
    close_october()
    return found


# --- ways that are refused ------------------------------------------------------------------------


def undoing(part: str) -> Callable[[Company], object]:
    return lambda firm: undo_revaluation(firm.runs[part], reason=WHY, **BY)


def act(name: str, **more: Any) -> Callable[[Company], object]:
    return lambda firm: getattr(acting, name)("openai", OCTOBER, reason=WHY, **BY, **more)


def command(*words: str) -> Callable[[Company], object]:
    return lambda firm: call_command(*(word.format(firm.usage.pk) for word in words))


def held_bill(firm: Company) -> None:
    land(charge(billed_cost="1"))
    held = BillSnapshot.objects.get(status="held")
    publish_held(held.pk, reason=WHY, **BY)


def driver_sheet(firm: Company) -> None:
    found = drivers.plan("Seats", b"month,target,value\n2026-10,ml,5\n")
    assert not found.can_be_saved
    raise Refused(found.rows[0].error)


def draw(day: date, **fields: Any) -> Callable[[Company], object]:
    return lambda firm: editing.revise(
        firm.budget, lines=[line(5, 6)], effective_from=day, **BY, **fields
    )


def another_budget(firm: Company) -> None:
    editing.create(name="Weeks", scope={}, period="week", effective_from=date(2026, 10, 20), **BY)


def allocate_again(firm: Company) -> None:
    pool("Everything")  # so that the statement is another one than the one in force
    publish(OCTOBER, **BY)


REFUSED: dict[str, tuple[Callable[[Company], object], type[Exception]]] = {
    "deleting its usage import": (
        lambda firm: delete_import(firm.usage.pk, now=NOW, by="Ann"),
        MonthClosed,
    ),
    "deleting its usage import by command": (command("imports", "delete", "{}"), CommandError),
    "deleting its bill": (
        lambda firm: delete_import(firm.bill.import_id, now=NOW, by="Ann"),
        MonthClosed,
    ),
    "publishing a version of its bill": (held_bill, MonthClosed),
    "taking back a run over its calls": (undoing("attribution"), MonthClosed),
    "taking back a run over its charges": (undoing("charges"), MonthClosed),
    "publishing its shared cost": (allocate_again, MonthClosed),
    "publishing its shared cost by command": (
        command("allocate", "--period", "2026-10"),
        CommandError,
    ),
    "uploading a driver": (driver_sheet, Refused),
    "looking into a difference": (act("investigate"), MonthClosed),
    "accepting a difference": (act("accept", seen=""), MonthClosed),
    "giving a difference back": (act("give_back"), MonthClosed),
    "drawing its lines": (draw(date(2026, 10, 15)), BudgetRefused),
    "drawing lines from long before": (draw(date(2026, 1, 1)), BudgetRefused),
    "a new budget over its weeks": (another_budget, BudgetRefused),
    "drawing its lines by command": (
        command(
            *("budgets", "set", "October", "--yellow=1", "--red=9"), "--effective-from=2026-10-01"
        ),
        CommandError,
    ),
    "taking its lines back": (lambda firm: editing.undo(firm.budget, **BY), BudgetRefused),
    "stopping its budget": (
        lambda firm: editing.stop(firm.budget, from_day=OCTOBER, **BY),
        BudgetRefused,
    ),
    "another forecast of it": (
        lambda firm: judgements.override_forecast(
            firm.budget, OCTOBER, Decimal(9), reason=WHY, **BY
        ),
        BudgetRefused,
    ),
    "another time zone": (
        lambda firm: request_zone_change("Asia/Tokyo", reason=WHY, **BY),
        ValueError,
    ),
    "another currency": (
        lambda firm: describe(name="", fiscal_year_start_month=1, currency="EUR"),
        ValueError,
    ),
}


def test_it_refuses(closed: Company, subtests: pytest.Subtests) -> None:
    before = everything_of_october()

    for way, (attempt, refusal) in REFUSED.items():
        with subtests.test(way):
            with pytest.raises(refusal, match="closed"):
                attempt(closed)
            refresh()
            assert everything_of_october() == before


# --- ways that go on without it -------------------------------------------------------------------


def late_calls(firm: Company) -> None:
    import_rows(october(id="late", team="ml"), source="service")


def pushed_calls(firm: Company) -> None:
    _, token = create_key(name="push", source=source_named("service"), scope="write")
    answer = Client().post(
        "/api/v1/calls/",
        json.dumps([october(id="pushed")]),
        content_type="application/json",
        headers={"Authorization": f"Bearer {token}"},
    )
    assert answer.status_code == 202


def better_telling(firm: Company) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(format_named("costline"), "keep", "largest_output")
        import_rows(october(id="1", team="ml", output_tokens=9000), source="service")


def restated_bill(firm: Company) -> None:
    land(*[charge(billed_cost="99")] * 5)


def other_rates(firm: Company) -> None:
    rates.set_rates([RateLine("EUR", OCTOBER, Decimal(2))], **BY)


def no_rates(firm: Company) -> None:
    rates.remove_rate(ExchangeRate.objects.get().pk)


def other_rules(firm: Company) -> None:
    with rule("team", "search"):
        run("attribution")
        run("charges")


def merged_names(firm: Company) -> None:
    merge("team", "ml", into="growth")


WITHOUT_IT: dict[str, Callable[[Company], object]] = {
    "calls that arrive late": late_calls,
    "calls that are pushed late": pushed_calls,
    "a better telling of its call": better_telling,
    "a version of its bill": restated_bill,
    "another exchange rate": other_rates,
    "no exchange rate": no_rates,
    "rules that decide again": other_rules,
    "names that are merged": merged_names,
    "comparing again": lambda firm: reconcile(OCTOBER, now=NOW),
    "lines of the running month": draw(NOVEMBER),
}


def test_it_stays_as_it_is(closed: Company, subtests: pytest.Subtests) -> None:
    before = everything_of_october()

    for way, attempt in WITHOUT_IT.items():
        with subtests.test(way):
            attempt(closed)
            refresh()
            assert everything_of_october() == before


def posted() -> dict[str, str]:
    return dict(read("SELECT call_ref, to_char(accounting_month, 'YYYY-MM') FROM calls"))


def test_late_calls_are_posted_to_the_open_month(closed: Company) -> None:
    late_calls(closed)

    assert posted() == {"1": "2026-10", "2": "2026-10", "late": "2026-11"}


def test_they_skip_every_closed_month(closed: Company) -> None:
    MonthClose.objects.create(month=NOVEMBER)

    late_calls(closed)

    assert posted()["late"] == "2026-12"


def test_late_ones_can_be_deleted_again(closed: Company) -> None:
    job = import_rows(october(id="late"), source="service")

    assert delete_import(job.pk, now=NOW, by="Ann").removed == 1


def test_a_better_telling_stays_on_record(closed: Company) -> None:
    better_telling(closed)

    assert read("SELECT version->>'output_tokens' FROM call_evidence") == [("9000",)]


def test_what_was_mere_evidence_is_counted_by_the_meter_in_the_open_month() -> None:
    Source.objects.create(name="provider", role=Source.EVIDENCE)
    import_rows(october(id="a", response_id="r"), source="provider")
    import_rows(october(id="b"), source="service")
    close_october()

    import_rows(october(id="c", response_id="r"), source="service")

    told = read(
        "SELECT name, to_char(accounting_month, 'YYYY-MM') FROM calls"
        " JOIN finops_source AS source ON source.id = source_id ORDER BY call_ref"
    )
    assert told == [("service", "2026-10"), ("service", "2026-11")]


def test_a_bill_that_comes_late_is_posted_to_the_open_month(closed: Company) -> None:
    (bill,) = land(charge(billing_account_id="late"))

    assert (bill.status, bill.accounting_month) == ("current", NOVEMBER)


def test_the_api_refuses_lines_in_it(closed: Company) -> None:
    answer = client_of("finance").patch(
        f"/api/v1/budgets/{closed.budget.pk}/",
        json.dumps({"yellow": "1", "red": "9", "effective_from": "2026-10-01"}),
        content_type="application/json",
    )

    assert answer.status_code in {400, 422}
    assert "October 2026 is closed" in answer.content.decode()


def test_a_quarter_that_still_runs_takes_lines(closed: Company) -> None:
    made = editing.create(name="Quarter", scope={}, period="quarter", lines=[line(1, 2)], **BY)

    assert made.revision is not None
    assert made.revision.effective_from == OCTOBER


def test_the_organisation_is_as_it_was(closed: Company) -> None:
    describe(name="Acme", fiscal_year_start_month=4, currency="USD")

    assert Organization.current().name == "Acme"
