"""The Prices room: what models cost, from when, who said so, and pricing history again."""

from __future__ import annotations

from django.urls import include, path

from finops.web.prices.adding import add, decide, proposal, proposals, work_out
from finops.web.prices.again import HISTORY, again
from finops.web.prices.book import book, by_spend, model
from finops.web.prices.names import names, remove

urlpatterns = [
    path("", by_spend, name="prices"),
    path("book/", book, name="prices-book"),
    path("model/", model, name="prices-model"),
    path("add/", add, name="prices-add"),
    path("proposals/", proposals, name="prices-proposals"),
    path("proposals/<int:pk>/", proposal, name="prices-proposal"),
    path("proposals/<int:pk>/decide/", decide, name="prices-decide"),
    path("proposals/<int:pk>/effect/", work_out, name="prices-effect"),
    path("names/", names, name="prices-names"),
    path("names/<int:pk>/remove/", remove, name="prices-name-remove"),
    path("again/", again, name="prices-again"),
    path("again/", include(HISTORY.urls())),
]
