"""The charges explorer: groups of charges, their lines, a single one, and all of it as CSV."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from tempfile import SpooledTemporaryFile
from typing import Any, Final

from django.core.exceptions import BadRequest
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from finops.access.rights import Right
from finops.bills.exploring import charge_groups, charge_sums
from finops.bills.lines import FILE_COLUMNS, charge_lines, charge_of, each_line, matched
from finops.bills.monthly import bill_months
from finops.domain import display
from finops.domain.tabular import csv_lines
from finops.models import Organization
from finops.rollups.patience import TookTooLong, patience
from finops.web.bills import choices
from finops.web.bills.asked import LINES, Asked, asked
from finops.web.bills.one_charge import told
from finops.web.bills.table import table
from finops.web.bills.words import month_choices
from finops.web.rights import needs

PAGE_SIZE: Final = 50
#: How many seconds a page, or a file before its first row, may take.
_PATIENCE: Final = 10
_FILE_PATIENCE: Final = 60
#: How many rows leave in a file at most.
MOST_LINES: Final = 100_000
_MOST_GROUPS: Final = 50_000
#: Up to this many bytes are held in memory; a longer file waits on disk.
_IN_MEMORY: Final = 1 << 20


@needs(Right.SEE)
def charges(request: HttpRequest) -> HttpResponse:
    """Show what the address asks for: groups of charges, or their lines."""
    wanted = asked(request)
    try:
        with patience(_PATIENCE):
            context = _form(wanted) | (_lines(wanted) if wanted.show == LINES else _groups(wanted))
    except TookTooLong as error:
        context = _form(replace(wanted, narrow_by="")) | {"too_slow": f"{str(error).capitalize()}."}
    return render(request, "pages/bills/charges.html", context)


@needs(Right.SEE)
def one_charge(request: HttpRequest, pk: int) -> HttpResponse:
    """Show every column of one charge, and what rules decided of it."""
    charge = charge_of(pk)
    if charge is None:
        raise Http404("there is no such charge, or its version was replaced")
    context = told(charge, currency=Organization.current().currency)
    return render(request, "pages/bills/charge.html", context)


@needs(Right.SEE)
def download(request: HttpRequest) -> FileResponse:
    """Send groups or lines as CSV, read to the end before the first byte leaves.

    Answers 400 for more than a file may hold.
    """
    wanted = asked(request)
    file: SpooledTemporaryFile[bytes] = SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - the response closes it
    try:
        with patience(_FILE_PATIENCE):
            header, rows = _line_file(wanted) if wanted.show == LINES else _group_file(wanted)
            file.writelines(line.encode() for line in csv_lines(header, rows))
    except TookTooLong as error:
        raise BadRequest(str(error)) from error
    file.seek(0)
    name = f"charges-{wanted.show}-{wanted.month_key}.csv"
    return FileResponse(
        file, as_attachment=True, filename=name, content_type="text/csv; charset=utf-8"
    )


def _form(wanted: Asked) -> dict[str, Any]:
    months = bill_months()
    narrowing = choices.narrowing(wanted) if wanted.narrow_by else None
    return {
        "asked": wanted,
        "is_lines": wanted.show == LINES,
        "any": bool(months),
        "months": [*month_choices(months, wanted.month or months[0])] if months else [],
        "times": choices.TIMES,
        "groupings": choices.groupings(wanted),
        "columns": choices.COLUMN_NAMES,
        "chips": choices.chips(wanted),
        "narrowing": narrowing,
        "kept": [pair for pair in wanted.pairs if pair[0] not in {"month", "q"}],
        "kept_search": [pair for pair in wanted.pairs if pair[0] != "q"],
    }


def _groups(wanted: Asked) -> dict[str, Any]:
    offset = (wanted.page - 1) * PAGE_SIZE
    found = charge_groups(wanted.scope, limit=PAGE_SIZE, offset=offset)
    if not found.groups and wanted.page > 1:
        wanted = replace(wanted, page=1)
        found = charge_groups(wanted.scope, limit=PAGE_SIZE)
    pages = max(1, -(-found.number // PAGE_SIZE))
    return {
        "asked": wanted,
        "table": table(found, wanted),
        "whole": found.whole,
        "pages": pages,
        "previous": replace(wanted, page=wanted.page - 1).address if wanted.page > 1 else "",
        "next": replace(wanted, page=wanted.page + 1).address if wanted.page < pages else "",
    }


def _lines(wanted: Asked) -> dict[str, Any]:
    found = charge_lines(wanted.scope, limit=PAGE_SIZE, after=wanted.after)
    whole = charge_sums(wanted.scope)
    seen = matched(wanted.scope) if wanted.search else None
    return {
        "lines": found.lines,
        "whole": whole,
        "matched": seen.rows if seen else whole.rows,
        "matched_billed": seen.billed if seen else whole.billed,
        "first": replace(wanted, after=None).address if wanted.after else "",
        "next": replace(wanted, after=found.next).address if found.next else "",
    }


File = tuple[Sequence[str], Iterable[Sequence[object]]]


def _line_file(wanted: Asked) -> File:
    scope = wanted.scope
    count = matched(scope).rows if scope.search else charge_sums(scope).rows
    if count > MOST_LINES:
        raise BadRequest(_too_many(count, "charge", MOST_LINES))
    return FILE_COLUMNS, each_line(scope, most=MOST_LINES)


def _group_file(wanted: Asked) -> File:
    found = charge_groups(wanted.scope, limit=_MOST_GROUPS)
    if found.number > _MOST_GROUPS:
        raise BadRequest(_too_many(found.number, "group", _MOST_GROUPS))
    currency = Organization.current().currency
    header = [*wanted.by, "charges", "unconverted_charges", "billed_cost", "effective_cost"]
    header += ["list_cost", "contracted_cost", "tokens", "currency"]
    rows = (
        [
            *group.values,
            group.sums.rows,
            group.sums.unconverted_rows,
            *(group.sums.billed, group.sums.effective, group.sums.listed, group.sums.contracted),
            group.sums.tokens,
            currency,
        ]
        for group in found.groups
    )
    return header, rows


def _too_many(count: int, noun: str, most: int) -> str:
    told = display.counted(count, noun)
    return f"{told} are more than a file holds ({most:,}); choose a month or add a filter"


urlpatterns = [
    path("charges/", charges, name="bills-charges"),
    path("charges/charges.csv", download, name="bills-charges-csv"),
    path("charges/<int:pk>/", one_charge, name="bills-charge"),
]
