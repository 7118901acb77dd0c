"""The demo company as chapters, in the order in which they are told."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

from ingest.demo import bills, closes, governance, names, people, prices, rules, sources, usage
from ingest.demo.removal import Removal
from ingest.demo.story import Story


class Chapter(NamedTuple):
    """One kind of sample data.

    ``load`` adds what is missing of it; ``remove`` takes away what is the sample's alone, in the
    opposite order of chapters, and says what it keeps and why. Both may be killed and done again.
    """

    load: Callable[[Story], None]
    remove: Callable[[Story, Removal], Iterable[str]]


CHAPTERS: Final = (
    Chapter(sources.load, sources.remove),
    Chapter(people.load, people.remove),
    Chapter(names.load, names.remove),
    Chapter(prices.load, prices.remove),
    Chapter(rules.load, rules.remove),
    Chapter(usage.load, usage.remove),
    Chapter(bills.load, bills.remove),
    Chapter(governance.load, governance.remove),
    Chapter(closes.load, closes.remove),
)
