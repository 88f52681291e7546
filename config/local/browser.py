"""Finding a Chromium for the tests: an installed one, else Playwright's own, else Debian's package."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from config.local.children import CannotStart

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
LAUNCH = "from playwright.sync_api import sync_playwright as p\nwith p() as each: each.chromium.launch().close()"


def find_browser() -> str:
    """The path of a Chromium; "" means the one that Playwright has downloaded. Raises CannotStart."""
    if given := os.environ.get("FRAMSTEG_CHROMIUM"):
        return given
    if installed := _installed():
        return installed
    print("  No Chromium is installed; trying Playwright's own", flush=True)
    if _succeeds(sys.executable, "-m", "playwright", "install", "chromium") and _succeeds(sys.executable, "-c", LAUNCH):
        return ""
    if os.geteuid() == 0 and Path("/etc/debian_version").exists() and shutil.which("apt-get"):
        print("  Playwright's own cannot be had; installing Debian's chromium", flush=True)
        _succeeds("apt-get", "update", "--quiet")
        _succeeds("apt-get", "install", "--yes", "--quiet", "--no-install-recommends", "chromium")
        if installed := _installed():
            return installed
    raise CannotStart("The browser tests need Chromium: install it, or leave them out with make test BROWSER=no.")


def _installed() -> str | None:
    """One that starts: on some machines `chromium-browser` is a note that says how to install it."""
    paths = (path for name in NAMES if (path := shutil.which(name)))
    return next((path for path in paths if _succeeds(path, "--version")), None)


def _succeeds(*argv: str) -> bool:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(
            argv,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=900,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
