"""Which addresses may be called: every way of saying "this machine" that anybody has thought of."""

from __future__ import annotations

import socket
import threading
from ipaddress import ip_address
from typing import Any
from unittest.mock import patch

import pytest

from finops.alerts.targets import (
    NameUnknown,
    Target,
    TargetRefused,
    addresses_of,
    check_address,
    read_target,
)

#: Spelt so that some program would take it for a private place, or for something else entirely.
REFUSED = (
    "",
    "hooks.example.com",
    "ftp://example.com/",
    "file:///etc/passwd",
    "gopher://example.com/",
    "javascript:alert(1)",
    "//example.com/",
    "https://",
    "https:///path",
    "https://user@example.com/",
    "https://user:secret@example.com/",
    "https://example.com@127.0.0.1/",
    "https://example.com:0/",
    "https://example.com:22/",
    "https://example.com:25/",
    "https://example.com:99999/",
    "https://example.com:-1/",
    "https://example.com:abc/",
    "https://exa mple.com/",
    "https://example.com/\r\nX-Evil: 1",
    "https://example.com\\@127.0.0.1/",
    "https://exämple.com/",
    "https://-example.com/",
    "https://a..b/",
    f"https://{'a' * 64}.com/",
    f"https://example.com/{'a' * 2_000}",
    # Addresses that are odd, or private.
    "https://127.0.0.1/",
    "https://127.0.0.1./",
    "https://127.1/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.0.0.1/",
    "https://0177.0.0.1/",
    "https://127.0.0.01/",
    "https://0/",
    "https://0.0.0.0/",
    "https://10.0.0.1/",
    "https://172.16.0.1/",
    "https://192.168.1.1/",
    "https://100.64.0.1/",
    "https://100.100.100.200/",
    "https://169.254.169.254/latest/meta-data/",
    "https://192.0.0.192/",
    "https://168.63.129.16/",
    "https://198.18.0.1/",
    "https://224.0.0.1/",
    "https://240.0.0.1/",
    "https://255.255.255.255/",
    "https://[::]/",
    "https://[::1]/",
    "https://[::127.0.0.1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[::ffff:169.254.169.254]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[64:ff9b::a9fe:a9fe]/",
    "https://[2002:7f00:1::]/",
    "https://[2002:c0a8:101::]/",
    "https://[2001:0:4136:e378:8000:63bf:80ff:fffe]/",
    "https://[fe80::1]/",
    "https://[fe80::1%25eth0]/",
    "https://[fc00::1]/",
    "https://[fd00:ec2::254]/",
    "https://[ff02::1]/",
    "https://[2001:db8::1]/",
    "https://[::1/",
)


@pytest.mark.parametrize("url", REFUSED)
def test_what_must_not_be_called_is_refused_at_the_door(url: str) -> None:
    with pytest.raises(TargetRefused):
        read_target(url, private=False)


def test_plain_http_is_for_ones_own_network_alone() -> None:
    with pytest.raises(TargetRefused):
        read_target("http://hooks.example.com/x", private=False)

    assert read_target("http://hooks.internal/x", private=True).port == 80


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://hooks.slack.com/services/T/B/x", ("https", "hooks.slack.com", 443)),
        ("https://Hooks.Example.com.:8443/a?b=c", ("https", "hooks.example.com", 8443)),
        ("https://8.8.8.8/", ("https", "8.8.8.8", 443)),
        ("https://[2606:4700::1111]/", ("https", "2606:4700::1111", 443)),
        ("https://under_score.example.com/", ("https", "under_score.example.com", 443)),
    ],
)
def test_ordinary_addresses_may_be_called(url: str, target: tuple[str, str, int]) -> None:
    assert read_target(url, private=False)[:3] == target


def test_the_query_goes_along_and_a_fragment_does_not() -> None:
    target = read_target("https://example.com/a/b?c=d&e=f#g", private=False)

    assert target.path == "/a/b?c=d&e=f"
    assert read_target("https://example.com?c=d", private=False).path == "/?c=d"


@pytest.mark.parametrize("text", ["127.0.0.1", "10.1.2.3", "::1", "fd00::1", "::ffff:10.0.0.1"])
def test_ones_own_network_may_be_allowed(text: str) -> None:
    check_address(ip_address(text), private=True)
    with pytest.raises(TargetRefused):
        check_address(ip_address(text), private=False)


@pytest.mark.parametrize(
    "text", ["169.254.169.254", "fe80::1", "0.0.0.0", "::", "224.0.0.1", "168.63.129.16"]
)
def test_some_addresses_are_never_called(text: str) -> None:
    with pytest.raises(TargetRefused):
        check_address(ip_address(text), private=True)


def resolving(*addresses: str) -> Any:
    """Let every name have these addresses."""
    found = [(0, 0, 0, "", (address, 443)) for address in addresses]
    return patch("socket.getaddrinfo", return_value=found)


TARGET = Target("https", "hooks.example.com", 443, "/")


@pytest.mark.parametrize("private", ["127.0.0.1", "::1", "10.0.0.1", "169.254.169.254"])
def test_a_name_must_lead_to_no_private_place_by_any_of_its_addresses(private: str) -> None:
    with resolving("93.184.216.34", private), pytest.raises(TargetRefused):
        addresses_of(TARGET, private=False, seconds=1)


def test_a_name_is_asked_for_once_so_that_it_cannot_change_its_mind() -> None:
    with resolving("93.184.216.34") as asked:
        found = addresses_of(TARGET, private=False, seconds=1)

    assert found == [ip_address("93.184.216.34")]
    assert asked.call_count == 1


def test_an_address_is_not_asked_for_at_all() -> None:
    with resolving("127.0.0.1") as asked:
        assert addresses_of(TARGET._replace(host="8.8.8.8"), private=False, seconds=1)

    assert asked.call_count == 0


def test_a_name_that_nobody_knows_may_be_known_later() -> None:
    with patch("socket.getaddrinfo", side_effect=socket.gaierror), pytest.raises(NameUnknown):
        addresses_of(TARGET, private=False, seconds=1)


def test_a_resolver_that_hangs_is_not_waited_for() -> None:
    stop = threading.Event()

    def hang(*_: object, **__: object) -> list[object]:
        stop.wait(5)
        return []

    with (
        patch("socket.getaddrinfo", side_effect=hang),
        pytest.raises(NameUnknown),
    ):
        addresses_of(TARGET, private=False, seconds=0.05)
    stop.set()
