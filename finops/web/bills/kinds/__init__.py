"""What is AI on the bills: rules, what they decide in dollars, and what nobody has decided."""

from __future__ import annotations

from django.urls import path

from finops.web.bills.kinds.listing import kinds, naming
from finops.web.bills.kinds.ordering import move, remove
from finops.web.bills.kinds.rule import add, change

urlpatterns = [
    path("kinds/", kinds, name="bills-kinds"),
    path("kinds/this-is/", naming, name="kind-naming"),
    path("kinds/add/", add, name="kind-add"),
    path("kinds/<int:pk>/", change, name="kind"),
    path("kinds/<int:pk>/move/", move, name="kind-move"),
    path("kinds/<int:pk>/remove/", remove, name="kind-remove"),
]
