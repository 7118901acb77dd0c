"""What people type into the Prices room, and what a worker does meanwhile."""

from __future__ import annotations

import re
from typing import Any

from django.test import Client

from finops.models import PriceProposal
from finops.tasks import take_up_revaluations

HOSTILE = (
    "<script>alert(1)</script>",
    "=cmd|' /C calc'!A0",
    "\N{RIGHT-TO-LEFT OVERRIDE}gnp.exe",
    "😀 agent",
    "a/b?c=d&e#f",
    "x" * 500,
    "'; DROP TABLE finops_price; --",
)


def typed(**fields: str) -> dict[str, str]:
    """A whole form for a price: $2.00 in, $8.00 out."""
    return {
        "provider": "acme",
        "model": "house-7b",
        "since": "2026-11-01",
        "input_tokens": "2.00",
        "output_tokens": "8.00",
        "processing": "standard",
        "reason": "contract 17",
    } | fields


def propose(client: Client, **fields: str) -> PriceProposal:
    """Send the form; it is accepted."""
    answer = client.post("/prices/add/", typed(**fields))
    assert answer.status_code == 302, errors(answer)
    return PriceProposal.objects.latest("pk")


def decide(
    client: Client, proposal: PriceProposal, decision: str = "approve", **fields: str
) -> Any:
    """Press a button of the proposal's page, as it stands there now."""
    page = client.get(f"/prices/proposals/{proposal.pk}/").content.decode()
    seen = re.search(r'name="seen" value="(\d+)"', page)
    said = {"decision": decision, "seen": seen[1] if seen else ""} | fields
    return client.post(f"/prices/proposals/{proposal.pk}/decide/", said, follow=True)


def work() -> int:
    """Do what a woken worker does; gives how many runs it took up."""
    done: int = take_up_revaluations()
    return done


def text(answer: Any) -> str:
    """The words of a page, without markup and in one line."""
    words = re.sub(r"<[^>]+>", " ", answer.content.decode())
    return " ".join(words.split())


def errors(answer: Any) -> list[str]:
    """What the error summary says."""
    summary = re.search(r'class="error-summary".*?</div>', answer.content.decode(), re.DOTALL)
    return (
        re.findall(r"<a [^>]*>(.*?)</a>|<li>([^<]+)</li>", summary[0], re.DOTALL) if summary else []
    )
