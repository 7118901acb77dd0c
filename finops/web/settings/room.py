"""What the pages of the settings share: their tabs, one for each that the person may open."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from finops.access.rights import Right, may


class Tab(NamedTuple):
    """A page of the settings: its route, its name, and who may open it."""

    route: str
    label: str
    right: Right


TABS: Final = (
    Tab("settings", "Your settings", Right.SEE),
    Tab("settings-people", "People", Right.ADMINISTER),
    Tab("settings-keys", "API keys", Right.CONNECT),
    Tab("settings-organization", "Organisation", Right.ADMINISTER),
    Tab("settings-changes", "Change log", Right.SET_MONEY),
)


def show(
    request: HttpRequest, tab: str, template: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """Render a page of the settings below its tabs."""
    tabs = [entry for entry in TABS if may(request.user, entry.right)]
    around = {"tabs": tabs if len(tabs) > 1 else [], "tab": tab}
    return render(request, f"pages/settings/{template}.html", around | context, status=status)
