"""The Costs room: any dimensions, any grain, as chart, table, CSV, and the same by API."""

from __future__ import annotations

from django.urls import path

from finops.web.costs.download import download
from finops.web.costs.explorer import explorer

urlpatterns = [
    path("", explorer, name="costs"),
    path("costs.csv", download, name="costs-csv"),
]
