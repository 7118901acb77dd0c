"""Why a review or an action stays as it is, in sentences for people."""

from __future__ import annotations


class Refused(ValueError):
    """It cannot be done; the message says why and what would help."""


class ReviewClosed(Refused):
    """The review was closed: it stays as it was read."""


class AlreadyClosed(ReviewClosed):
    """Somebody was quicker to close it."""


class NotYours(Refused):
    """Another function has to say this."""


class ChangedMeanwhile(Refused):
    """Somebody else saved after the page was opened."""
