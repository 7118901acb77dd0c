"""Reading other people's files and streams."""

from __future__ import annotations

from django.apps import AppConfig


class IngestConfig(AppConfig):
    """Formats, imports and rejects."""

    name = "ingest"
    default_auto_field = "django.db.models.BigAutoField"
