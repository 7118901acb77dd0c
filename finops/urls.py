"""Addresses of the product; pages and API name theirs themselves."""

from __future__ import annotations

from django.urls import include, path

from finops.web.frame import choose_theme
from finops.web.health import healthz, readyz
from finops.web.overview import overview_page
from finops.web.styleguide import styleguide

urlpatterns = [
    path("", overview_page, name="overview"),
    path("theme/", choose_theme, name="theme"),
    path("styleguide/", styleguide, name="styleguide"),
    path("api/", include("finops.api.urls")),
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
]

handler404 = "finops.web.frame.not_found"
handler500 = "finops.web.frame.broken"
