"""What the words of a meter say: the model, the token kind, and how many tokens a unit is.

Every provider spells its meters in its own way, and some in several. They have in common that
known words say direction, cache, scope and unit, and that what is left is the model's name. So
one vocabulary reads them all:

    ``USE1-NovaLite-cache-read-input-token-count``          Bedrock, own models
    ``USE1-openai.gpt-oss-120b-mantle-input-tokens-flex``   Bedrock, newer
    ``USW2-MP:USW2_InputTokenCount-Units``                  Bedrock's Marketplace editions
    ``gpt-4o-0806-Inp-glbl Tokens``, ``5.1 pp cd inp Dz 1M Tokens``   Azure OpenAI
    ``Gemini 2.5 Pro Text Input - Predictions``             Vertex AI
    ``gpt-4o-2024-08-06, cached input``                     OpenAI
    ``Claude Sonnet 4.5 Usage - Input Tokens, Cache Write (1h)``   Anthropic
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise
from typing import Final, NamedTuple

#: How much of a text is read; no meter's name is longer.
_LONGEST: Final = 300

_INPUT: Final = frozenset({"input", "inp", "inpt", "in", "prompt", "uncached"})
_OUTPUT: Final = frozenset({"output", "outp", "out", "opt", "outpt", "completion", "completions"})
_CACHE: Final = frozenset({"cache", "cached", "cchd", "cachd", "cd", "caching"})
_WRITE: Final = frozenset({"write", "writes", "wr", "wrt", "creation", "create"})
_STORAGE: Final = frozenset({"storage", "stored", "hours", "hour"})
_GLOBAL: Final = frozenset({"global", "glbl", "gl"})
_HOUR: Final = frozenset({"1h", "1hr", "1hour"})
#: What a token holds, when it stands before a direction.
_MEDIA: Final = {"audio": "audio", "aud": "audio", "image": "image", "img": "image"}
_MODALITY: Final = frozenset({*_MEDIA, "text", "txt", "video", "vid"})


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


#: Words that never belong to a model's name: of units, of scope, of tier, of sellers, of grammar.
_FILLER: Final = (
    _set("token tokens count counts unit units tokencount 1k 1m 1000 1000000 million thousand")
    | _set("global glbl gl regional regnl rgnl rg region dzone dz dzn datazone zone cross")
    | _set("crossregion inference batch bat standard std flex priority pp prio latency optimized")
    | _set("ondemand demand mantle mp shortco longco sc lc short long context ctx lctx ga thinking")
    | _set("predictions prediction predict online generate content generated tuned served consumed")
    | _set("read reads hit hits ephemeral 5m 5min usage used request requests charge charges api")
    | _set("amazon anthropic azure openai google meta foundry cloud vertex ai bedrock edition")
    | _set("model garden publisher service invoke per for of the and via on by")
)
#: What stands first in a usage type of AWS: a region's code, alone or before ``MP:``.
_AWS_REGION: Final = re.compile(
    r"^(?:(?:US[EW]|EU[NCSW]?|AP[NSE]|CA[NW]?|SA[E]?|ME[CS]?|AF[S]?|UG[EW]|IL[C]?|MX[C]?|TPE)\d?"
    r"|Global|[a-z]{2}-[a-z]+-\d)(?:[-_:]|(?=MP:))(?:MP:)?"
)
#: Other makers' names stand before a model's, with a dot.
_MAKER: Final = re.compile(
    r"\b(?:ai21|amazon|anthropic|azure|cohere|deepseek|google|meta|microsoft|minimax|mistral"
    r"|moonshotai|nvidia|openai|qwen|writer|zai)\.(?=[a-z])",
    re.IGNORECASE,
)
_PARENTHESIS: Final = re.compile(r"\((?!\d+[hm]\)|1h)[^()]*\)")
#: ``NovaLite`` is two words, ``inputTokenCount`` three; ``GPT`` and ``gpt-4o`` stay whole.
_CAMEL: Final = re.compile(r"(?<=[a-z])(?=[A-Z]|1h|5m)|(?<=\d)(?=[A-Z][a-z])")
_WORD: Final = re.compile(r"[a-z0-9]+(?:\.\d+[a-z]*)*")


class Meter(NamedTuple):
    """What a meter says of itself; what it leaves open is None.

    ``is_global`` where it is of a global profile, which some catalogues price by itself.
    """

    model: str | None = None
    token_kind: str | None = None
    tokens_per_unit: Decimal | None = None
    is_global: bool = False


@lru_cache(maxsize=20_000)
def read_meter(text: str) -> Meter:
    """Read a meter's name, a SKU's description or a line item, whoever wrote it."""
    words = _words(text[:_LONGEST])
    is_global = not _GLOBAL.isdisjoint(words) or text.startswith("Global")
    return Meter(_model(words), _token_kind(words), _block_in(words), is_global)


def _words(text: str) -> list[str]:
    text = _PARENTHESIS.sub(" ", _MAKER.sub(" ", text.strip()))
    while (shorter := _AWS_REGION.sub("", text)) != text:
        text = shorter
    return _WORD.findall(_CAMEL.sub(" ", text).casefold())


def _token_kind(words: list[str]) -> str | None:
    said = frozenset(words)
    if said & _CACHE:
        return _cache_kind(said)
    if said & _OUTPUT:
        return "output_audio" if _before(words, _OUTPUT) == "audio" else "output"
    if said & _INPUT:
        medium = _before(words, _INPUT)
        return f"input_{medium}" if medium else "input"
    return None


def _cache_kind(said: frozenset[str]) -> str | None:
    if said & _STORAGE:
        return None
    if said & _WRITE:
        return "cache_write_1h" if said & _HOUR else "cache_write"
    return "cache_read"


def _before(words: list[str], direction: frozenset[str]) -> str:
    """Say what the tokens of a direction hold beside text: ``audio``, ``image`` or nothing."""
    pairs = pairwise(words)
    return next((_MEDIA[a] for a, b in pairs if b in direction and a in _MEDIA), "")


def _model(words: list[str]) -> str | None:
    """Take the longest run of words that mean nothing else."""
    runs = [""]
    for place, word in enumerate(words):
        if _is_said(words, place):
            runs.append("")
        else:
            runs[-1] += f"-{word}" if runs[-1] else word
    name = max(runs, key=lambda run: run.count("-") + bool(run))
    if not any(letter.isdigit() for letter in name) and len(name) < _SHORTEST:
        return None
    return f"gpt-{name}" if name[0].isdigit() else name


#: A name without a digit is a model only when it is longer than a stray word.
_SHORTEST: Final = 4


def _is_said(words: list[str], place: int) -> bool:
    word = words[place]
    if word in _MODALITY:  # "text input", but "gpt audio"
        following = words[place + 1 : place + 2]
        return not following or following[0] in _INPUT | _OUTPUT | _CACHE | _FILLER
    return word in _FILLER | _INPUT | _OUTPUT | _CACHE | _WRITE | _STORAGE | _HOUR


# --- units ------------------------------------------------------------------------------------

_BLOCK: Final = re.compile(
    r"^(?:per\s+)?(?P<number>\d[\d,_ ]*)?\s*(?P<scale>k|m|b|thousand|million|billion)?s?"
    r"[\s-]*(?P<noun>tokens?)?$",
    re.IGNORECASE,
)
_SCALES: Final = {"": 1, "k": 10**3, "t": 10**3, "m": 10**6, "b": 10**9}


def tokens_in(unit: str) -> Decimal | None:
    """Say how many tokens a unit holds: ``1K``, ``1000000 Tokens``, ``1M tokens``, ``Tokens``.

    None for a unit of something else, or of nobody knows what (``Units``).
    """
    words = unit.strip()
    if words.casefold() == "count":  # as Google counts
        return Decimal(1)
    found = _BLOCK.match(words)
    if found is None or not (found["noun"] or (found["number"] and found["scale"])):
        return None
    number = re.sub(r"\D", "", found["number"] or "") or "1"
    return Decimal(int(number[:12]) * _SCALES[(found["scale"] or "")[:1].lower()])


def _block_in(words: list[str]) -> Decimal | None:
    """Find the block in a meter's own name: ``5.4 cd inp Gl 1M Tokens``."""
    return next((_BLOCKS[word] for word in words if word in _BLOCKS), None)


