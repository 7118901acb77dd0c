"""Rules of the house that no linter knows."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import models

from ingest.formats import FORMATS

ROOT = Path(__file__).resolve().parents[2]
SOURCES = [
    path
    for folder in ("finops", "ingest")
    for path in (ROOT / folder).rglob("*.py")
    if "migrations" not in path.parts
]
#: Where text may become a float: latencies, "is this header cell a number?", a share of 100, and
#: the heights of what is drawn.
FLOATS_READ = {
    "finops/figures/figure.py",
    "ingest/fields.py",
    "ingest/readers.py",
    "ingest/management/commands/generate_usage.py",
}
#: Where a float is right: seconds, milliseconds, and shares of a made-up company.
FLOATS_MAY_BE = ("finops/runtime", "ingest/generator", "finops/web/health.py")


def test_every_format_module_is_registered() -> None:
    modules = {path.stem for path in (ROOT / "ingest/formats").glob("*.py")} - {"__init__"}

    assert modules == {type(form).__module__.rsplit(".", 1)[1] for form in FORMATS}


def test_no_table_keeps_money_in_a_float() -> None:
    floats = [
        field
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if isinstance(field, models.FloatField)
    ]

    assert floats == []


def test_money_never_passes_through_a_float() -> None:
    """``float(…)`` stands nowhere in the pipeline but where it is named here."""
    found = {
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in SOURCES
        if not str(path.relative_to(ROOT)).startswith(FLOATS_MAY_BE)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "float"
    }

    assert {place.split(":")[0] for place in found} == FLOATS_READ, found


def test_rollup_tables_and_the_measures_agree() -> None:
    from finops.domain.measures import COLUMNS

    ddl = (ROOT / "finops/migrations/sql/rollups.sql").read_text(encoding="utf-8")
    for table in ("cost_by_hour", "cost_by_day", "cost_by_day_full"):
        body = re.search(rf"CREATE TABLE {table} \((.*?)\n\)", ddl, re.DOTALL)
        assert body is not None
        columns = re.findall(r"^    (\w+) (?:text|bigint|numeric|date|timestamptz)", body[1], re.M)
        assert tuple(columns[-len(COLUMNS) :]) == COLUMNS, table


def test_the_stage_and_the_calls_agree() -> None:
    """``insert into calls select …`` goes by position, so the order is a rule of its own."""
    ddl = (ROOT / "finops/migrations/sql/ledger.sql").read_text(encoding="utf-8")
    body = re.search(r"CREATE TABLE calls \((.*?)\n\)", ddl, re.DOTALL)
    assert body is not None
    calls = re.findall(
        r"^    (\w+) (?:text|bigint|numeric|date|timestamptz|jsonb|double|integer)", body[1], re.M
    )
    select = (ROOT / "finops/ledger/sql/staged_calls.sql").read_text(encoding="utf-8")
    chosen = select[select.index("SELECT") : select.index("FROM {rows}")]
    chosen = re.sub(r"CASE.*?END", "CASE", re.sub(r"%\(\w+\)s", "?", chosen), flags=re.DOTALL)
    columns = [
        re.search(r"(\w+)$", part.strip())[1]  # type: ignore[index]
        for part in re.split(r",(?![^(]*\))", chosen.removeprefix("SELECT"))
    ]

    assert columns == calls


@pytest.mark.django_db
def test_no_migration_is_missing() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


@pytest.mark.parametrize("template", sorted((ROOT / "templates").rglob("*.html")), ids=str)
def test_templates_keep_to_the_content_security_policy(template: Path) -> None:
    text = template.read_text(encoding="utf-8")

    assert not re.search(r'\son[a-z]+="|<script(?![^>]*src=)', text)
    # Mail programs take styles from the elements alone, and no page ever shows a mail as HTML.
    if template.parent.name != "mail":
        assert 'style="' not in text


@pytest.mark.parametrize("template", sorted((ROOT / "templates/mail").iterdir()), ids=str)
def test_mails_load_nothing_from_elsewhere(template: Path) -> None:
    text = template.read_text(encoding="utf-8")

    assert not re.search(r"<(img|link|iframe|video|audio|form)\b|url\(|@import|https?://", text)
