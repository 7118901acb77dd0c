"""A key's own rate: requests a minute, counted in the database by all web processes together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from finops.access.keys import count_request
from finops.models import ApiKey

if TYPE_CHECKING:
    from rest_framework.views import APIView  # views import this module while they load


class KeyRateThrottle(BaseThrottle):
    """Answers 429 with ``Retry-After`` above the rate."""

    def allow_request(self, request: Request, view: APIView) -> bool:
        """Count the request against its key."""
        self._wait = (
            count_request(request.auth, timezone.now()) if isinstance(request.auth, ApiKey) else 0.0
        )
        return not self._wait

    def wait(self) -> float:
        """Give the seconds until the next minute."""
        return self._wait
