"""Why a month is not closed, or not opened again, in words for whoever asked for it."""

from __future__ import annotations


class CloseRefused(ValueError):
    """What was asked for cannot be (now); the message says why."""


class LooksDifferent(CloseRefused):
    """The checklist or the totals are not those that the decider saw; nothing was closed."""

    def __init__(self) -> None:
        super().__init__("The checklist or the figures have changed since. Look again, then close.")
