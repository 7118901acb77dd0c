"""The Reviews room: every weekly meeting, what it read, and what it decided."""

from __future__ import annotations

from django.urls import include, path

from finops.web.reviews.listing import begin, review_list

urlpatterns = [
    path("", review_list, name="reviews"),
    path("start/", begin, name="reviews-start"),
    path("weekly/", include("finops.web.reviews.weekly")),
]
