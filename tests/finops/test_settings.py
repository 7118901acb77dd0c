"""Settings that are worked out: where links in mails lead."""

from __future__ import annotations

import pytest

from finops.settings import base_url


@pytest.mark.parametrize(
    ("given", "hosts", "secure", "url"),
    [
        ("", ["localhost", "127.0.0.1"], False, "http://127.0.0.1:8000"),
        ("", ["localhost", "costline.example.com"], True, "https://costline.example.com"),
        ("", ["costline.example.com"], False, "http://costline.example.com:8000"),
        ("", ["*", ".example.com", "[::1]"], True, "http://127.0.0.1:8000"),
        ("https://c.example.com/", ["other.example.com"], False, "https://c.example.com"),
        (" https://example.com/costline ", [], True, "https://example.com/costline"),
    ],
)
def test_links_in_mails_lead_here(given: str, hosts: list[str], secure: bool, url: str) -> None:
    assert base_url(given, hosts, port=8000, secure=secure) == url


@pytest.mark.parametrize(
    "given", ["costline.example.com", "ftp://x", "https://a b", "javascript:x"]
)
def test_what_is_no_web_address_is_refused_loudly(given: str) -> None:
    with pytest.raises(ValueError, match="COSTLINE_URL"):
        base_url(given, [], port=8000, secure=True)
