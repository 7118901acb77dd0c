"""A real browser against a real server: what every page is watched for."""

from __future__ import annotations

import os
import shutil
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

from tests.browser.company import forget_small_company, load_small_company
from tests.conftest import client_of, empty_ledger

AXE = Path(__file__).parent / "vendor" / "axe.min.js"
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SIZES = {"desk": (1440, 900), "phone": (390, 844)}
THEMES = ("light", "dark")

#: Runs before any script of the page, and remembers what the policy stopped.
WATCH_POLICY = """
window.stopped = [];
addEventListener("securitypolicyviolation", (event) => {
  window.stopped.push(`${event.violatedDirective}: ${event.blockedURI} ${event.sample}`);
});
window.shifted = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value;
}).observe({ type: "layout-shift", buffered: true });
"""


def chromium() -> str | None:
    """Find the browser: named by CHROMIUM, or on the PATH."""
    return (
        os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    )


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    found = chromium()
    if found is None:
        warnings.warn("NO BROWSER TESTS: Chromium is not installed", UserWarning, stacklevel=1)
        pytest.skip("Chromium is not installed: the pages were not looked at")
    # Playwright keeps an event loop in this thread, which Django takes for asynchronous code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield launched
        launched.close()


class Visitor:
    """Opens pages as a person and collects everything that went wrong on them."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.context = context
        self.url = url
        self.page: Page = context.new_page()
        self.console: list[str] = []
        self.foreign: list[str] = []
        self.weights: dict[str, int] = {}
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.console.append(str(error)))
        self.page.on("request", self._asked)
        self.page.on("requestfinished", self._weighed)

    def open(self, path: str) -> Page:
        self.console.clear()
        self.foreign.clear()
        self.weights.clear()
        self.page.goto(f"{self.url}{path}", wait_until="load")
        charts = self.page.locator(".chart[data-figure-url]")
        for place in range(charts.count()):
            charts.nth(place).scroll_into_view_if_needed()
            self.page.locator(".chart[data-state=ready]").nth(place).wait_for(timeout=20_000)
        return self.page

    def faults(self) -> dict[str, Any]:
        """Give what no page may have; each must be empty."""
        sideways = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        return {
            "console": list(self.console),
            "foreign": list(self.foreign),
            "policy": self.page.evaluate("window.stopped"),
            "overflow": self.page.evaluate(sideways) or [],
            "axe": self.axe(),
        }

    def axe(self) -> list[str]:
        self.page.evaluate(AXE.read_text())
        found = self.page.evaluate("axe.run({resultTypes: ['violations']})")
        return [
            f"{rule['id']}: {node['html'][:160]} {node['failureSummary'][:200]}"
            for rule in found["violations"]
            for node in rule["nodes"]
        ]

    def _heard(self, message: Any) -> None:
        if message.type in {"error", "warning"}:
            self.console.append(message.text)

    def _asked(self, request: Any) -> None:
        address = urlsplit(request.url)
        if address.scheme in {"http", "https"} and not request.url.startswith(self.url):
            self.foreign.append(request.url)

    def _weighed(self, request: Any) -> None:
        sizes = request.sizes()
        self.weights[urlsplit(request.url).path] = sizes["responseBodySize"]


Visit = Callable[..., Visitor]


@pytest.fixture(scope="module")
def site(django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    """The product on a port of its own, over the committing database, with the demo company."""
    with django_db_blocker.unblock():
        empty_ledger()
        load_small_company()
        server = LiveServer("127.0.0.1")
        yield server.url
        server.stop()
        forget_small_company()
        empty_ledger()


@pytest.fixture
def visit(browser: Browser, site: str) -> Iterator[Visit]:
    """Give a function that opens a context for a role (or nobody), in a size and a theme."""
    opened: list[BrowserContext] = []

    def opening(
        role: str | None = "admin",
        *,
        size: str = "desk",
        theme: str = "light",
        javascript: bool = True,
    ) -> Visitor:
        width, height = SIZES[size]
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=theme,  # type: ignore[arg-type]
            java_script_enabled=javascript,
        )
        opened.append(context)
        if javascript:
            context.add_init_script(WATCH_POLICY)
        if role is not None:
            cookie = client_of(role).cookies["sessionid"]
            context.add_cookies([{"name": "sessionid", "value": cookie.value, "url": site}])
        return Visitor(context, site)

    yield opening
    for context in opened:
        context.close()
