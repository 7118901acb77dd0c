"""The Bills room: what providers charged, its lines, its versions, and what is made of them.

Each module below brings the ``urlpatterns`` of its own pages.
"""

from __future__ import annotations

from typing import Final

from django.urls import URLPattern, URLResolver, include, path

_MODULES: Final = (
    "finops.web.bills.bills",
    "finops.web.bills.reconciliation",
    "finops.web.bills.charges",
    "finops.web.bills.kinds",
    "finops.web.bills.snapshots",
    "finops.web.bills.rates",
    "finops.web.bills.shared",
    "finops.web.bills.close",
)

urlpatterns: list[URLPattern | URLResolver] = [path("", include(module)) for module in _MODULES]
