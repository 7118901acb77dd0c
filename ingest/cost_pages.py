"""Pages of the cost APIs of OpenAI and Anthropic: buckets of time, each with its results.

A file holds pages, a list of pages or of buckets, or one of either a line.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from ingest.fields import json_value
from ingest.source_format import Head, RowRejected

#: Results of one row: a page of half a year with this many would not be one line of JSON.
MAX_RESULTS: Final = 500_000

Values = Mapping[str, Any]


def buckets_of(raw: bytes) -> list[Values]:
    """Give the buckets of a row. Rejects what is neither page nor bucket, whole: a bill that lacks
    one of its results would be short without a word.
    """
    return list(_buckets(json_value(raw)))


def _buckets(value: Any, depth: int = 2) -> Iterator[Values]:
    if isinstance(value, list) and depth:
        for element in value:
            yield from _buckets(element, depth - 1)
    elif isinstance(value, Mapping) and isinstance(value.get("data"), list) and depth:
        yield from _buckets(value["data"], depth)
    elif isinstance(value, Mapping) and isinstance(_results(value), list):
        yield value
    else:
        raise RowRejected("neither a page nor a bucket of costs")


def results_of(bucket: Values) -> list[Values]:
    """Give the results of a bucket; older replies call them ``result``."""
    found = _results(bucket)
    if len(found) > MAX_RESULTS or not all(isinstance(result, Mapping) for result in found):
        raise RowRejected("a bucket holds what is no result", "results")
    return list(found)


def _results(bucket: Values) -> Any:
    return bucket.get("results", bucket.get("result"))


def buckets_in(first: Values | None) -> list[Values]:
    """Give the buckets of a file's first row; none where it is anything else."""
    try:
        found = list(_buckets(first))
        for bucket in found:
            results_of(bucket)
        return found
    except RowRejected:
        return []


def starts_as_list(head: Head) -> bool:
    """Say whether a file is a list on one line, which has no first object."""
    return head.first is None and head.data.lstrip()[:1] == b"["
