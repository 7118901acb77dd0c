"""The one way in which a document is written."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops.reviews.document import Document, canonical, digest, loaded
from tests.finops.reviews.meetings import HOSTILE

PLAIN = st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from(HOSTILE)
JSON = st.recursive(
    PLAIN, lambda each: st.lists(each) | st.dictionaries(st.text(), each), max_leaves=30
)


def written(value: Any) -> str:
    return canonical(cast("Document", value))


@given(st.dictionaries(st.text(), JSON))
def test_what_is_written_reads_back_and_writes_the_same_again(value: dict[str, Any]) -> None:
    text = written(value)

    assert loaded(text) == value
    assert written(loaded(text)) == text
    assert digest(written(loaded(text))) == digest(text)


@given(st.dictionaries(st.text(), st.integers(), min_size=2))
def test_the_order_in_which_it_was_made_says_nothing(value: dict[str, int]) -> None:
    turned = dict(reversed(list(value.items())))

    assert written(turned) == written(value)


def test_letters_stand_as_they_are_in_utf_8() -> None:
    assert written({"b": "Žluť 😀", "a": 1}) == '{"a":1,"b":"Žluť 😀"}'
    assert len(digest("é")) == 64


@pytest.mark.parametrize("value", [{"a": 0.5}, {"a": [1, {"b": 2.0}]}, {"a": float("nan")}])
def test_a_float_is_refused(value: dict[str, Any]) -> None:
    assert "." in json.dumps(value) or "NaN" in json.dumps(value)
    with pytest.raises(TypeError, match="no floats"):
        written(value)
