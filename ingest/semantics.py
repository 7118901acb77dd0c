"""Split what a source counted into disjoint kinds, so that no token is priced twice.

Sources differ in which part they count inside which: OpenAI's prompt tokens include cache reads,
Anthropic's do not. A format states its habit as a Semantics; this is the only place that acts on
it.
"""

from __future__ import annotations

from typing import NamedTuple, NoReturn

import msgspec

from ingest.source_format import RowRejected, Semantics


class Tokens(msgspec.Struct, kw_only=True, gc=False):
    """Counts as the source states them: whole prompt or its rest, as its Semantics say.

    ``cache_write_tokens`` is the 5-minute kind alone. None: the source said nothing.
    """

    input_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None
    cache_write_1h_tokens: int | None = None
    input_audio_tokens: int | None = None
    input_image_tokens: int | None = None
    output_tokens: int | None = None
    reasoning_tokens: int | None = None
    output_audio_tokens: int | None = None


class PlainCounts(NamedTuple):
    """What remains of prompt and answer once every part with a field of its own is taken out."""

    input_tokens: int | None
    output_tokens: int | None


def plain_counts(tokens: Tokens, semantics: Semantics) -> PlainCounts:
    """Take the parts out of their wholes; rejects parts that are larger than their whole."""
    plain_input, plain_output = tokens.input_tokens, tokens.output_tokens
    if inside := _inside_input(tokens, semantics):
        if plain_input is None or inside > plain_input:
            _reject_input(tokens, semantics)
        plain_input -= inside
    if inside := _inside_output(tokens, semantics):
        if plain_output is None or inside > plain_output:
            _reject_output(tokens, semantics)
        plain_output -= inside
    return PlainCounts(plain_input, plain_output)


def _inside_input(tokens: Tokens, semantics: Semantics) -> int:
    inside = 0
    if tokens.cache_read_tokens and semantics.cache_read_in_input:
        inside += tokens.cache_read_tokens
    if semantics.cache_write_in_input:
        inside += (tokens.cache_write_tokens or 0) + (tokens.cache_write_1h_tokens or 0)
    return inside + (tokens.input_audio_tokens or 0) + (tokens.input_image_tokens or 0)


def _inside_output(tokens: Tokens, semantics: Semantics) -> int:
    inside = tokens.output_audio_tokens or 0
    if tokens.reasoning_tokens and semantics.reasoning_in_output:
        inside += tokens.reasoning_tokens
    return inside


def _reject_input(tokens: Tokens, semantics: Semantics) -> NoReturn:
    parts = ["input_audio_tokens", "input_image_tokens"]
    if semantics.cache_read_in_input:
        parts.append("cache_read_tokens")
    if semantics.cache_write_in_input:
        parts += ["cache_write_tokens", "cache_write_1h_tokens"]
    _reject_parts(tokens, "input_tokens", parts)


def _reject_output(tokens: Tokens, semantics: Semantics) -> NoReturn:
    parts = ["output_audio_tokens"]
    if semantics.reasoning_in_output:
        parts.append("reasoning_tokens")
    _reject_parts(tokens, "output_tokens", parts)


def _reject_parts(tokens: Tokens, whole: str, parts: list[str]) -> NoReturn:
    """Name the one part that is too large, or say that the parts together are."""
    total = getattr(tokens, whole)
    for part in parts:
        size = getattr(tokens, part) or 0
        if size and total is None:
            raise RowRejected(f"{part} is given, but {whole}, of which it is a part, is not", part)
        if total is not None and size > total:
            raise RowRejected(f"{part} ({size}) is larger than {whole} ({total})", part)
    together = " + ".join(part for part in parts if getattr(tokens, part))
    raise RowRejected(f"{together} is larger than {whole} ({total})", whole)
