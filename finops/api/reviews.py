"""The API's reviews and actions: read alone; people decide on pages."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from finops.api.errors import BadQuestion
from finops.api.permissions import MayRead
from finops.models import Action, Organization, Review, ReviewVersion
from finops.reviews.action_rows import action_rows, late_first
from finops.reviews.actions import actions
from finops.reviews.closing import shown
from finops.reviews.listing import lines, reviews
from finops.reviews.weeks import today
from finops.sql import snapshot

#: Rows that one answer holds at most.
MOST = 500


class ReviewsView(APIView):
    """All weekly reviews, the latest first."""

    permission_classes = (MayRead,)

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        """List reviews with who closed them, what they decided and what their actions saved."""
        with snapshot():
            listed = lines(list(reviews()[:MOST]), _today())
        return Response({"reviews": [line.as_json() for line in listed]})


class WeeklyReviewView(APIView):
    """One weekly review as a document."""

    permission_classes = (MayRead,)

    @extend_schema(
        parameters=[OpenApiParameter("version", int, description="of a closed review; the last")],
        responses=OpenApiTypes.OBJECT,
    )
    def get(self, request: Request, key: str) -> Response | HttpResponse:
        """Give a closed review to the byte, as it was frozen, and an open one as it reads now."""
        review = Review.objects.filter(kind=Review.WEEKLY, key=key).first()
        if review is None:
            raise Http404("there is no review of this week")
        version = _version(review, request.query_params.get("version", ""))
        if version is None:
            return Response(shown(review, timezone.now()))
        answer = HttpResponse(version.document.encode(), content_type="application/json")
        answer["ETag"] = f'"{version.sha256}"'
        return answer


class ActionsView(APIView):
    """What people promised, and what it saved."""

    permission_classes = (MayRead,)

    @extend_schema(
        parameters=[
            OpenApiParameter("state", str, enum=Action.STATES),
            OpenApiParameter("owner", str, description="the owner's e-mail address"),
        ],
        responses=OpenApiTypes.OBJECT,
    )
    def get(self, request: Request) -> Response:
        """List actions, late ones first."""
        asked = request.query_params
        wanted: dict[str, Any] = {}
        if state := asked.get("state"):
            if state not in Action.STATES:
                raise BadQuestion(f"state is one of {', '.join(Action.STATES)}")
            wanted["state"] = state
        if owner := asked.get("owner"):
            wanted["owner__email"] = owner.strip().lower()
        with snapshot():
            rows = action_rows(actions().filter(**wanted).order_by("due", "pk")[:MOST], _today())
        return Response({"actions": late_first(rows)})


def _version(review: Review, asked: str) -> ReviewVersion | None:
    """Find the version that was asked for, else the last of a closed review. May raise Http404."""
    if not asked:
        return None if review.state == Review.OPEN else review.versions.last()
    number = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 6 else 0
    version = review.versions.filter(number=number).first()
    if version is None:
        raise Http404("there is no such version of this review")
    return version


def _today() -> Any:
    return today(timezone.now(), Organization.current().zone)
