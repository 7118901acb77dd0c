"""How often a password, or the token of the first run, may be guessed.

django-axes counts failures in the database, by account, by address and by both; the settings say
how many of each are too many. What is locked is let in again after the cool-off, and trying
meanwhile does not make it longer.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from axes.handlers.database import AxesDatabaseHandler
from axes.handlers.proxy import AxesProxyHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth.signals import user_login_failed
from django.db.models import Max, Sum
from django.http import HttpRequest

#: In the order of ``settings.AXES_LOCKOUT_PARAMETERS``.
_LIMITS: Final = (
    settings.AXES_FAILURE_LIMIT,
    settings.FAILURE_LIMIT_BY_ADDRESS,
    settings.FAILURE_LIMIT_BY_ACCOUNT,
)

#: The "account" under which attempts at the first run's token are counted; no e-mail address.
_FIRST_RUN: Final = "first run"


class Throttle(AxesDatabaseHandler):  # type: ignore[misc]  # axes is untyped
    """Axes' counters in the database, with a limit for each way of counting."""

    def get_failures(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> int:
        """Give the failures as if all limits were the first, so that axes compares but once."""
        return max(
            _LIMITS[0]
            * (attempts.aggregate(found=Sum("failures_since_start"))["found"] or 0)
            // limit
            for limit, attempts in zip(
                _LIMITS, self.get_user_attempts(request, credentials), strict=True
            )
        )

    def reset_user_attempts(
        self, request: HttpRequest, credentials: dict[str, Any] | None = None
    ) -> int:
        """Forget the failures of one account at one address, once somebody got in.

        The address keeps what it did to other accounts: owning one account must not buy guesses
        at the others.
        """
        mine, *_ = self.filter_user_attempts(request, credentials)
        deleted: int = mine.delete()[0]
        return deleted


def try_again_at(request: HttpRequest, credentials: dict[str, Any] | None) -> datetime:
    """Say when a locked out request may be tried again."""
    counted = Throttle().get_user_attempts(request, credentials)
    last = max(
        (
            found["last"]
            for limit, attempts in zip(_LIMITS, counted, strict=True)
            if (
                found := attempts.aggregate(last=Max("attempt_time"), n=Sum("failures_since_start"))
            )
            and (found["n"] or 0) >= limit
        ),
        default=request.axes_attempt_time,  # type: ignore[attr-defined]  # set by axes
    )
    again: datetime = last + settings.AXES_COOLOFF_TIME
    return again


def may_try_token(request: HttpRequest) -> bool:
    """Say whether the token of the first run may be tried; if not, axes answers in our place."""
    credentials = {"username": _FIRST_RUN}
    if AxesProxyHandler.is_allowed(request, credentials):
        return True
    request.axes_locked_out = True  # type: ignore[attr-defined]  # read by axes' middleware
    request.axes_credentials = credentials  # type: ignore[attr-defined]  # likewise
    return False


def count_wrong_token(request: HttpRequest) -> None:
    """Count a wrong token of the first run."""
    user_login_failed.send(sender=__name__, credentials={"username": _FIRST_RUN}, request=request)


def forgive(email: str) -> None:
    """Forget the failures of an account, whose owner has just set a new password."""
    AccessAttempt.objects.filter(username=email).delete()


def sweep(now: datetime) -> None:
    """Forget failures that no longer count."""
    AccessAttempt.objects.filter(attempt_time__lt=now - settings.AXES_COOLOFF_TIME).delete()
