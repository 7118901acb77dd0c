"""Tell workers at once that there is something to do; they would find it themselves soon."""

from __future__ import annotations

import logging

from kombu.exceptions import OperationalError

from finops.celery import app

logger = logging.getLogger(__name__)


def wake_refresh() -> None:
    """Ask for a refresh of the rollups. A broker that is away costs seconds, never data."""
    try:
        app.send_task("finops.refresh_rollups")
    except (OperationalError, OSError) as error:
        logger.warning("the broker cannot be reached, the scheduler will refresh: %s", error)
