"""Metered against billed over the API."""

from __future__ import annotations

from typing import Final

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import CharField, ChoiceField, DictField
from rest_framework.views import APIView

from finops.api.errors import BadQuestion
from finops.api.permissions import MayRead
from finops.models.reconciliation import PARTS, STATES
from finops.reconciliation.computing import reconcile
from finops.reconciliation.report import as_json, parse_period

_PERIOD: Final = OpenApiParameter("period", OpenApiTypes.STR, required=True, description="2026-10")
_PROVIDER: Final = OpenApiParameter("provider", OpenApiTypes.STR, description="openai")
_KNOWN: Final = CharField(allow_null=True, help_text="a decimal; null without a bill")
RECONCILIATION: Final = inline_serializer(
    "Reconciliation",
    {
        "period": CharField(help_text="2026-10"),
        "providers": inline_serializer(
            "ReconciledProvider",
            {
                "provider": CharField(),
                "metered": CharField(help_text="counted cost of the calls of the month"),
                "billed": _KNOWN,
                "difference": _KNOWN,
                "parts": inline_serializer(
                    "DifferenceParts",
                    {part: CharField() for part in PARTS},
                    help_text="they sum to the difference exactly",
                ),
                "tax": CharField(),
                "not_llm": CharField(help_text="the provider's other charges"),
                "status": ChoiceField(list(STATES)),
                "reported": CharField(allow_null=True, help_text="what sources said"),
                "grain": CharField(help_text="the names that both sides have"),
                "unconverted": DictField(help_text="what stands in no amount, by currency"),
            },
            many=True,
        ),
    },
)


class ReconciliationView(APIView):
    """Why the bills of a month are not what its calls come to."""

    permission_classes = (MayRead,)

    @extend_schema(parameters=[_PERIOD, _PROVIDER], responses=RECONCILIATION)
    def get(self, request: Request) -> Response:
        """Answer the same as the command ``reconcile``; what changed is worked out first."""
        try:
            month = parse_period(request.query_params.get("period", ""))
        except ValueError as error:
            raise BadQuestion(str(error)) from error
        provider = request.query_params.get("provider", "").replace("\0", "")[:200] or None
        rows = reconcile(month, now=timezone.now(), provider=provider, wait=False)
        return Response(as_json(month, rows))
