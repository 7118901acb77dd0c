"""A month with 200 pools and 500 targets, made up inside the database, and how long it takes."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Final

from finops.allocation.inputs import USUAL_BASIS, USUAL_DIMENSION
from finops.allocation.running import publish
from finops.models import AllocationRun, CostPool, DriverValue, PoolSplit

POOLS: Final = 200
TARGETS: Final = 500
DRIVER: Final = "bench"
_METHODS: Final = ("even", "driver", "direct_cost", "driver")


def make_pools(month: date, *, pools: int = POOLS, targets: int = TARGETS) -> None:
    """Make pools that pick services ``service 0`` … by turns, over ``team 0`` … by all methods.

    The bills of the month are the caller's: charges with these services and nobody's, and charges
    with these teams.
    """
    DriverValue.objects.bulk_create(
        DriverValue(driver=DRIVER, month=month, target=f"team {n}", value=Decimal(n % 97 + 1))
        for n in range(targets)
    )
    made = CostPool.objects.bulk_create(
        CostPool(name=f"Pool {n}", stage=1 + n // 50, position=n + 1, service_name=f"service {n}")
        for n in range(pools)
    )
    PoolSplit.objects.bulk_create(
        PoolSplit(
            pool=pool,
            effective_from=month,
            method=_METHODS[n % len(_METHODS)],
            driver=DRIVER if _METHODS[n % len(_METHODS)] == "driver" else "",
            fallback="even",
            targets=[f"team {each}" for each in range(targets)],
        )
        for n, pool in enumerate(made)
    )


def forget_pools(month: date) -> None:
    """Take pools, drivers and statements of the month away again."""
    AllocationRun.objects.filter(month=month).delete()
    CostPool.objects.filter(name__startswith="Pool ").delete()
    DriverValue.objects.filter(driver=DRIVER).delete()


def seconds_to_allocate(month: date) -> float:
    """Publish the month once, from nothing, and say how long it took."""
    AllocationRun.objects.filter(month=month).delete()
    began = time.perf_counter()
    publish(month, USUAL_DIMENSION, USUAL_BASIS, now=datetime.now(UTC), by="bench")
    return time.perf_counter() - began
