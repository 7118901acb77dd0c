"""The Workflows room: where the money goes, and why one of them costs what it costs."""

from __future__ import annotations

from django.urls import path

from finops.web.caps.page import caps_page
from finops.web.workflows.detail import workflow_page
from finops.web.workflows.listing import workflows_page

urlpatterns = [
    path("", workflows_page, name="workflows"),
    path("<value:workflow>/caps/", caps_page, name="workflow-caps"),
    path("<value:workflow>/", workflow_page, name="workflow"),
]
