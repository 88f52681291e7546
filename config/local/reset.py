"""`make reset`: empties `var/`, and removes what lies outside the clone when root has run it."""

import shutil
import sys

from config.local import places
from config.local.children import CannotStart
from config.local.run import hold_alone


def main() -> int:
    try:
        with hold_alone("run"):
            shutil.rmtree(places.var_dir(), ignore_errors=True)
            if places.is_root():
                shutil.rmtree(places.outside(), ignore_errors=True)
    except CannotStart as reason:
        print(f"{reason} Stop it first.", file=sys.stderr)
        return 1
    print("var/ is empty.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
