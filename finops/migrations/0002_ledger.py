"""The tables that the ORM cannot say: partitioned calls, their keys, and the rollups."""

from __future__ import annotations

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


def statements(name: str) -> str:
    """Read one of the scripts beside this migration."""
    return (SQL / f"{name}.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [("finops", "0001_initial")]
    operations = [
        migrations.RunSQL(statements("ledger"), statements("ledger_reverse")),
        migrations.RunSQL(statements("rollups"), statements("rollups_reverse")),
    ]
