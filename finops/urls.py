"""Addresses of the product; pages and API name theirs themselves."""

from __future__ import annotations

from django.urls import include, path

from finops.web.frame import choose_theme
from finops.web.health import healthz, readyz
from finops.web.overview import overview_page
from finops.web.styleguide import styleguide

urlpatterns = [
    path("", overview_page, name="overview"),
    path("", include("finops.web.sign_in")),
    path("", include("finops.web.start")),
    path("costs/", include("finops.web.costs")),
    path("bills/", include("finops.web.bills")),
    path("unallocated/", include("finops.web.unallocated")),
    path("workflows/", include("finops.web.workflows")),
    path("runs/", include("finops.web.runs")),
    path("budgets/", include("finops.web.budgets")),
    path("alerts/", include("finops.web.alerts")),
    path("settings/", include("finops.web.settings")),
    path("theme/", choose_theme, name="theme"),
    path("styleguide/", styleguide, name="styleguide"),
    path("data/", include("finops.web.data")),
    path("prices/", include("finops.web.prices")),
    path("reviews/", include("finops.web.reviews")),
    path("actions/", include("finops.web.actions")),
    path("attribution/", include("finops.web.attribution")),
    path("api/", include("finops.api.urls")),
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
]

handler400 = "finops.web.frame.bad_request"
handler404 = "finops.web.frame.not_found"
handler500 = "finops.web.frame.broken"
