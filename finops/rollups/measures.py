"""The measures of calls, or of charges, as SQL, in the order of ``finops.domain.measures``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from psycopg import sql

from finops.domain.measures import AMOUNTS, COLUMNS, OF_BILLS

_PROMPT: Final = (
    "coalesce(calls.input_tokens, 0) + coalesce(calls.cache_read_tokens, 0)"
    " + coalesce(calls.cache_write_tokens, 0) + coalesce(calls.cache_write_1h_tokens, 0)"
    " + coalesce(calls.input_audio_tokens, 0) + coalesce(calls.input_image_tokens, 0)"
)
_OUTPUT: Final = (
    "coalesce(calls.output_tokens, 0) + coalesce(calls.reasoning_tokens, 0)"
    " + coalesce(calls.output_audio_tokens, 0)"
)
_REPORTED: Final = "calls.reported_cost IS NOT NULL AND calls.currency = %(currency)s"

_EXPRESSIONS: Final = {
    "calls": "sum(calls.requests)::bigint",
    "unpriced_calls": "coalesce(sum(calls.requests) FILTER (WHERE calls.cost IS NULL), 0)::bigint",
    "reported_calls": f"coalesce(sum(calls.requests) FILTER (WHERE {_REPORTED}), 0)::bigint",
    "input_tokens": f"sum({_PROMPT})::bigint",
    "cache_read_tokens": "coalesce(sum(calls.cache_read_tokens), 0)::bigint",
    "cache_write_tokens": (
        "(coalesce(sum(calls.cache_write_tokens), 0)"
        " + coalesce(sum(calls.cache_write_1h_tokens), 0))::bigint"
    ),
    "cache_write_1h_tokens": "coalesce(sum(calls.cache_write_1h_tokens), 0)::bigint",
    "output_tokens": f"sum({_OUTPUT})::bigint",
    "reasoning_tokens": "coalesce(sum(calls.reasoning_tokens), 0)::bigint",
    "cost": "coalesce(sum(calls.cost), 0)",
    "counted_reported": (
        "coalesce(sum(calls.cost) FILTER (WHERE calls.cost_source = 'reported'), 0)"
    ),
    "reported_cost": f"coalesce(sum(calls.reported_cost) FILTER (WHERE {_REPORTED}), 0)",
}


def over_calls() -> sql.Composable:
    """Aggregate the calls; needs the parameter ``currency``, the reporting currency."""
    return sql.SQL(", ").join(
        sql.SQL("{} AS {}").format(sql.SQL(_EXPRESSIONS[name]), sql.Identifier(name))
        for name in COLUMNS
    )


def over_rollup() -> sql.Composable:
    """Add up rows that hold measures already."""
    return _sums(COLUMNS)


def over_bills(basis: str) -> sql.Composable:
    """Aggregate daily charges on a basis."""
    return _of_bills(
        cost=sql.SQL("sum({})").format(sql.Identifier(basis)),
        charges=sql.SQL("sum(rows)"),
        charges_without=sql.SQL("sum(least(rows, unconverted_rows + {}))").format(
            sql.Identifier(f"missing_{basis}_rows")
        ),
        unconverted_charges=sql.SQL("sum(unconverted_rows)"),
    )


def over_charges(basis: str) -> sql.Composable:
    """Aggregate the charges themselves on a basis."""
    amount = sql.SQL("{} * charges.exchange_rate").format(
        sql.Identifier("charges", f"{basis}_cost")
    )
    return _of_bills(
        cost=sql.SQL("sum({})").format(amount),
        charges=sql.SQL("count(*)"),
        charges_without=sql.SQL("count(*) - count({})").format(amount),
        unconverted_charges=sql.SQL("count(*) FILTER (WHERE charges.exchange_rate IS NULL)"),
    )


def _of_bills(*, cost: sql.Composable, **lines: sql.Composable) -> sql.Composable:
    """Name the sums of bills; what is measured of calls is 0, as they are none."""
    told = {name: sql.SQL("{}::bigint").format(count) for name, count in lines.items()}
    told["cost"] = sql.SQL("coalesce({}, 0)").format(cost)
    return sql.SQL(", ").join(
        sql.SQL("{} AS {}").format(told.get(name, sql.SQL("0")), sql.Identifier(name))
        for name in (*COLUMNS, *OF_BILLS)
    )


def over_measured(*, bills: bool) -> sql.Composable:
    """Add up groups that were read from calls and rollups, or from bills."""
    return _sums((*COLUMNS, *OF_BILLS) if bills else COLUMNS)


def _sums(names: Iterable[str]) -> sql.Composable:
    return sql.SQL(", ").join(
        sql.SQL("sum({name}){cast} AS {name}").format(
            name=sql.Identifier(name), cast=sql.SQL("" if name in AMOUNTS else "::bigint")
        )
        for name in names
    )
