"""Names of models as bills spell them, and the catalogue's, so that both sides join.

A bill says ``Claude Sonnet 4.5``, ``NovaLite``, ``gpt-4o-0806``; a call says
``us.anthropic.claude-sonnet-4-5-20250929-v1:0``. The price book knows the call's spellings. For
the bill's, names are folded: their words whatever the order, their numbers in order. The nearest
fold wins: first with dates, then without, then without words that only say how it is served.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable
from typing import Final

from finops.models import ModelAlias, Price
from finops.pricing.price_book import PriceBook

Fold = tuple[tuple[str, ...], tuple[str, ...]]

_GLOBAL: Final = "global."
_PROFILE: Final = re.compile(r"^(?:global|regional)\.")
_MAKER: Final = re.compile(r"^[a-z0-9]+\.(?=[a-z])")
_FIRST_VERSION: Final = re.compile(r"-v1(?::\d+)?$|-\d:\d+$|:\d+$")
_DATE: Final = re.compile(r"\b20\d\d-?([01]\d)-?([0-3]\d)\b")
_MONTH_AND_DAY: Final = re.compile(r"\b[01]\d[0-3]\d\b")
_ROUND: Final = re.compile(r"(?<=\d)\.0\b")
_HOW: Final = re.compile(r"\b(?:instruct|preview|latest|it|maas|chat|amazon|anthropic|meta)\b")
_WORDS: Final = re.compile(r"[a-z]+")
_NUMBERS: Final = re.compile(r"\d+")


def folds(name: str) -> tuple[Fold, Fold, Fold]:
    """Give three ways to compare a name by, the strictest first."""
    bare = _MAKER.sub("", _PROFILE.sub("", name.strip().lower()))
    dated = _DATE.sub(r"\1\2", _ROUND.sub("", _FIRST_VERSION.sub("", bare)))
    undated = _MONTH_AND_DAY.sub("", dated)
    return _fold(dated), _fold(undated), _fold(_HOW.sub("", undated))


def _fold(name: str) -> Fold:
    return tuple(sorted(_WORDS.findall(name))), tuple(_NUMBERS.findall(name))


class CatalogueNames:
    """Resolves names of one bill after another; reads a provider's names when it first occurs."""

    def __init__(self, book: PriceBook | None = None) -> None:
        self._book = book or PriceBook()
        self._folded: dict[str, list[dict[Fold, list[str]]]] = {}

    def __call__(self, provider: str, name: str, is_global: bool) -> str:
        """Give the catalogue's name for a bill's; a name that nobody knows comes back as it is."""
        if provider and not is_global and (quote := self._book.quote(provider, name)).cards:
            return quote.model
        for fold, known in zip(folds(name), self._names_of(provider), strict=True):
            if found := known.get(fold):
                return min(found, key=_preferred(is_global=is_global))
        return self._book.quote(provider, name).model if provider else name

    def _names_of(self, provider: str) -> list[dict[Fold, list[str]]]:
        if provider not in self._folded:
            self._folded[provider] = _folded(_names(provider))
        return self._folded[provider]


def _preferred(*, is_global: bool) -> Callable[[str], tuple[bool, int, str]]:
    """Order the names that fit: by where they are served, then the plainest."""
    return lambda name: (name.startswith(_GLOBAL) != is_global, len(name), name)


def _names(provider: str) -> dict[str, str]:
    """Map every exact name of a provider's models to the catalogue's."""
    exact = ModelAlias.objects.filter(provider=provider, match=ModelAlias.EQUALS).order_by("-rank")
    priced = Price.objects.filter(provider=provider).values_list("model", flat=True).distinct()
    return dict(exact.values_list("pattern", "model")) | {name: name for name in priced}


def _folded(names: dict[str, str]) -> list[dict[Fold, list[str]]]:
    levels: list[defaultdict[Fold, list[str]]] = [defaultdict(list) for _ in range(3)]
    for name, model in names.items():
        for level, fold in zip(levels, folds(name), strict=True):
            if model not in level[fold]:
                level[fold].append(model)
    return [dict(level) for level in levels]
