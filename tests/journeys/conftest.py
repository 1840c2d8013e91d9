"""A real server on the example territory and a real browser before it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from maillage.accounts.rules import DEMO_PASSWORD

BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage",
)  # fmt: skip
LONGEST_START_S = 60


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, if the machine has one. In CI its absence is a failure."""
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        if os.environ.get("MAILLAGE_BROWSER_REQUIRED"):
            pytest.fail("no browser found")
        pytest.skip("no browser on this machine (Debian: apt install chromium)")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=found, args=list(FLAGS))
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def site(example_folder: Path) -> Iterator[str]:
    """Address of a server that serves the example territory, as ``./maillage demo`` does."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **os.environ,
        "MAILLAGE_DATA": str(example_folder),
        "MAILLAGE_DEMO": "1",
        # Nobody waits a quarter of a minute for a page to tell what happened.
        "MAILLAGE_LIVE_SECONDS": "2",
        "DJANGO_SETTINGS_MODULE": "maillage.config.settings",
    }
    manage = [sys.executable, "-m", "maillage.config.manage"]
    subprocess.run(
        [*manage, "collectstatic", "--noinput", "--verbosity", "0"], env=environment, check=True
    )
    server = subprocess.Popen(
        [
            sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1",
            "--port", str(port), "--log-level", "error", "maillage.config.wsgi:application",
        ],
        env=environment,
    )  # fmt: skip
    address = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + LONGEST_START_S
        while True:
            try:
                urllib.request.urlopen(f"{address}/connexion", timeout=5)
                break
            except OSError:
                if time.monotonic() > deadline or server.poll() is not None:
                    raise
                time.sleep(0.2)
        yield address
    finally:
        server.terminate()
        server.wait(timeout=20)


@pytest.fixture
def open_page(browser: Browser, site: str) -> Iterator[Callable[..., Page]]:
    """Open a page as a demonstration account: ``open_page("demo-medecin", width=390)``. The test
    fails on any error that the browser's console shows (a refused script, say)."""
    contexts = []
    complaints: list[str] = []

    def make(account: str | None = "demo-medecin", *, width: int = 1280) -> Page:
        context = browser.new_context(
            base_url=site, viewport={"width": width, "height": 900}, locale="fr-FR"
        )
        contexts.append(context)
        page = context.new_page()
        page.on(
            "console",
            lambda line: complaints.append(line.text) if line.type == "error" else None,
        )
        page.on("pageerror", lambda error: complaints.append(str(error)))
        if account:
            page.goto("/connexion")
            page.get_by_label("Identifiant").fill(account)
            page.get_by_label("Mot de passe").fill(DEMO_PASSWORD)
            page.get_by_role("button", name="Se connecter").click()
            page.wait_for_url("**/")
        return page

    yield make
    for context in contexts:
        context.close()
    assert not complaints
