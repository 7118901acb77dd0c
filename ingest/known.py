"""Texts that a file repeats, read once per spelling."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Generic, TypeVar

Value = TypeVar("Value")

#: Spellings remembered at once; it starts anew when it is full.
MAX_KNOWN: Final = 10_000
#: Longer texts hardly come again, and would fill the memory: they are read each time.
MAX_LENGTH: Final = 1000


class Known(dict[str, Value], Generic[Value]):
    """What texts mean, by the text: ``known[text]`` reads it the first time and remembers.

    What reading raises is raised each time.
    """

    def __init__(self, read: Callable[[str], Value]) -> None:
        """Read texts with a function of which equal texts get equal values."""
        super().__init__()
        self._read = read

    def __missing__(self, text: str) -> Value:
        """Read a spelling for the first time."""
        value = self._read(text)
        if len(text) <= MAX_LENGTH:
            if len(self) >= MAX_KNOWN:
                self.clear()
            self[text] = value
        return value
