"""Why a change of names or rules is not made."""

from __future__ import annotations


class Refused(ValueError):
    """What was asked for cannot be; the message says why, for whoever asked."""


class ChangedMeanwhile(Exception):
    """Somebody saved another version since this one was shown; nothing was written over it."""


class Gone(Exception):
    """Somebody deleted it since it was shown."""
