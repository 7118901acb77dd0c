"""The Budgets room: which lines are crossed or about to be, who drew them, and drawing others."""

from __future__ import annotations

from django.urls import path

from finops.web.budgets import acts
from finops.web.budgets.bulk import bulk_change
from finops.web.budgets.detail import accuracy, budget
from finops.web.budgets.edit import edit
from finops.web.budgets.listing import budgets
from finops.web.budgets.new import new, preview
from finops.web.budgets.sheets import budgets_csv, template_csv, upload
from finops.web.budgets.values import values

urlpatterns = [
    path("", budgets, name="budgets"),
    path("new/", new, name="budget-new"),
    path("preview/", preview, name="budget-preview"),
    path("values/", values, name="budget-values"),
    path("bulk/", bulk_change, name="budgets-bulk"),
    path("upload/", upload, name="budgets-upload"),
    path("budgets.csv", budgets_csv, name="budgets-csv"),
    path("template.csv", template_csv, name="budgets-template"),
    path("<int:pk>/", budget, name="budget"),
    path("<int:pk>/edit/", edit, name="budget-edit"),
    path("<int:pk>/accuracy/", accuracy, name="budget-accuracy"),
    path("<int:pk>/undo/", acts.undo, name="budget-undo"),
    path("<int:pk>/stop/", acts.stop, name="budget-stop"),
    path("<int:pk>/use-again/", acts.use_again, name="budget-use-again"),
    path("<int:pk>/shares/", acts.accept_share, name="budget-accept-share"),
    path("<int:pk>/shares/withdraw/", acts.withdraw_share, name="budget-withdraw-share"),
    path("<int:pk>/forecast/", acts.override, name="budget-override"),
    path("<int:pk>/forecast/withdraw/", acts.withdraw_override, name="budget-withdraw-override"),
]
