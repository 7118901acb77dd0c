"""A month's shared cost over the API: the statement in force, or what it would say."""

from __future__ import annotations

from datetime import date
from typing import Final

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import (
    BooleanField,
    CharField,
    ChoiceField,
    IntegerField,
    ListField,
)
from rest_framework.views import APIView

from finops.allocation.inputs import BASES, USUAL_BASIS, USUAL_DIMENSION, check_question
from finops.allocation.report import as_json, parse_month
from finops.allocation.running import preview, published
from finops.api.errors import BadQuestion
from finops.api.permissions import MayRead
from finops.models import Organization
from finops.models.allocation import TARGET_DIMENSIONS

_MONEY: Final = CharField(help_text="a decimal in whole subunits of the currency")
ALLOCATION: Final = inline_serializer(
    "Allocation",
    {
        "period": CharField(),
        "by": ChoiceField(TARGET_DIMENSIONS),
        "basis": ChoiceField(BASES),
        "currency": CharField(),
        "published": BooleanField(help_text="false for a preview"),
        "version": IntegerField(allow_null=True),
        "pools": ListField(
            child=inline_serializer(
                "AllocationPool",
                {
                    "pool": CharField(),
                    "stage": IntegerField(help_text="0 for direct cost, and for what no pool has"),
                    "method": CharField(),
                    "amount": _MONEY,
                    "shares": ListField(
                        child=inline_serializer(
                            "AllocationShareOfPool", {"target": CharField(), "amount": _MONEY}
                        )
                    ),
                    "unallocated": _MONEY,
                    "unreconciled": CharField(required=False),
                },
            )
        ),
        "targets": ListField(
            child=inline_serializer(
                "AllocationTarget",
                {"target": CharField(), "direct": _MONEY, "allocated": _MONEY, "total": _MONEY},
            )
        ),
        "unreconciled": ListField(
            child=inline_serializer(
                "AllocationResidual",
                {"name": CharField(), "provider": CharField(), "billed": _MONEY, "amount": _MONEY},
            )
        ),
        "direct": _MONEY,
        "allocated": _MONEY,
        "unallocated": _MONEY,
        "unconverted_rows": IntegerField(help_text="charges without an exchange rate"),
        "missing_rows": IntegerField(help_text="charges without a cost on the basis"),
        "total_in": _MONEY,
        "total_out": _MONEY,
    },
)
_PARAMETERS: Final = [
    OpenApiParameter("period", str, description="2026-10; the running month unless said"),
    OpenApiParameter("by", str, enum=TARGET_DIMENSIONS, description="team unless said"),
    OpenApiParameter("basis", str, enum=BASES, description="of a preview; effective unless said"),
    OpenApiParameter("preview", bool, description="what a statement would say now"),
]


class AllocationView(APIView):
    """The shared cost of a month."""

    permission_classes = (MayRead,)

    @extend_schema(parameters=_PARAMETERS, responses=ALLOCATION)
    def get(self, request: Request) -> Response:
        """Give the statement in force; a preview before the first one, and when asked for."""
        asked = request.query_params
        by, basis = asked.get("by", USUAL_DIMENSION), asked.get("basis", USUAL_BASIS)
        try:
            month = _month(asked.get("period"))
            check_question(by, basis)
        except ValueError as error:
            raise BadQuestion(str(error)) from error
        stored = None if asked.get("preview") in {"1", "true"} else published(month, by)
        return Response(as_json(stored or preview(month, by, basis)))


def _month(period: str | None) -> date:
    if period:
        return parse_month(period)
    return timezone.now().astimezone(Organization.current().zone).date()
