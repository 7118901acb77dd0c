"""Other spellings of a model's name, tried only after the name as given has matched nothing.

Each step takes away one thing that routing adds around a model's name and leaves every other name
alone. No step takes away what can change the price: ``global.`` (Bedrock's global profiles cost
less than the regional ones), ``:free``, or a version.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date
from typing import Final

from finops.pricing.providers import PROVIDER_NAMES

_ARN = re.compile(r"^arn:[^/]*/")
_BEDROCK_ROUTE = re.compile(r"^(?:converse|converse_like|invoke|[a-z]{2}(?:-[a-z]+)+-\d)/")
# Not another Fireworks account's path: a customer's tuned model may bear a base model's name.
_RESOURCE_PATH = re.compile(r"^(?!accounts/(?!fireworks/))(?:[^/]+/)*models/")
_GEO_PROFILE = re.compile(r"^(?:us-gov|us|eu|apac|ap|jp|au|ca|sa|me|af)\.(?=[a-z0-9-]+\.)")
_SUBVERSION = re.compile(r"(?::\d+)(?::\d+k)?$")
_UNDATED = re.compile(r"@(?:default|latest|\d{3})$")
_DATED = re.compile(r"@(?=20\d{6}$)")
_COMPACT_DATE = re.compile(r"-(20\d{2})(\d{2})(\d{2})(?=-|:|$)")


def without_provider_prefix(name: str) -> str:
    """``openrouter/anthropic/claude-x`` → ``anthropic/claude-x`` (LiteLLM's routing prefix)."""
    first, slash, rest = name.partition("/")
    return rest if slash and rest and first in PROVIDER_NAMES else name


def without_arn(name: str) -> str:
    """``arn:aws:bedrock:…:inference-profile/us.x.y`` → ``us.x.y``."""
    return _ARN.sub("", name)


def without_bedrock_route(name: str) -> str:
    """``converse/us-east-1/x.y`` → ``us-east-1/x.y`` → ``x.y`` (LiteLLM's Bedrock routes)."""
    return _BEDROCK_ROUTE.sub("", name)


def without_resource_path(name: str) -> str:
    """``projects/p/locations/l/publishers/google/models/x``, ``models/x`` → ``x``."""
    return _RESOURCE_PATH.sub("", name)


def without_geo_profile(name: str) -> str:
    """``us.anthropic.x`` → ``anthropic.x``: regional profiles cost what the bare id costs."""
    return _GEO_PROFILE.sub("", name)


def without_subversion(name: str) -> str:
    """``x-v1:0`` and ``x-v1:0:200k`` → ``x-v1``."""
    return _SUBVERSION.sub("", name)


def without_vertex_version(name: str) -> str:
    """``x@default`` and ``x@001`` → ``x``; ``x@20250929`` → ``x-20250929``."""
    return _DATED.sub("-", _UNDATED.sub("", name))


def with_dashed_date(name: str) -> str:
    """``gpt-5.2-20251211`` → ``gpt-5.2-2025-12-11`` (LiteLLM and OpenRouter write the former)."""
    return _COMPACT_DATE.sub(_dashed, name)


def _dashed(found: re.Match[str]) -> str:
    try:
        return f"-{date(int(found[1]), int(found[2]), int(found[3])).isoformat()}"
    except ValueError:  # eight digits that are no date
        return found[0]


#: In order; each works on what the one before has left. Routing stands outermost, dates innermost.
STEPS: Final[tuple[Callable[[str], str], ...]] = (
    without_provider_prefix,
    without_arn,
    without_bedrock_route,
    without_resource_path,
    without_geo_profile,
    without_vertex_version,
    without_subversion,
    with_dashed_date,
)


def spellings(name: str) -> Iterator[str]:
    """Yield the name in lower case, then what is left of it after each step that changes it."""
    name = name.strip().lower()
    yield name
    for step in STEPS:
        while (shorter := step(name)) != name:
            name = shorter
            yield name
