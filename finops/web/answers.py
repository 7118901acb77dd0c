"""Answers that are no pages."""

from __future__ import annotations

from django.http import HttpResponse


def csv_answer(text: str, name: str) -> HttpResponse:
    """Send a table as a file; ``name`` is ours, never made of what people entered."""
    return HttpResponse(
        text,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
    )
