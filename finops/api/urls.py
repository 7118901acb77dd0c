"""The addresses below ``/api/``."""

from __future__ import annotations

from django.urls import path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from finops.api import allocation, budgets, caps, reconciliation, reviews, views

urlpatterns = [
    path("v1/costs/", views.CostsView.as_view(), name="api-costs"),
    path("v1/workflows/<value:workflow>/runs/", views.WorkflowRunsView.as_view(), name="api-runs"),
    path("v1/workflows/<value:workflow>/caps/", caps.WorkflowCapsView.as_view(), name="api-caps"),
    path("v1/runs/<opaque:url_id>/", views.RunView.as_view(), name="api-run"),
    path("v1/allocation/", allocation.AllocationView.as_view(), name="api-allocation"),
    path(
        "v1/reconciliation/",
        reconciliation.ReconciliationView.as_view(),
        name="api-reconciliation",
    ),
    path("v1/budgets/", budgets.BudgetsView.as_view(), name="api-budgets"),
    path("v1/budgets/<int:pk>/", budgets.BudgetView.as_view(), name="api-budget"),
    path("v1/calls/", views.CallsView.as_view(), name="api-calls"),
    path("v1/reviews/", reviews.ReviewsView.as_view(), name="api-reviews"),
    path(
        "v1/reviews/weekly/<slug:key>/",
        reviews.WeeklyReviewView.as_view(),
        name="api-review",
    ),
    path("v1/actions/", reviews.ActionsView.as_view(), name="api-actions"),
    path("v1/figures/<slug:name>/", views.FigureView.as_view(), name="api-figure"),
    path("schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path("docs/", SpectacularSwaggerSplitView.as_view(url_name="api-schema"), name="api-docs"),
]