_BLOCKS: Final = {"1k": Decimal(10**3), "1m": Decimal(10**6)}


# --- FOCUS ------------------------------------------------------------------------------------

#: Keys of SkuPriceDetails that say it outright, the draft of 1.5 first, then what came before.
_MODEL_KEYS: Final = ("ModelId", "ModelID", "ModelName", "Model", "model", "x_ModelId")
_DIRECTION_KEYS: Final = ("TokenDirection", "x_TokenDirection", "token_direction")
_ACTION_KEYS: Final = ("TokenCacheAction", "CacheAction", "x_TokenCacheAction")
_TYPE_KEYS: Final = ("TokenType", "x_TokenType", "token_type", "TokenCategory")
_KEYS: Final = (*_MODEL_KEYS, *_DIRECTION_KEYS, *_ACTION_KEYS, *_TYPE_KEYS)

Details = tuple[tuple[str, str], ...]


def telling(details: Mapping[str, str] | None) -> Details:
    """Give what of SkuPriceDetails says model and token kind; equal ones are read alike."""
    if not details:
        return ()
    return tuple((key, str(details[key])) for key in _KEYS if details.get(key))


@lru_cache(maxsize=20_000)
def read_details(details: Details) -> Meter:
    """Read model and token kind from keys of SkuPriceDetails."""
    said = dict(details)
    model = next((said[key] for key in _MODEL_KEYS if key in said), None)
    kinds = [said[key] for keys in (_DIRECTION_KEYS, _ACTION_KEYS, _TYPE_KEYS) for key in keys
             if key in said]  # fmt: skip
    if any(key in said for key in _ACTION_KEYS):
        kinds = [f"cache {kind}" if kind.casefold() in {"read", "write"} else kind
                 for kind in kinds]  # fmt: skip
    return Meter(model, read_meter(" ".join(kinds)).token_kind if kinds else None, None)
