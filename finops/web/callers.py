"""Who calls, as far as every page needs it: from which address, and for how long signed in."""

from __future__ import annotations

import time
from collections.abc import Callable
from ipaddress import ip_address
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from finops.models import Person

Answer = Callable[[HttpRequest], HttpResponseBase]

#: Headers that anybody can send; nothing behind this middleware sees them.
_CLAIMS: Final = ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PORT")
#: Seconds between two renewals of a session: a page that asks often writes seldom.
_RENEWAL: Final = 600
_SEEN: Final = "seen"


class RealAddress:
    """Sets ``REMOTE_ADDR`` to the caller's address, as told by proxies that are ours.

    Each of ``settings.TRUSTED_PROXIES`` proxies adds the address that it saw to the right of
    ``X-Forwarded-For``; what stands further left, or comes without a proxy, may be invented.
    """

    def __init__(self, get_response: Answer) -> None:
        """Wrap everything that counts or records addresses."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Believe our proxies and nobody else."""
        told = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
        if 0 < settings.TRUSTED_PROXIES <= len(told):
            seen = told[-settings.TRUSTED_PROXIES].strip()
            if _is_address(seen):
                request.META["REMOTE_ADDR"] = seen
        for name in _CLAIMS:
            request.META.pop(name, None)
        return self.get_response(request)


class StaySignedIn:
    """Renews a session that is in use, so that ``SESSION_COOKIE_AGE`` counts from the last use."""

    def __init__(self, get_response: Answer) -> None:
        """Wrap everything that people see."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Note the time in the session, which saves it with a new end."""
        answer = self.get_response(request)
        session = request.session
        # Only sessions that the request has read: an API call with a key must not look for one.
        if session.accessed and isinstance(request.user, Person):
            now = int(time.time())
            if now - session.get(_SEEN, 0) >= _RENEWAL:
                session[_SEEN] = now
        return answer


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
