"""Why something is not done to a bill."""

from __future__ import annotations


class Refused(ValueError):
    """What was asked for cannot be; the message says why, for whoever asked."""


class Gone(Exception):
    """It is not there any more, or waits no longer: somebody was quicker."""
