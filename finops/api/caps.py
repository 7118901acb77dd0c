"""The caps of a workflow over the API, and the runs that went beyond them."""

from __future__ import annotations

from typing import Final

from django.utils import timezone
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import CharField, ChoiceField, DateField, IntegerField, ListField
from rest_framework.views import APIView

from finops.api.errors import BadQuestion
from finops.api.permissions import MayRead
from finops.api.views import SINCE, UNTIL
from finops.caps.kinds import KINDS
from finops.caps.standing import asked_window, report
from finops.domain.periods import parse_day
from finops.models import Organization

#: Violations that an answer lists at most, the latest.
MOST: Final = 1_000

_MONEY: Final = CharField(allow_null=True, help_text="a decimal; null when nothing is priced")
CAPS: Final = inline_serializer(
    "Caps",
    {
        "currency": CharField(),
        "since": DateField(),
        "until": DateField(),
        "workflow": CharField(),
        "runs": IntegerField(),
        "caps": ListField(
            child=inline_serializer(
                "Cap",
                {
                    "id": IntegerField(),
                    "workflow": CharField(),
                    "kind": ChoiceField(list(KINDS)),
                    "limit": CharField(),
                    "reason": CharField(),
                    "set_at": CharField(),
                    "set_by": CharField(),
                    "broken": IntegerField(help_text="runs beyond it"),
                    "beyond": _MONEY,
                },
            )
        ),
        "violations": ListField(
            child=inline_serializer(
                "CapViolation",
                {
                    "workflow": CharField(),
                    "kind": ChoiceField(list(KINDS)),
                    "limit": CharField(),
                    "run": CharField(),
                    "url_id": CharField(),
                    "started": CharField(),
                    "value": CharField(),
                    "beyond": _MONEY,
                    "step": CharField(),
                    "call": CharField(),
                    "found": CharField(),
                },
            )
        ),
    },
)


class WorkflowCapsView(APIView):
    """The caps of a workflow and what is beyond them."""

    permission_classes = (MayRead,)

    @extend_schema(parameters=[SINCE, UNTIL], responses=CAPS)
    def get(self, request: Request, workflow: str) -> Response:
        """Answer the same as the command ``caps --workflow``; the last 30 days unless said."""
        organization = Organization.current()
        since, until = (request.query_params.get(name) for name in ("since", "until"))
        try:
            window = asked_window(
                parse_day(since) if since else None,
                parse_day(until) if until else None,
                timezone.now(),
                organization.zone,
            )
        except ValueError as error:
            raise BadQuestion(str(error)) from error
        return Response(report(workflow, window, organization.currency, listed=MOST))
