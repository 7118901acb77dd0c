"""Month close: months and their checklist, closing and reopening, the figures that were kept."""

from __future__ import annotations

from django.urls import path

from finops.web.bills.close import kept, months

urlpatterns = [
    path("close/", months.months, name="bills-close"),
    path("close/close/", months.closing, name="bills-close-month"),
    path("close/late.csv", months.late_sheet, name="bills-late-csv"),
    path("close/<int:pk>/", kept.kept, name="bills-closed"),
    path("close/<int:pk>/figures.csv", kept.sheet, name="bills-closed-csv"),
    path("close/<int:pk>/reopen/", kept.reopening, name="bills-reopen"),
]
