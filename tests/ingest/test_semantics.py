"""One token stands in one kind, whatever a source counts inside what."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops.domain.usage import INPUT_KINDS, OUTPUT_KINDS
from ingest.semantics import Tokens, plain_counts
from ingest.source_format import RowRejected, Semantics

count = st.integers(0, 10**12)
maybe = st.none() | count


@given(st.builds(Semantics, st.booleans(), st.booleans(), st.booleans()), st.data())
def test_kinds_are_disjoint_and_complete(semantics: Semantics, data: st.DataObject) -> None:
    values = {kind: data.draw(maybe, kind) for kind in INPUT_KINDS + OUTPUT_KINDS}
    tokens = Tokens(**values)
    try:
        plain = plain_counts(tokens, semantics)
    except RowRejected:
        return

    outside = 0
    if not semantics.cache_read_in_input:
        outside += tokens.cache_read_tokens or 0
    if not semantics.cache_write_in_input:
        outside += (tokens.cache_write_tokens or 0) + (tokens.cache_write_1h_tokens or 0)
    parts = sum(values[kind] or 0 for kind in INPUT_KINDS if kind != "input_tokens")
    assert (plain.input_tokens or 0) + parts == (tokens.input_tokens or 0) + outside
    assert (plain.input_tokens is None) == (tokens.input_tokens is None)

    outside = 0 if semantics.reasoning_in_output else tokens.reasoning_tokens or 0
    parts = sum(values[kind] or 0 for kind in OUTPUT_KINDS if kind != "output_tokens")
    assert (plain.output_tokens or 0) + parts == (tokens.output_tokens or 0) + outside


def test_parts_outside_may_be_larger() -> None:
    anthropic = Semantics(False, False, True)

    plain = plain_counts(Tokens(input_tokens=1, cache_read_tokens=900), anthropic)

    assert plain.input_tokens == 1


def test_together_too_large_names_the_parts() -> None:
    tokens = Tokens(input_tokens=9, cache_read_tokens=5, cache_write_tokens=5)

    with pytest.raises(RowRejected, match="cache_read_tokens \\+ cache_write_tokens") as caught:
        plain_counts(tokens, Semantics(True, True, True))

    assert caught.value.field == "input_tokens"
