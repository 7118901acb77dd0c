"""From where a request comes: from our proxies' word, never from the caller's own."""

from __future__ import annotations

from typing import Any

import pytest
from auditlog.models import LogEntry
from django.http import HttpRequest, HttpResponse

from finops.web.callers import RealAddress
from tests.finops.access.people_at_hand import browser, person


def seen(*, proxies: int, forwarded: str | None, settings: Any) -> str:
    settings.TRUSTED_PROXIES = proxies
    request = HttpRequest()
    request.META["REMOTE_ADDR"] = "10.0.0.1"
    if forwarded is not None:
        request.META["HTTP_X_FORWARDED_FOR"] = forwarded
    RealAddress(lambda _: HttpResponse())(request)
    assert "HTTP_X_FORWARDED_FOR" not in request.META
    return str(request.META["REMOTE_ADDR"])


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, None, "10.0.0.1"),
        (0, "203.0.113.9", "10.0.0.1"),
        (1, None, "10.0.0.1"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "invented, 203.0.113.9", "203.0.113.9"),
        (2, "invented, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
        (2, "203.0.113.9", "10.0.0.1"),
        (1, "2001:db8::1", "2001:db8::1"),
        (1, "<script>", "10.0.0.1"),
        (1, "", "10.0.0.1"),
    ],
)
def test_each_proxy_of_ours_is_believed_once(
    proxies: int, forwarded: str | None, address: str, settings: Any
) -> None:
    assert seen(proxies=proxies, forwarded=forwarded, settings=settings) == address


@pytest.mark.django_db
@pytest.mark.parametrize("proxies", [0, 1])
def test_the_change_log_keeps_a_made_up_address_out(proxies: int, settings: Any) -> None:
    settings.TRUSTED_PROXIES = proxies
    client = browser(person("admin"))

    answer = client.post(
        "/settings/",
        {"name": "Ann"},
        headers={"X-Forwarded-For": "'; DROP TABLE", "X-Forwarded-Port": "9" * 30},
    )

    assert answer.status_code == 302
    entry = LogEntry.objects.latest("id")
    assert (entry.remote_addr, entry.remote_port) == ("127.0.0.1", None)
