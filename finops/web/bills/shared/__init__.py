"""Shared cost: a month's statement and its dry run, pools and their splits, uploaded drivers."""

from __future__ import annotations

from django.urls import path

from finops.web.bills.shared.drivers import driver_sheet, drivers
from finops.web.bills.shared.month import publishing, shared, statement_sheet
from finops.web.bills.shared.one_pool import adding, changing, one, stopping
from finops.web.bills.shared.statements import of_target, version

urlpatterns = [
    path("shared/", shared, name="bills-shared"),
    path("shared/publish/", publishing, name="bills-shared-publish"),
    path("shared/statement.csv", statement_sheet, name="bills-shared-csv"),
    path("shared/target/", of_target, name="bills-shared-target"),
    path("shared/versions/<int:pk>/", version, name="bills-shared-version"),
    path("shared/pools/add/", adding, name="pool-add"),
    path("shared/pools/<int:pk>/", one, name="pool"),
    path("shared/pools/<int:pk>/change/", changing, name="pool-change"),
    path("shared/pools/<int:pk>/stop/", stopping, name="pool-stop"),
    path("shared/drivers/", drivers, name="drivers"),
    path("shared/drivers/driver.csv", driver_sheet, name="driver-csv"),
]
