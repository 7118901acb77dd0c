"""API keys: made once, shown once, kept as a hash, counted by the minute."""

from __future__ import annotations

import hmac
import secrets
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from django.db import connection

from finops.models import ApiKey, Source
from finops.sql import load_sql

_MARK: Final = "costline"
_MINUTE: Final = timedelta(minutes=1)


def create_key(
    *, name: str, source: Source | None, scope: str, requests_per_minute: int = 600, by: str = ""
) -> tuple[ApiKey, str]:
    """Make a key; gives its record and the key itself, which cannot be read again later.

    Raises ValueError for an unknown scope, a writing key without a source, or a rate below 1.
    """
    if scope not in ApiKey.SCOPES:
        raise ValueError(f"unknown scope {scope!r}; choose from {', '.join(ApiKey.SCOPES)}")
    if scope != ApiKey.READ and source is None:
        raise ValueError("a key that writes needs a source")
    if requests_per_minute < 1:
        raise ValueError("a rate is at least 1 request a minute")
    prefix = secrets.token_hex(8)
    token = f"{_MARK}_{prefix}_{secrets.token_hex(24)}"
    key = ApiKey.objects.create(
        name=name,
        prefix=prefix,
        secret_hash=_hash(token),
        scope=scope,
        source=source,
        requests_per_minute=requests_per_minute,
        created_by=by,
    )
    return key, token


def find_key(token: str) -> ApiKey | None:
    """Find the key that is in use under this token; None for a wrong or revoked one."""
    mark, _, rest = token.partition("_")
    prefix, _, _ = rest.partition("_")
    if mark != _MARK or not prefix.isalnum() or len(token) > 200:
        return None
    key = ApiKey.objects.filter(prefix=prefix, revoked_at=None).select_related("source").first()
    # The comparison takes equally long wherever the hashes differ. A fast hash is right here:
    # the secret has 192 random bits, so there is nothing to guess.
    if key is None or not hmac.compare_digest(key.secret_hash, _hash(token)):
        return None
    return key


def revoke_key(key: ApiKey, now: datetime) -> None:
    """End a key: its next request is refused. Revoking it again changes nothing."""
    if key.revoked_at is None:
        key.revoked_at = now
        key.save(update_fields=["revoked_at"])


def set_rate(key: ApiKey, requests_per_minute: int) -> None:
    """Let a key make more or fewer requests a minute. Raises ValueError for fewer than 1."""
    if requests_per_minute < 1:
        raise ValueError("a rate is at least 1 request a minute")
    key.requests_per_minute = requests_per_minute
    key.save(update_fields=["requests_per_minute"])


def count_request(key: ApiKey, now: datetime) -> float:
    """Count one request; gives 0, or the seconds to wait when the key's rate is used up."""
    minute = now.replace(second=0, microsecond=0)
    with connection.cursor() as cursor:
        cursor.execute(load_sql("access/count_request.sql"), {"key": key.pk, "minute": minute})
        (requests,) = cursor.fetchone()
    if requests <= key.requests_per_minute:
        return 0.0
    return max((minute + _MINUTE - now).total_seconds(), 1.0)


def _hash(token: str) -> str:
    return sha256(token.encode()).hexdigest()
