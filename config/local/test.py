"""`make test`: every test there is; the browser's too, unless they are left out on purpose."""

import os
import subprocess
import sys

from config.local.browser import find_browser
from config.local.children import CannotStart


def main(browser: str) -> int:
    leave_out: list[str] = []
    if browser == "no":
        print("  The browser's tests are left out, as asked for.", flush=True)
        leave_out = ["--ignore=tests/browser"]
    else:
        try:
            os.environ["FRAMSTEG_CHROMIUM"] = find_browser()
        except CannotStart as reason:
            print(reason, file=sys.stderr)
            return 1
    return subprocess.call([sys.executable, "-m", "pytest", "-n", "2", "--dist", "loadfile", *leave_out, "tests"])


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
