"""The demo company, small, and where its pages are."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from finops.models import (
    AttributionRule,
    BillSnapshot,
    Budget,
    CostPool,
    DimensionValue,
    Person,
    Reconciliation,
    Review,
    Source,
)
from finops.reviews.preparing import start
from finops.rollups.runs import run_detail, runs_of
from ingest.demo.demo import load, remove
from ingest.models import Import
from tests.finops.reconciliation.bills_and_calls import compared_with_lines

#: Enough that every page has something to show.
CALLS = 12_000
AGENT = "contract-review-agent"


def load_small_company() -> None:
    """Bring the demo company in, through the real import path."""
    load(now=datetime.now(UTC), say=lambda _: None, calls=CALLS)


def forget_small_company() -> None:
    """Take it away again, rules and prices as well."""
    remove(now=datetime.now(UTC), say=lambda _: None)


def a_run() -> str:
    """Give the address of the agent's dearest run."""
    return f"/runs/{runs_of(AGENT)[0].url_id}/"


def a_step() -> int:
    """Give the number of the first call of that run."""
    detail = run_detail(UUID(runs_of(AGENT)[0].url_id))
    assert detail is not None
    return detail.calls[0].call


def a_team() -> str:
    """Name a team that somebody has described."""
    return DimensionValue.objects.filter(dimension="team")[0].value


def a_budget() -> int:
    """Give the number of the agent's budget."""
    return Budget.objects.filter(scope={"workflow": AGENT})[0].pk


def a_pool() -> int:
    """Give the number of a pool of shared cost."""
    return CostPool.objects.filter(stopped_from=None)[0].pk


def a_review(state: str) -> str:
    """Give the address of the latest weekly review that is open, or closed; made when need be."""
    if state == Review.OPEN:
        start(by=Person.objects.filter(is_active=True)[0], now=datetime.now(UTC))
    review = Review.objects.filter(state=state)[0]
    return f"/reviews/weekly/{review.key}/"


def a_comparison() -> int:
    """Give the number of a month whose bill is compared; made when there is none."""
    found = Reconciliation.objects.exclude(billed=None).first()
    return (found or compared_with_lines(provider="anthropic")).pk


#: Every page of the product, by name. Callables are asked once there is data.
ADDRESSES = {
    "overview": "/",
    "overview, 30 days, a team": "/?period=30d&team=legal",
    "workflows": "/workflows/",
    "workflow": f"/workflows/{AGENT}/",
    "caps of a workflow": f"/workflows/{AGENT}/caps/",
    "unallocated": "/workflows/unallocated/",
    "run": a_run,
    "run by time": lambda: f"{a_run()}?by=time",
    "step": lambda: f"{a_run()}?step={a_step()}",
    "runs with failed calls": f"/workflows/{AGENT}/?period=30d&runs=failed",
    "costs": "/costs/",
    "costs by team and model": "/costs/?by=team,model",
    "costs by day": "/costs/?by=feature&grain=day&period=30d",
    "reviews": "/reviews/",
    "actions": "/actions/?state=all",
    "add an action": "/actions/add/",
    "bills": "/bills/",
    "charges": "/bills/charges/",
    "version of a bill": lambda: f"/bills/snapshots/{BillSnapshot.objects.latest('pk').pk}/",
    "what is AI": "/bills/kinds/",
    "add a rule of what is AI": "/bills/kinds/add/?service_name=Farm",
    "costs as billed": "/costs/?basis=billed&by=provider",
    "shared cost": "/bills/shared/",
    "dry run of shared cost": "/bills/shared/?dry=1",
    "a team's statement": "/bills/shared/target/?target=customer-support",
    "pool": lambda: f"/bills/shared/pools/{a_pool()}/",
    "add a pool": "/bills/shared/pools/add/",
    "change a pool": lambda: f"/bills/shared/pools/{a_pool()}/change/",
    "drivers of shared cost": "/bills/shared/drivers/",
    "month close": "/bills/close/",
    "reconciliation": "/bills/reconciliation/?until=2026-10",
    "a month reconciled": lambda: f"/bills/reconciliation/{a_comparison()}/",
    "a month reconciled, by day": lambda: f"/bills/reconciliation/{a_comparison()}/?by=day",
    "tolerances of bills": "/bills/reconciliation/tolerances/",
    "budgets": "/budgets/",
    "red budgets of a team": "/budgets/?status=red&team=legal-operations",
    "budget": lambda: f"/budgets/{a_budget()}/",
    "how wrong forecasts were": lambda: f"/budgets/{a_budget()}/accuracy/",
    "edit a budget": lambda: f"/budgets/{a_budget()}/edit/",
    "new budget": f"/budgets/new/?workflow={AGENT}",
    "raise budgets": lambda: f"/budgets/bulk/?budget={a_budget()}",
    "upload budgets": "/budgets/upload/",
    "alerts": "/alerts/",
    "alert settings": "/alerts/settings/",
    "add an endpoint": "/alerts/settings/endpoints/add/",
    **{
        f"open review, screen {screen}": lambda screen=screen: (
            f"{a_review(Review.OPEN)}?screen={screen}"
        )
        for screen in range(1, 7)
    },
    **{
        f"closed review, screen {screen}": lambda screen=screen: (
            f"{a_review(Review.CLOSED)}?screen={screen}"
        )
        for screen in range(1, 7)
    },
    "projected review": lambda: f"{a_review(Review.OPEN)}?screen=3&present=1",
    "data": "/data/",
    "imports": "/data/imports/",
    "import": lambda: f"/data/imports/{Import.objects.latest('pk').pk}/",
    "delete import": lambda: f"/data/imports/{Import.objects.latest('pk').pk}/delete/",
    "upload": "/data/upload/",
    "sources": "/data/sources/",
    "add source": "/data/sources/add/",
    "source": lambda: f"/data/sources/{Source.objects.latest('pk').pk}/",
    "unpriced": "/data/unpriced/",
    "rejects": "/data/rejects/",
    "nobody's calls": "/unallocated/",
    "nobody's charges": "/unallocated/?basis=billed&grain=week&period=90d",
    "rules": "/attribution/",
    "add rule": "/attribution/add/",
    "rule": lambda: f"/attribution/rules/{AttributionRule.objects.latest('pk').pk}/",
    "attribute again": "/attribution/again/",
    "names": "/attribution/values/",
    "teams": "/attribution/values/?dimension=team",
    "team": lambda: f"/attribution/values/team/?value={a_team()}",
    "merge a team": lambda: f"/attribution/values/team/merge/?value={a_team()}",
    "prices": "/prices/",
    "price book": "/prices/book/",
    "price of a model": "/prices/model/?provider=anthropic&model=claude-opus-4-5",
    "add a price": "/prices/add/?provider=acme&model=own-model",
    "proposals": "/prices/proposals/",
    "names of models": "/prices/names/",
    "price again": "/prices/again/",
    "settings": "/settings/",
    "people": "/settings/people/",
    "keys": "/settings/keys/",
    "organization": "/settings/organization/",
    "changes": "/settings/changes/",
    "start": "/start/",
    "style guide": "/styleguide/",
}


def address_of(name: str) -> str:
    """Give a page's address."""
    address = ADDRESSES[name]
    return address if isinstance(address, str) else address()
