"""Addresses in messages: whole ones, and one that is filled in at the moment of sending."""

from __future__ import annotations

from typing import Final

from django.conf import settings
from django.urls import reverse

#: Stands for a recipient's own link until the moment of sending, so that nobody who reads the
#: outbox can acknowledge in somebody else's name.
OWN_LINK: Final = "[[acknowledge]]"


def absolute(path: str) -> str:
    """Give the whole address of a page."""
    return f"{settings.COSTLINE_URL}{path}"


def budget_page(budget: int) -> str:
    """Give the address of a budget."""
    return absolute(f"/budgets/{budget}/")


def run_page(url_id: str) -> str:
    """Give the address of a run."""
    return absolute(reverse("run", args=[url_id]))


def workflow_page(workflow: str) -> str:
    """Give the address of a workflow."""
    return absolute(reverse("workflow", args=[workflow]))


def alert_page(alert: int) -> str:
    """Give the address of an alert."""
    return absolute(reverse("alert", args=[alert]))


def acknowledge_page(token: str) -> str:
    """Give the address at which a signed link acknowledges."""
    return absolute(reverse("alert-acknowledge", args=[token]))
