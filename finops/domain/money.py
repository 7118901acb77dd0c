"""Exact amounts: reading and writing them. Nothing here rounds."""

from __future__ import annotations

from decimal import Decimal


def plain(amount: Decimal) -> str:
    """Write an amount as a decimal string without exponent or needless zeros: ``0.0012``."""
    text = f"{amount:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text
