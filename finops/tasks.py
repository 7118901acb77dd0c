"""Celery's doors into the product: one call into the domain each, safe to run twice."""

from __future__ import annotations

from typing import Any

from celery import shared_task

from finops.rollups.refresh import refresh


@shared_task(name="finops.refresh_rollups")
def refresh_rollups(**_: Any) -> int:
    """Work off stale hours, unless another worker is at it."""
    return refresh(wait=False)
