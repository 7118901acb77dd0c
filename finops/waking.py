"""Tell workers at once that there is something to do; they would find it themselves soon."""

from __future__ import annotations

import logging

from kombu.exceptions import OperationalError

from finops.celery import app

logger = logging.getLogger(__name__)


def wake_refresh() -> None:
    """Ask for a refresh of the rollups. A broker that is away costs seconds, never data."""
    _wake("finops.refresh_rollups")


def wake_imports() -> None:
    """Ask for imports that wait to be taken up."""
    _wake("ingest.take_up_imports")


def wake_revaluations() -> None:
    """Ask for previews and runs that wait to be taken up."""
    _wake("finops.take_up_revaluations")


def wake_zone_change() -> None:
    """Ask for a change of the reporting time zone to be made."""
    _wake("finops.take_up_zone_changes")


def wake_sending() -> None:
    """Ask for the messages that are due to be sent, in case nobody is at it."""
    _wake("finops.send_messages")


def _wake(task: str) -> None:
    try:
        app.send_task(task)
    except (OperationalError, OSError) as error:
        logger.warning("the broker cannot be reached, the scheduler will wake %s: %s", task, error)
