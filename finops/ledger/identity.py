"""The names under which one call is known, as 128-bit keys.

A key never holds a time: a call that is sent again after midnight is still the same call.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b
from typing import Final

_DIGEST: Final = 16
Keyer = Callable[[bytes], str]


def _keyer(kind: bytes, scope: str) -> Keyer:
    """Make a function from a name to a hex key; the scope is hashed once."""
    start = blake2b(kind + b"\x00" + scope.encode() + b"\x00", digest_size=_DIGEST)

    def key(name: bytes) -> str:
        digest = start.copy()
        digest.update(name)
        return digest.hexdigest()

    return key


def call_ref_keyer(source: str) -> Keyer:
    """Keys for ids that a source gives its own calls."""
    return _keyer(b"id", source)


def raw_row_keyer(source: str) -> Keyer:
    """Keys for the canonical raw rows of sources without ids."""
    return _keyer(b"row", source)


def response_keyer(provider: str) -> Keyer:
    """Keys for the ids that a provider gives its responses, by whatever route they come."""
    return _keyer(b"response", provider)
