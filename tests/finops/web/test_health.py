"""What probes are told."""

from __future__ import annotations

import pytest
from django.test import Client

from finops.web import health


@pytest.mark.usefixtures("ledger")
def test_ready_names_every_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(health._CHECKS, "broker", lambda: True)

    answer = Client().get("/readyz")

    assert (answer.status_code, answer.json()) == (
        200,
        {"database": True, "migrations": True, "broker": True},
    )


@pytest.mark.usefixtures("ledger")
def test_a_part_that_fails_is_named_and_the_rest_still_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def gone() -> bool:
        raise ConnectionError("secret host name")

    monkeypatch.setitem(health._CHECKS, "broker", gone)

    answer = Client().get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["broker"] is False
    assert b"secret" not in answer.content


def test_alive_needs_nothing() -> None:
    assert Client().get("/healthz").content == b"ok\n"


@pytest.mark.django_db
def test_whoever_has_not_signed_in_sees_no_figure_and_a_strict_policy() -> None:
    answer = Client().get("/", follow=True)

    assert answer.status_code == 200
    assert "$" not in answer.content.decode()
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
