"""Patterns that people write: ``*`` and ``|``, and expressions that find a model's name in a text.

An expression runs over every distinct text of a bill, so one that could take long is refused
before it is stored: what may repeat must not repeat, and few parts may be of open length.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Final

#: The longest expression, and how much of a text one is shown.
LONGEST_EXPRESSION: Final = 500
LONGEST_TEXT: Final = 150
#: How many parts of an expression may be of open length; each multiplies what a search may cost.
#: Three in a text of that length are a fraction of a second at the very worst.
MOST_REPEATS: Final = 3
#: A repeat that is counted may count to here.
MOST_TIMES: Final = 20

_PIECE: Final = re.compile(
    r"(?P<escape>\\.)|(?P<set>\[\^?\]?(?:\\.|[^\]\\])*\])|(?P<opens>\((?:\?(?:P<\w+>|[:=!]))?)"
    r"|(?P<closes>\))|(?P<either>\|)|(?P<repeat>[*+]|\{\d*,?\d*\})|(?P<maybe>\?)|(?P<plain>.)",
    re.DOTALL,
)
_COUNTED: Final = re.compile(r"\{(\d*)(,?)(\d*)\}")


@cache
def like(pattern: str) -> Callable[[str], bool]:
    """Give a test for a pattern: ``*`` is any text, ``|`` is or, case does not matter.

    An empty pattern admits everything.
    """
    wanted = [part.strip().casefold() for part in pattern.split("|") if part.strip()]
    if not wanted:
        return lambda _: True
    matches = re.compile("|".join(map(_as_expression, wanted)), re.DOTALL).fullmatch
    return lambda text: matches(text.casefold()) is not None


def _as_expression(pattern: str) -> str:
    """Translate wildcards; each middle part takes the first place it finds and keeps it."""
    first, *rest = map(re.escape, pattern.split("*"))
    if not rest:
        return first
    *middle, last = rest
    return first + "".join(f"(?>.*?{part})" for part in middle if part) + ".*" + last


def model_in(expression: str, text: str) -> str | None:
    """Find what the group ``model`` of an expression holds; None when nothing is found."""
    found = _compiled(expression).search(text[:LONGEST_TEXT])
    return (found["model"] or "").strip() or None if found else None


@cache
def _compiled(expression: str) -> re.Pattern[str]:
    return re.compile(expression, re.IGNORECASE)


def problem_of(expression: str) -> str:
    """Say why an expression cannot be used, and what to do; empty when it can."""
    if len(expression) > LONGEST_EXPRESSION:
        return f"Use at most {LONGEST_EXPRESSION} letters."
    try:
        groups = re.compile(expression).groupindex
    except (re.error, RecursionError, OverflowError):
        return "That is no regular expression. Check its brackets."
    if set(groups) != {"model"}:
        return "Name one group model, as in (?P<model>gpt-[^ ]+)."
    return _slowness(expression)


def _slowness(expression: str) -> str:
    """Refuse what may search for long: a repeat of a repeat or of alternatives, or many of them."""
    repeats = 0
    varies: list[bool] = [False]  # per open group: whether its length or its reading is open
    closed = False  # whether the last piece was a group of that sort
    for piece in _PIECE.finditer(expression):
        kind, text = piece.lastgroup, piece[0]
        if kind == "opens":
            varies.append(False)
        elif kind == "closes":
            closed = varies.pop()
            varies[-1] |= closed
            continue
        elif kind == "repeat":
            if closed:
                return "Nothing that repeats may repeat again. Write it without the outer repeat."
            repeats += text[-1] in "*+" or "," in text
            varies[-1] = True
            if _most_times(text) > MOST_TIMES:
                return f"A counted repeat goes up to {MOST_TIMES}."
        elif kind in {"either", "maybe"}:
            varies[-1] = True
        elif kind == "escape" and text[1].isdigit():
            return "A group cannot be asked for again. Write what it holds."
        closed = False
    if repeats > MOST_REPEATS:
        return f"Use at most {MOST_REPEATS} repeats ( * + {{}} )."
    return ""


def _most_times(repeat: str) -> int:
    counted = _COUNTED.fullmatch(repeat)
    if counted is None:
        return 0
    least, comma, most = counted.groups()
    return int(most or (MOST_TIMES + 1 if comma else least or 0))
