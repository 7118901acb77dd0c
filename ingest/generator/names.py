"""Names of companies that do not exist."""

from __future__ import annotations

from typing import Final

_FIRST: Final = (
    *("alder", "birch", "cedar", "dahlia", "ember", "fjord", "granite", "harbor", "iris"),
    *("juniper", "kestrel", "lumen", "meridian", "north", "orchid", "pioneer", "quarry"),
    *("river", "summit", "tide"),
)
_SECOND: Final = (
    *("bank", "foods", "health", "labs", "logistics"),
    *("media", "motors", "retail", "travel", "works"),
)


def invented_customers(count: int) -> tuple[str, ...]:
    """Return up to 200 different customer names, the largest customer first."""
    names = (f"{_FIRST[i % 20]}-{_SECOND[(i // 20 + i) % 10]}" for i in range(min(count, 200)))
    return tuple(names)
