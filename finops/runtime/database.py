"""Which database Django uses."""

from __future__ import annotations

import os
from typing import Any

from finops.runtime.cluster import DATABASE


def database_settings() -> dict[str, Any]:
    """Return ``DATABASES["default"]``: ``DATABASE_URL`` when set, else the embedded PostgreSQL.

    Connections are kept for 600 seconds and checked before each request. Nothing is contacted.
    Raises ``ValueError`` when the URL is not one of PostgreSQL.
    """
    common = {"CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True}
    url = os.environ.get("DATABASE_URL")
    if not url:
        return {"ENGINE": "finops.runtime.embedded", "NAME": DATABASE, **common}
    import dj_database_url

    settings = {**dj_database_url.parse(url), **common}
    if settings.get("ENGINE") != "django.db.backends.postgresql":
        raise ValueError("DATABASE_URL must be the URL of a PostgreSQL database (postgres://…)")
    return settings
