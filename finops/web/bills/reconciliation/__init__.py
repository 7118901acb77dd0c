"""Reconciliation: bills against calls, months beside each other, and one month whole."""

from __future__ import annotations

from django.urls import path

from finops.web.bills.reconciliation import acts, months, one, tolerances

urlpatterns = [
    path("reconciliation/", months.months, name="bills-reconciliation"),
    path("reconciliation/again/", acts.again, name="bills-reconciliation-again"),
    path("reconciliation/tolerances/", tolerances.tolerances, name="bills-tolerances"),
    path("reconciliation/<int:pk>/", one.one, name="bills-reconciled"),
    path("reconciliation/<int:pk>/lines.csv", one.download, name="bills-reconciled-csv"),
    path("reconciliation/<int:pk>/investigate/", acts.investigate, name="bills-investigate"),
    path("reconciliation/<int:pk>/accept/", acts.accept, name="bills-accept"),
    path("reconciliation/<int:pk>/give-back/", acts.give_back, name="bills-give-back"),
    path("reconciliation/<int:pk>/price/", acts.propose_price, name="bills-propose-price"),
]
