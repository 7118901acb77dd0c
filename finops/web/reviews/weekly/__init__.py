"""Addresses of the weekly review."""

from __future__ import annotations

from django.urls import path

from finops.web.reviews.weekly import changes, promises
from finops.web.reviews.weekly.page import document, live, weekly

urlpatterns = [
    path("<slug:key>/", weekly, name="weekly"),
    path("<slug:key>/live/", live, name="weekly-live"),
    path("<slug:key>/document.json", document, name="weekly-document"),
    path("<slug:key>/decide/", changes.decide, name="weekly-decide"),
    path("<slug:key>/say/", changes.say, name="weekly-say"),
    path("<slug:key>/assign/", changes.assign, name="weekly-assign"),
    path("<slug:key>/note/", changes.note, name="weekly-note"),
    path("<slug:key>/promise/", promises.promise, name="weekly-promise"),
    path("<slug:key>/actions/<int:pk>/", promises.act, name="weekly-act"),
    path("<slug:key>/confirm/", changes.confirm, name="weekly-confirm"),
    path("<slug:key>/attend/", changes.attend, name="weekly-attend"),
    path("<slug:key>/close/", changes.close, name="weekly-close"),
    path("<slug:key>/reopen/", changes.reopen, name="weekly-reopen"),
    path("<slug:key>/add-note/", changes.add_note, name="weekly-add-note"),
]
