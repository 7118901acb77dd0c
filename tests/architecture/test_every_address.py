"""Every address as nobody and with every kind of key: nothing is open by oversight."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from finops.access.keys import create_key
from finops.ledger.sources import source_named
from finops.models import ApiKey

#: Open by contract: they show nothing that anybody could not know.
OPEN = {"", "healthz", "readyz"}
#: What each kind of key may do, by address: the status of a plain GET.
ALLOWED = {
    "api/v1/costs/": {"read": 200, "admin": 200, "write": 403},
    "api/v1/workflows/<path:workflow>/runs/": {"read": 200, "admin": 200, "write": 403},
    "api/v1/runs/<opaque:url_id>/": {"read": 404, "admin": 404, "write": 403},
    "api/v1/calls/": {"read": 403, "admin": 405, "write": 405},
    "api/schema/": {"read": 200, "admin": 200, "write": 403},
    "api/docs/": {"read": 200, "admin": 200, "write": 403},
}


def addresses(patterns: list[URLPattern | URLResolver], before: str = "") -> Iterator[str]:
    for pattern in patterns:
        here = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, here)
        else:
            yield here


def concrete(address: str) -> str:
    return "/" + address.replace("<path:workflow>", "agent").replace("<opaque:url_id>", "0" * 32)


ALL = sorted(addresses(get_resolver().url_patterns))


def test_every_address_is_either_open_by_contract_or_listed_with_its_rights() -> None:
    assert set(ALL) == OPEN | set(ALLOWED)


@pytest.mark.usefixtures("ledger")
@pytest.mark.parametrize("address", sorted(set(ALL) - OPEN))
def test_nobody_gets_in(address: str) -> None:
    assert Client().get(concrete(address)).status_code == 401


@pytest.mark.usefixtures("ledger")
@pytest.mark.parametrize("scope", ApiKey.SCOPES)
@pytest.mark.parametrize("address", sorted(set(ALL) - OPEN))
def test_every_kind_of_key_gets_what_it_may(address: str, scope: str) -> None:
    _, token = create_key(name=scope, source=source_named("service"), scope=scope)

    answer = Client().get(concrete(address), headers={"Authorization": f"Bearer {token}"})

    assert answer.status_code == ALLOWED[address][scope]


@pytest.mark.usefixtures("ledger")
@pytest.mark.parametrize("address", sorted(OPEN))
def test_open_addresses_answer(address: str) -> None:
    assert Client().get("/" + address).status_code in {200, 503}
