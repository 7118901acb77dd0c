"""Addresses in messages: those of the contract, written out.

A worker that tells people needs no page for it, and a mail outlives many versions.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

from django.conf import settings

from finops.converters import ValueConverter

#: Stands for a recipient's own link until the moment of sending, so that nobody who reads the
#: outbox can acknowledge in somebody else's name.
OWN_LINK: Final = "[[acknowledge]]"


def absolute(path: str) -> str:
    """Give the whole address of a page."""
    return f"{settings.COSTLINE_URL}{path}"


def within(url: str) -> str:
    """Give the path of a whole address of ours, for pages: people may come by another name."""
    return url.removeprefix(settings.COSTLINE_URL)


def budget_page(budget: int) -> str:
    """Give the address of a budget."""
    return absolute(f"/budgets/{budget}/")


def run_page(url_id: str) -> str:
    """Give the address of a run."""
    return absolute(f"/runs/{url_id}/")


def workflow_page(workflow: str) -> str:
    """Give the address of a workflow, whatever its name holds."""
    return absolute(f"/workflows/{quote(ValueConverter().to_url(workflow))}/")


def alert_page(alert: int) -> str:
    """Give the address of an alert."""
    return absolute(f"/alerts/{alert}/")


def acknowledge_page(token: str) -> str:
    """Give the address at which a signed link acknowledges."""
    return absolute(f"/alerts/acknowledge/{token}/")
