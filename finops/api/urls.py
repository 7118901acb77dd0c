"""The addresses below ``/api/``."""

from __future__ import annotations

from django.urls import path, register_converter
from django.urls.converters import UUIDConverter
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from finops.api import views


class PlainUUIDConverter(UUIDConverter):
    """Opaque ids travel as 32 hexadecimal digits; dashes are understood."""

    regex = "[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"


register_converter(PlainUUIDConverter, "opaque")

urlpatterns = [
    path("v1/costs/", views.CostsView.as_view(), name="api-costs"),
    path("v1/workflows/<path:workflow>/runs/", views.WorkflowRunsView.as_view(), name="api-runs"),
    path("v1/runs/<opaque:url_id>/", views.RunView.as_view(), name="api-run"),
    path("v1/calls/", views.CallsView.as_view(), name="api-calls"),
    path("schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path("docs/", SpectacularSwaggerSplitView.as_view(url_name="api-schema"), name="api-docs"),
]
