"""Why a change of shared cost is not made, in words for whoever asked for it."""

from __future__ import annotations

from finops.attribution.refusals import Refused


class PoolRefused(Refused):
    """What was asked for cannot be; ``field`` names the part of the form that has to change."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
