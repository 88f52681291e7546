"""Finding a Chromium for the tests: an installed one, else Playwright's own, else Debian's package."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from config.local.children import CannotStart

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find_browser() -> str:
    """The path of a Chromium; "" means the one that Playwright has downloaded. Raises CannotStart."""
    if given := os.environ.get("FRAMSTEG_CHROMIUM"):
        return given
    if installed := _installed():
        return installed
    print("  No Chromium is installed; trying Playwright's own", flush=True)
    if _succeeds(sys.executable, "-m", "playwright", "install", "chromium"):
        return ""
    if os.geteuid() == 0 and Path("/etc/debian_version").exists() and shutil.which("apt-get"):
        print("  Playwright's own cannot be had; installing Debian's chromium", flush=True)
        _succeeds("apt-get", "update", "--quiet")
        _succeeds("apt-get", "install", "--yes", "--quiet", "--no-install-recommends", "chromium")
        if installed := _installed():
            return installed
    raise CannotStart("The browser tests need Chromium: install it, or leave them out with make test BROWSER=no.")


def _installed() -> str | None:
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def _succeeds(*argv: str) -> bool:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(
        argv, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=900, check=False
    )
    return done.returncode == 0
