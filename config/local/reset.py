"""`make reset`: empties `var/`, and removes what lies outside the clone."""

import shutil
import sys
from contextlib import suppress
from pathlib import Path

from config.local import places
from config.local.children import CannotStart
from config.local.run import hold_alone


def main() -> int:
    try:
        var = places.var_dir()
        _refuse_what_is_more_than_data(var)
        with hold_alone("run"):
            _refuse_a_running_test(places.database_dir() / "test")
            _empty(var)
            for folder in (places.outside(), places.short_socket_dir()):
                if folder.exists():
                    shutil.rmtree(folder)
    except CannotStart as reason:
        print(reason, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{error.filename} cannot be removed: {error.strerror}.", file=sys.stderr)
        return 1
    print(f"{var} is empty.")
    return 0


def _refuse_what_is_more_than_data(var: Path) -> None:
    """VAR_DIR may say anything."""
    if any(each.is_relative_to(var.resolve()) for each in (places.BASE_DIR, Path.home())):
        raise CannotStart(f"{var} holds more than data, and is left alone.")


def _refuse_a_running_test(data: Path) -> None:
    with suppress(OSError, IndexError):
        server = (data / "postmaster.pid").read_text().split()[0]
        if str(data).encode() in Path(f"/proc/{server}/cmdline").read_bytes():
            raise CannotStart("make test is at work in this clone already. Stop it first.")


def _empty(folder: Path) -> None:
    """The folder stays; it may be a link to a larger disk."""
    for each in folder.iterdir():
        if each.is_dir() and not each.is_symlink():
            shutil.rmtree(each)
        else:
            each.unlink()


if __name__ == "__main__":
    sys.exit(main())
