"""The API's views: read the question, make one call into the domain, write the answer."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, cast
from uuid import UUID

from django.db import transaction
from django.http import Http404, HttpResponse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.http import conditional_page
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from finops.api import schema
from finops.api.errors import BadQuestion, TooLarge
from finops.api.parsers import AnyBody
from finops.api.permissions import MayRead, MayWrite
from finops.domain.dimensions import DIMENSIONS, parse_dimensions, parse_filter
from finops.domain.money import plain
from finops.domain.periods import GRAINS, parse_day
from finops.domain.tabular import as_csv
from finops.domain.windows import AGAINST
from finops.figures.registry import FIGURES, reader_of
from finops.models import ApiKey, Organization, Source
from finops.rollups.queries import BASES, Scope, costs
from finops.rollups.question import FILTERS
from finops.rollups.runs import ORDERS, cost_percentiles, run_detail, runs_of
from finops.sql import snapshot
from finops.waking import wake_refresh
from ingest.push import MAX_BYTES, MAX_CALLS, BadPush, push_calls, read_body

SINCE = OpenApiParameter("since", str, description="first day, in the reporting zone")
UNTIL = OpenApiParameter("until", str, description="day after the last, in the reporting zone")


class CostsView(APIView):
    """What calls cost, by any dimensions, at any grain."""

    permission_classes = (MayRead,)

    @extend_schema(
        parameters=[
            OpenApiParameter("by", str, description=f"comma-separated: {', '.join(DIMENSIONS)}"),
            OpenApiParameter("grain", str, enum=GRAINS),
            SINCE,
            UNTIL,
            OpenApiParameter("filter", str, many=True, description="DIMENSION=VALUE, repeatable"),
            OpenApiParameter("basis", str, enum=BASES),
            OpenApiParameter("format", str, enum=("json", "csv")),
        ],
        responses=schema.COSTS,
    )
    def get(self, request: Request) -> Response | HttpResponse:
        """Answer the same as the command ``costs``."""
        with _questions():
            answer = costs(_scope(request))
        if request.query_params.get("format", "json") == "json":
            return Response(answer.as_json())
        return HttpResponse(
            as_csv(*answer.as_table()),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": 'attachment; filename="costs.csv"'},
        )


class WorkflowRunsView(APIView):
    """Runs with at least one call of a workflow."""

    permission_classes = (MayRead,)

    @extend_schema(
        parameters=[
            SINCE,
            UNTIL,
            OpenApiParameter("order", str, enum=ORDERS),
            OpenApiParameter("limit", int),
        ],
        responses=schema.RUNS,
    )
    def get(self, request: Request, workflow: str) -> Response:
        """Answer the same as the command ``runs``."""
        asked = request.query_params
        with _questions():
            since, until = _days(request)
            runs = runs_of(
                workflow,
                since=since,
                until=until,
                order=asked.get("order", "cost"),  # type: ignore[arg-type]  # runs_of checks it
                limit=min(int(asked.get("limit", "50")), 1000),
            )
            percentiles = cost_percentiles(workflow, since=since, until=until)
        return Response(
            {
                "runs": [run.as_json() for run in runs],
                "cost_percentiles": {name: plain(cost) for name, cost in percentiles.items()},
            }
        )


class RunView(APIView):
    """One run, call by call."""

    permission_classes = (MayRead,)

    @extend_schema(responses=schema.RUN_DETAIL)
    def get(self, request: Request, url_id: UUID) -> Response:
        """List the run's calls in order, with a running total."""
        detail = run_detail(url_id)
        if detail is None:
            raise Http404("there is no such run")
        return Response(detail.as_json())


class CallsView(APIView):
    """The door for calls, as they happen."""

    permission_classes = (MayWrite,)
    parser_classes = (AnyBody,)

    @extend_schema(
        request={"application/json": schema.PUSH},
        responses={
            202: schema.PUSHED,
            400: OpenApiResponse(description="not JSON of this shape"),
            413: OpenApiResponse(description="above 10 MB or 10,000 calls"),
            429: OpenApiResponse(description="above the key's rate; see Retry-After"),
        },
    )
    def post(self, request: Request) -> Response:
        """Store calls of the key's source; they are durable once this answers 202."""
        if int(request.META.get("CONTENT_LENGTH") or 0) > MAX_BYTES:
            raise TooLarge
        try:
            calls = read_body(request.data or b"")  # type: ignore[arg-type]  # AnyBody gives bytes
        except BadPush as error:
            raise BadQuestion(str(error)) from error
        if len(calls) > MAX_CALLS:
            raise TooLarge
        key = cast("ApiKey", request.auth)
        source = cast("Source", key.source)  # a constraint gives every writing key one
        pushed = push_calls(calls, source=source, now=timezone.now(), by=f"key {key.prefix}")
        transaction.on_commit(wake_refresh)
        return Response(pushed.as_json(), status.HTTP_202_ACCEPTED)


class _questions:  # noqa: N801 - reads as a phrase: with _questions(): …
    """Answer 400 with the reason when a question cannot be read."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, ValueError):
            raise BadQuestion(str(error)) from error


def _scope(request: Request) -> Scope:
    asked = request.query_params
    filters: defaultdict[str, list[str]] = defaultdict(list)
    for text in asked.getlist("filter"):
        dimension, value = parse_filter(text)
        filters[dimension].append(value)
    since, until = _days(request)
    if asked.get("format", "json") not in {"json", "csv"}:
        raise ValueError("format is json or csv")
    return Scope(
        by=parse_dimensions(asked.get("by", "")),
        grain=asked.get("grain", "total"),  # type: ignore[arg-type]  # Scope checks it
        since=since,
        until=until,
        filters=filters,
        basis=asked.get("basis", "metered"),  # type: ignore[arg-type]  # Scope checks it
    )


def _days(request: Request) -> tuple[Any, Any]:
    asked = request.query_params
    since, until = asked.get("since"), asked.get("until")
    return since and parse_day(since), until and parse_day(until)


@method_decorator(conditional_page, name="dispatch")
class FigureView(APIView):
    """A chart as data: drawing, rows and words, all from the same numbers."""

    permission_classes = (MayRead,)

    @extend_schema(
        parameters=[
            OpenApiParameter("period", str, description="2026-11, 30d or 2026-10-03..2026-11-09"),
            OpenApiParameter("against", str, enum=AGAINST),
            *(OpenApiParameter(name, str, many=True) for name in FILTERS),
            OpenApiParameter("by", str, description="dimensions of the figure costs"),
            OpenApiParameter("grain", str, enum=GRAINS, description="of the figure costs"),
            OpenApiParameter("budget", int, description="of the figure budget-burn-up"),
            OpenApiParameter("on", str, description="a day of its period; today unless said"),
            OpenApiParameter("month", str, description="2026-10, of the figure ai-on-bills"),
            OpenApiParameter("format", str, enum=("json", "csv")),
        ],
        responses=OpenApiTypes.OBJECT,
    )
    def get(self, request: Request, name: str) -> Response | HttpResponse:
        """Give the figure of a question, or its table as CSV; an unchanged one is a 304."""
        if name not in FIGURES:
            raise Http404("there is no such figure")
        with _questions(), snapshot():
            question = reader_of(name)(
                dict(request.query_params.lists()),
                now=timezone.now(),
                organization=Organization.current(),
            )
            figure = FIGURES[name](question)
        if request.query_params.get("format", "json") == "csv":
            return HttpResponse(
                as_csv(*figure.as_table()),
                content_type="text/csv; charset=utf-8",
                headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
            )
        return Response(figure.as_json())
