"""Budgets over the API: where they stand, and drawing their lines."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import (
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
    inline_serializer,
)
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import (
    BooleanField,
    CharField,
    ChoiceField,
    DateField,
    DateTimeField,
    DictField,
    Field,
    IntegerField,
    ListField,
)
from rest_framework.views import APIView

from finops.api.errors import BadQuestion
from finops.api.permissions import ReadOrSetMoney
from finops.budgets.editing import Saved
from finops.budgets.refusals import BudgetRefused, ChangedMeanwhile
from finops.budgets.report import as_json, parse_instant, report, report_of
from finops.budgets.setting import alter, make
from finops.domain.budget_periods import PERIOD_KINDS
from finops.models import ApiKey, Budget, Person
from finops.models.budgets import BUDGET_BASES, STATUSES

_MONEY: Final = CharField(help_text="a decimal")
_LINE: Final = CharField(allow_null=True, help_text="a decimal; null without lines")
_SCOPE: Final = DictField(child=CharField(), help_text="a value for each dimension; {} is all")

BUDGET: Final = inline_serializer(
    "Budget",
    {
        "id": IntegerField(),
        "name": CharField(),
        "scope": _SCOPE,
        "basis": ChoiceField(BUDGET_BASES),
        "period": ChoiceField(PERIOD_KINDS),
        "start": DateField(),
        "end": DateField(help_text="the day after the last"),
        "planned": _LINE,
        "yellow": _LINE,
        "red": _LINE,
        "actual": _MONEY,
        "forecast": inline_serializer(
            "BudgetForecast", {"low": _MONEY, "mid": _MONEY, "high": _MONEY}, allow_null=True
        ),
        "status": ChoiceField(STATUSES),
        "stale": BooleanField(),
        "data_to": DateTimeField(allow_null=True),
        "heading_for": ChoiceField(("yellow", "red"), allow_null=True),
        "reasons": ListField(
            child=inline_serializer("BudgetReason", {"code": CharField(), "text": CharField()})
        ),
        "owner": CharField(allow_null=True, help_text="an e-mail address"),
        "workflow_share": CharField(allow_null=True, help_text="in percent; null is off"),
        "version": IntegerField(),
    },
)
BUDGETS: Final = inline_serializer("Budgets", {"budgets": ListField(child=BUDGET)})

_GIVEN: Final[dict[str, Field[Any, Any, Any, Any]]] = {
    "planned": CharField(required=False, allow_null=True),
    "yellow": CharField(required=False, allow_null=True),
    "red": CharField(required=False, allow_null=True),
    "effective_from": DateField(required=False, help_text="the running period's start unless said"),
    "workflow_share": CharField(required=False, help_text="a percentage, or off"),
    "owner": CharField(required=False, allow_null=True, help_text="an e-mail address"),
    "recipients": ListField(child=CharField(), required=False),
    "reason": CharField(required=False),
}
NEW: Final = inline_serializer(
    "NewBudget",
    {
        "name": CharField(),
        "scope": DictField(child=CharField(), required=False),
        "basis": ChoiceField(BUDGET_BASES, required=False),
        "period": ChoiceField(PERIOD_KINDS, required=False),
        **_GIVEN,
    },
)
CHANGE: Final = inline_serializer(
    "BudgetChange",
    {
        "name": CharField(required=False),
        "version": IntegerField(required=False, help_text="refuse when it has changed since"),
        **_GIVEN,
    },
)
_REFUSED: Final = OpenApiResponse(description="what is wrong, by field")


class BudgetsView(APIView):
    """All budgets in use."""

    permission_classes = (ReadOrSetMoney,)

    @extend_schema(
        operation_id="v1_budgets_list",
        parameters=[OpenApiParameter("as_of", str, description="2026-11-20T14:00:00Z; now")],
        responses=BUDGETS,
    )
    def get(self, request: Request) -> Response:
        """Say where budgets stand, in their periods that hold the instant."""
        asked = request.query_params.get("as_of")
        try:
            as_of = parse_instant(asked) if asked else None
        except ValueError as error:
            raise BadQuestion(str(error)) from error
        return Response(as_json(report(timezone.now(), as_of=as_of)))

    @extend_schema(request=NEW, responses={201: BUDGET, 400: _REFUSED})
    def post(self, request: Request) -> Response:
        """Make a budget. A person who makes one owns it unless said."""
        owner = request.user if isinstance(request.user, Person) else None
        return _answer(
            lambda: make(_given(request), now=timezone.now(), by=_signature(request), owner=owner),
            status.HTTP_201_CREATED,
        )


class BudgetView(APIView):
    """One budget."""

    permission_classes = (ReadOrSetMoney,)

    @extend_schema(responses=BUDGET)
    def get(self, request: Request, pk: int) -> Response:
        """Say where it stands now."""
        row = report_of(_budget(pk), timezone.now())
        if row is None:
            raise Http404("this budget is not in use")
        return Response(row.as_json())

    @extend_schema(
        request=CHANGE,
        responses={
            200: BUDGET,
            400: _REFUSED,
            409: OpenApiResponse(description="somebody was quicker; the version has changed"),
        },
    )
    def patch(self, request: Request, pk: int) -> Response:
        """Change what is given, all of it or nothing."""
        budget = _budget(pk)
        given = _given(request)
        seen = given.pop("version", None)
        if seen is not None and (isinstance(seen, bool) or not isinstance(seen, int)):
            return Response({"version": ["Give the version as a number."]}, 400)
        return _answer(
            lambda: alter(budget, given, now=timezone.now(), by=_signature(request), seen=seen),
            status.HTTP_200_OK,
        )


def _budget(pk: int) -> Budget:
    budget = Budget.objects.filter(pk=min(pk, 2**63 - 1)).first()
    if budget is None:
        raise Http404("there is no such budget")
    return budget


def _answer(change: Callable[[], Saved], code: int) -> Response:
    """Make a change and tell how the budget stands; or say why not."""
    try:
        saved = change()
    except BudgetRefused as error:
        return Response({error.field or "detail": [str(error)]}, status.HTTP_400_BAD_REQUEST)
    except ChangedMeanwhile as error:
        return Response({"detail": str(error)}, status.HTTP_409_CONFLICT)
    row = report_of(saved.budget, timezone.now())
    body: dict[str, Any] = row.as_json() if row else {"id": saved.budget.pk, "status": "none"}
    if saved.warnings:
        body["warnings"] = list(saved.warnings)
    return Response(body, code)


def _given(request: Request) -> dict[str, object]:
    """Give the body's fields. Raises BadQuestion for what is no object."""
    body: object = request.data
    if not isinstance(body, dict):
        raise BadQuestion("send a JSON object")
    return dict(body)


def _signature(request: Request) -> str:
    if isinstance(request.auth, ApiKey):
        return f"key {request.auth.name}"
    return str(request.user)
