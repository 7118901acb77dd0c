"""The Runs room: one run, step by step, and what each call of it did."""

from __future__ import annotations

from django.urls import path

from finops.web.runs.page import run_page

urlpatterns = [path("<opaque:url_id>/", run_page, name="run")]
