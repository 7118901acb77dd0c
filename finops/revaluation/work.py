"""What a run goes through, whether it is over calls or over charges of bills."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from finops.revaluation.stage import Stage

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper

Figures = dict[str, Any]


class OutcomeDiffers(Exception):
    """The ledger or what decides about it has changed, so that the preview no longer holds."""


class Work(Protocol):
    """One run's rows, and the prices and rules of the moment at which it began."""

    stage: Stage

    @property
    def changed(self) -> str:
        """The key of a preview under which the figures of the changed rows stand."""

    @property
    def rows(self) -> str:
        """What the rows are called."""

    def slices(self) -> Iterator[int]:
        """Read the scope in bounded steps and stage what changes; gives how many rows were read."""

    def hold(self, cursor: CursorWrapper) -> None:
        """Hold off whoever would change the same rows, or close their month, until the commit."""

    def figures(self, cursor: CursorWrapper) -> Figures:
        """Sum up the stage. Raises OutcomeDiffers when what decided has changed since."""

    def differences(self, promised: Mapping[str, Any], found: Mapping[str, Any]) -> list[str]:
        """Say how the changed rows differ from those of a preview; empty when they are equal."""

    def swap(self, cursor: CursorWrapper) -> Figures:
        """Write the staged values, keep what was, and see to what is summed up from it."""
