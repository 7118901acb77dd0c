"""What went into a statement, as one JSON document that is kept with it, and its hash."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from hashlib import sha256
from typing import Any

from finops.allocation.inputs import Inputs
from finops.allocation.pools import conditions
from finops.allocation.splitting import Rule, Split
from finops.allocation.staging import Allocation, Part, PoolIn, PoolOut
from finops.allocation.words import DIRECT, IN_NO_POOL
from finops.domain.money import plain
from finops.domain.shares import Amounts


def record_of(inputs: Inputs, found: Allocation) -> dict[str, Any]:
    """Write down what an allocation stood on: charges, pools, splits, and the weights used.

    Weights that several splits share are written once, under ``weights``. Equal inputs give equal
    documents.
    """
    weights: dict[str, dict[str, str]] = {}
    outs = {pool.key: pool for pool in found.pools}
    pools = [_pool(pool, outs[pool.key], inputs, weights) for pool in inputs.pools]
    return {
        "month": f"{inputs.month:%Y-%m}",
        "dimension": inputs.dimension,
        "basis": inputs.basis,
        "currency": inputs.currency,
        "direct": _written(inputs.direct.by_target),
        "in_no_pool": plain(inputs.in_no_pool.amount),
        "rows": inputs.direct.rows,
        "unconverted": inputs.direct.unconverted,
        "missing": inputs.direct.missing,
        "rounding": plain(found.rounding),
        "unreconciled": {name: _written(told) for name, told in inputs.unreconciled.items()},
        "lines": _lines(pools, inputs, found),
        "weights": weights,
    }


def digest(record: Mapping[str, Any]) -> str:
    """Give the SHA-256 of a document, whatever the order of its names."""
    text = json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return sha256(text.encode()).hexdigest()


def _lines(pools: list[dict[str, Any]], inputs: Inputs, found: Allocation) -> list[dict[str, Any]]:
    direct = {"name": DIRECT, "stage": 0, "method": "direct", "amount": f"{found.direct_total:f}"}
    left = {
        "name": IN_NO_POOL,
        "stage": 0,
        "method": "none",
        "amount": f"{found.in_no_pool:f}",
        "rows": inputs.in_no_pool.rows,
    }
    by_key = {pool["pool"]: pool for pool in pools}
    ordered = [by_key[pool.key] for pool in found.pools]
    is_left = found.in_no_pool or inputs.in_no_pool.rows
    return [direct, *ordered, *([left] if is_left else [])]


def _pool(
    pool: PoolIn, out: PoolOut, inputs: Inputs, weights: dict[str, dict[str, str]]
) -> dict[str, Any]:
    stored = inputs.stored[pool.key]
    told: dict[str, Any] = {
        "pool": pool.key,
        "name": pool.name,
        "stage": pool.stage,
        "conditions": conditions(stored),
        "method": out.method,
        "amount": f"{out.amount:f}",
        "exact": plain(out.exact),
        "rows": inputs.picked[pool.key].rows,
        "notes": list(out.notes),
        "is_surcharge": out.is_surcharge,
        "parts": [
            _part(part, split, weights) for part, split in zip(pool.parts, out.splits, strict=True)
        ],
    }
    if pool.percent is not None:
        told["surcharge_percent"] = plain(pool.percent)
    if out.unreconciled is not None:
        told["unreconciled"] = f"{out.unreconciled:f}"
    return told


def _part(part: Part, split: Split, weights: dict[str, dict[str, str]]) -> dict[str, Any]:
    written = _written(split.weights)
    key = digest(written)[:12]
    weights.setdefault(key, written)
    return {
        "month": _month(part.month),
        "amount": plain(part.amount),
        "rule": _rule(part.rule),
        "weights": key,
        "note": split.note,
    }


def _rule(rule: Rule | None) -> dict[str, Any]:
    if rule is None:
        return {}
    return {
        "method": rule.method,
        "fallback": rule.fallback,
        "targets": sorted(rule.targets),
        "driver": rule.driver,
        "utilisation": None if rule.utilisation is None else plain(rule.utilisation),
        "idle_to": rule.idle_to,
    }


def _month(month: date | None) -> str:
    return f"{month:%Y-%m}" if month else ""


def _written(amounts: Amounts) -> dict[str, str]:
    return {target: plain(amounts[target]) for target in sorted(amounts)}
