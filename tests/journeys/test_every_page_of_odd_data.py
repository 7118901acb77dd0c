"""Every page over ledgers that nobody would show: empty, one call, two years, hostile names."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client

from finops.models import Person, Source
from finops.models.dimensions import NAMED_DIMENSIONS
from finops.reviews.preparing import start
from finops.rollups.runs import runs_of
from ingest.models import Import
from tests.finops.ledger.usage import call, import_rows

pytestmark = [pytest.mark.usefixtures("ledger"), pytest.mark.journey]

SCRIPT = "<script>alert(1)</script>"
HOSTILE = {
    "script": f"{SCRIPT}\"'><img src=x onerror=alert(1)>",
    "formula": "=cmd|' /C calc'!A0",
    "right to left": "\N{RIGHT-TO-LEFT OVERRIDE}desrever\N{LEFT-TO-RIGHT MARK} & co",
    "long": "x" * 500,
    "emoji": "🦀🧾 \N{WOMAN}\N{ZERO WIDTH JOINER}\N{PERSONAL COMPUTER}",
    "address": "a/b/../c?d=e&f=%2F#g",
    "template": "{{ 7|add:7 }}{% debug %}",
}
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@pytest.fixture
def client(ledger: None, signed_in: Callable[[str], Client]) -> Client:
    return signed_in("admin")


def pages(workflow: str = "agent", run: str | None = None) -> Iterator[str]:
    """Every page that shows what calls say."""
    yield from ("/", "/?period=7d", "/?period=90d&against=year", "/workflows/", "/costs/")
    yield from ("/costs/?by=team,model", "/costs/?by=feature&grain=day", "/costs/?grain=month")
    yield from ("/reviews/", "/actions/", "/actions/?state=all", "/actions/add/")
    yield from (f"{weekly_review()}?screen={screen}" for screen in range(1, 7))
    yield from ("/data/", "/data/imports/", "/data/sources/", "/data/unpriced/", "/data/rejects/")
    yield from ("/attribution/", "/attribution/add/", "/attribution/again/")
    yield from (f"/unallocated/?dimension={name}" for name in ("team", "customer"))
    yield from (f"/attribution/values/?dimension={name}" for name in NAMED_DIMENSIONS)
    yield from ("/prices/", "/prices/names/", "/prices/again/", "/prices/proposals/")
    yield from ("/budgets/", f"/budgets/new/?workflow={quote(workflow)}", "/budgets/upload/")
    yield f"/budgets/preview/?scope_dimension_0=workflow&scope_value_0={quote(workflow)}"
    yield "/budgets/values/?dimension=workflow"
    yield from ("/alerts/", "/alerts/settings/", "/alerts/settings/endpoints/add/")
    yield from ("/bills/", "/bills/charges/", "/bills/charges/?show=lines", "/bills/snapshots/")
    yield from ("/bills/rates/", f"/bills/charges/?team={quote(workflow)}&by=service")
    yield from ("/bills/kinds/", "/costs/?basis=billed&by=team", "/costs/?basis=effective&by=user")
    yield "/bills/close/"
    yield from ("/bills/shared/", "/bills/shared/?by=workflow&dry=1", "/bills/shared/drivers/")
    yield from ("/settings/", "/settings/people/", "/settings/changes/", "/start/")
    yield f"/workflows/{quote(workflow, safe='')}/"
    yield f"/workflows/{quote(workflow, safe='')}/caps/"
    yield from (f"/?{name}={quote(workflow)}" for name in ("team", "workflow", "model"))
    yield f"/attribution/values/workflow/?value={quote(workflow)}"
    yield from (f"/data/imports/{job.pk}/" for job in Import.objects.all()[:1])
    yield from (f"/data/sources/{source.pk}/" for source in Source.objects.all()[:1])
    if run:
        yield from (f"/runs/{run}/", f"/runs/{run}/?by=time")


def weekly_review() -> str:
    """The address of the review that a meeting holds now."""
    review = start(by=Person.objects.all()[0], now=datetime.now(UTC))
    return f"/reviews/weekly/{review.key}/"


def exports() -> Iterator[str]:
    """Everything that leaves as CSV."""
    yield from (f"/costs/costs.csv?by={name}" for name in ("team", "workflow,step", "source"))
    yield "/api/v1/costs/?by=feature,customer&format=csv"
    yield "/api/v1/figures/costs/?by=team&format=csv"
    yield "/settings/changes/?format=csv"
    yield "/actions/actions.csv?state=all"


def walk(client: Client, addresses: Iterator[str]) -> dict[str, str]:
    """Open every page; each must answer."""
    answers = {address: client.get(address) for address in addresses}
    broken = {at: answer.status_code for at, answer in answers.items() if answer.status_code != 200}
    assert not broken
    return {address: _body(answer) for address, answer in answers.items()}


def _body(answer: Any) -> str:
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return str(body.decode())


def test_no_data_at_all(client: Client) -> None:
    addresses = (page for page in pages() if "agent" not in page)

    assert "No spend yet" in walk(client, addresses)["/"]


def test_one_call(client: Client) -> None:
    import_rows(call(time=datetime.now(UTC).isoformat(), workflow="agent", run="r", step="s"))

    shown = walk(client, pages("agent", runs_of("agent")[0].url_id))
    assert "$0.0075" in shown["/"]


def test_one_day(client: Client) -> None:
    begin = datetime.now(UTC) - timedelta(hours=20)
    import_rows(
        *(
            call(time=(begin + timedelta(minutes=n)).isoformat(), workflow="agent", run=f"r{n % 5}")
            for n in range(60)
        )
    )

    assert walk(client, pages("agent", runs_of("agent")[0].url_id))


def test_two_years(client: Client) -> None:
    today = datetime.now(UTC)
    import_rows(
        *(
            call(
                time=(today - timedelta(days=n)).isoformat(),
                workflow="agent" if n % 2 else "other",
                team=f"team {n % 4}",
                run=f"r{n // 7}",
            )
            for n in range(0, 730, 3)
        )
    )

    shown = walk(client, pages("agent", runs_of("agent")[0].url_id))
    assert f"{today - timedelta(days=60):%B %Y}" in shown["/"]


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_names_stay_words(client: Client, kind: str) -> None:
    name = HOSTILE[kind]
    job = import_rows(
        *(
            call(
                time=(datetime.now(UTC) - timedelta(days=n)).isoformat(),
                **dict.fromkeys(("feature", "team", "customer", "workflow", "user"), name),
                environment=name,
                run=name,
                step=name,
                model=model,
                error=name,
                tags={"job": name},
                status="error" if n % 2 else "ok",
            )
            for n in range(4)
            for model in ("gpt-4o", name)
        ),
        source=name[:200],
    )
    assert job.rejected == 0

    for address, page in walk(client, pages(name, runs_of(name)[0].url_id)).items():
        assert SCRIPT not in page, address
        assert "onerror=alert(1)>" not in page.replace("&gt;", ""), address
    for address, page in walk(client, exports()).items():
        for row in csv.reader(io.StringIO(page)):
            assert not [cell for cell in row if _runs(cell)], address


def _runs(cell: str) -> bool:
    """Say whether a spreadsheet would run the cell; a plain number is none."""
    return cell.startswith(FORMULA_STARTS) and not cell[1:2].isdigit()
