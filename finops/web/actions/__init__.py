"""The Actions room: what people promised to do, by when, and what it saved."""

from __future__ import annotations

from django.urls import path

from finops.web.actions.changing import add, again, drop, edit, finish, move
from finops.web.actions.listing import action_list, exported

urlpatterns = [
    path("", action_list, name="actions"),
    path("actions.csv", exported, name="actions-csv"),
    path("add/", add, name="actions-add"),
    path("<int:pk>/", edit, name="action"),
    path("<int:pk>/done/", finish, name="action-done"),
    path("<int:pk>/drop/", drop, name="action-drop"),
    path("<int:pk>/move/", move, name="action-move"),
    path("<int:pk>/again/", again, name="action-again"),
]
