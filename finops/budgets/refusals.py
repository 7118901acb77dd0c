"""Why a change of a budget is not made, in words for whoever asked for it."""

from __future__ import annotations

from datetime import datetime


class BudgetRefused(ValueError):
    """What was asked for cannot be; ``field`` names the part of the question that has to change."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class ChangedMeanwhile(Exception):
    """Somebody saved another version since this one was shown; nothing was written over it.

    ``who`` did it and when (``at``, None when it is not known); the message says so.
    """

    def __init__(self, who: str, at: datetime | None, message: str) -> None:
        super().__init__(message)
        self.who = who
        self.at = at
