"""Patterns that people write are exact, and none can hold up an import."""

from __future__ import annotations

from time import perf_counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops.classification.patterns import LONGEST_TEXT, like, model_in, problem_of


@pytest.mark.parametrize(
    ("pattern", "text", "holds"),
    [
        ("", "anything", True),
        ("amazon bedrock", "Amazon Bedrock", True),
        ("*bedrock*", "Amazon Bedrock AgentCore", True),
        ("NC*|ND*", "ND96isr H100 v5", True),
        ("NC*|ND*", "Standard NC6", False),
        ("*gemini*input*", "Gemini 2.5 Pro Text Input - Predictions", True),
        ("*gemini*input*", "Input for Gemini", False),
        ("a.c", "abc", False),
        ("price [v2]?", "price [v2]?", True),
        ("*a*a", "aa", True),
        ("*a*a", "a", False),
    ],
)
def test_a_star_is_any_text_and_a_bar_is_or(pattern: str, text: str, holds: bool) -> None:
    assert like(pattern)(text) is holds


@settings(max_examples=50)
@given(st.text(st.characters(exclude_characters="*|"), min_size=1).filter(str.strip))
def test_a_text_matches_itself_and_whatever_is_around_it(text: str) -> None:
    assert like(text.strip())(text.strip())
    assert like(f"*{text.strip()}*")(f"before {text.strip()} after")


def test_many_stars_over_a_long_text_take_no_time() -> None:
    began = perf_counter()
    assert not like("*a" * 200 + "*b")("a" * 5_000)
    assert perf_counter() - began < 1


@pytest.mark.parametrize(
    ("expression", "text", "model"),
    [
        (r"^(?P<model>gpt-[\w.-]+),", "gpt-4o-2024-08-06, input", "gpt-4o-2024-08-06"),
        (
            r"(?P<model>claude[- ](?:sonnet|opus)[- ][\d.]+)",
            "Claude Opus 4.5 usage",
            "Claude Opus 4.5",
        ),
        (r"^(?P<model>x)?.*$", "nothing here", None),
        (r"(?P<model>nova)", "Gemini", None),
    ],
)
def test_an_expression_finds_the_model_or_nothing(
    expression: str, text: str, model: str | None
) -> None:
    assert problem_of(expression) == ""
    assert model_in(expression, text) == model


@pytest.mark.parametrize(
    "expression",
    [
        r"(?P<model>(a+)+)$",
        r"(?P<model>(a|a)*)$",
        r"(?P<model>(a?){20})x",
        r"(?P<model>(?:a|b)+?)c",
        r"(?P<model>.*.*.*.*)x",
        r"(?P<model>a{1,1000})",
        r"(?P<model>a{3,})",
        r"(?P<model>a)(\1)",
        r"(?P<model>[a",
        r"gpt-.*",
        r"(?P<model>a)(?P<other>b)",
        "(?P<model>" + "a" * 600 + ")",
        "(?P<model>" + "(" * 300 + ")" * 300 + ")" + "x" * 200,
    ],
)
def test_an_expression_that_is_broken_nameless_or_could_be_slow_is_refused(expression: str) -> None:
    assert problem_of(expression)


@pytest.mark.parametrize("expression", [r"(?P<model>.*.*.*)x", r"(?P<model>\w+\w+\w*)!"])
def test_the_slowest_that_is_allowed_ends_in_a_moment(expression: str) -> None:
    assert problem_of(expression) == ""
    began = perf_counter()
    assert model_in(expression, "a" * 10 * LONGEST_TEXT) is None
    assert perf_counter() - began < 5
