"""Who spent it: the rules that decide, history attributed again, and names and owners."""

from __future__ import annotations

from django.urls import include, path

from finops.web.attribution.again import CHARGES_HISTORY, HISTORY, again
from finops.web.attribution.ordering import move, remove
from finops.web.attribution.rules import add, change, listed
from finops.web.attribution.values import archiving, merging, one, unmerging, values

urlpatterns = [
    path("", listed, name="rules"),
    path("add/", add, name="rule-add"),
    path("rules/<int:pk>/", change, name="rule"),
    path("rules/<int:pk>/move/", move, name="rule-move"),
    path("rules/<int:pk>/remove/", remove, name="rule-remove"),
    path("again/", again, name="attribution-again"),
    path("again/", include(HISTORY.urls())),
    path("again/charges/", include(CHARGES_HISTORY.urls())),
    path("values/", values, name="values"),
    path("values/<str:dimension>/", one, name="value"),
    path("values/<str:dimension>/archive/", archiving, name="value-archive"),
    path("values/<str:dimension>/merge/", merging, name="value-merge"),
    path("values/<str:dimension>/unmerge/", unmerging, name="value-unmerge"),
]
