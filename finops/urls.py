"""Addresses of the product; pages and API name theirs themselves."""

from __future__ import annotations

from django.urls import include, path

from finops.web.health import healthz, readyz
from finops.web.start import start

urlpatterns = [
    path("", start, name="start"),
    path("api/", include("finops.api.urls")),
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
]
