"""The navigation: one entry for each room, in the order in which they are shown."""

from __future__ import annotations

from typing import Final, NamedTuple

from finops.access.rights import Right


class Page(NamedTuple):
    """An entry: the route's name, what it is called, its icon, its group, and who may see it.

    ``also`` is the begin of other addresses that belong to the room.
    """

    route: str
    label: str
    icon: str
    group: str = ""
    right: Right = Right.SEE
    also: str = ""


PAGES: Final = (
    Page("overview", "Overview", "home"),
    Page("workflows", "Workflows", "flow", also="/runs/"),
    Page("costs", "Costs", "margin"),
    Page("unallocated", "Unallocated", "unowned"),
    Page("bills", "Bills", "bill"),
    Page("budgets", "Budgets", "budget"),
    Page("alerts", "Alerts", "alert"),
    Page("reviews", "Reviews", "review"),
    Page("actions", "Actions", "action"),
    Page("data", "Data", "data", "Setup"),
    Page("prices", "Prices", "price", "Setup"),
    Page("rules", "Rules", "rules", "Setup"),
    Page("values", "Names and owners", "names", "Setup"),
    Page("settings", "Settings", "gear", "Setup"),
)
