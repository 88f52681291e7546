"""Where a clone keeps what it runs on. Everything lies under `var/`, but for one case.

PostgreSQL refuses to run as root. Started by root it runs as another user, who often cannot reach a clone in somebody's
home. Then its data and a copy of its programs lie under /var/lib/framsteg, in a folder named after the clone's path.
"""

import hashlib
import os
import tempfile
from pathlib import Path

from config.local.children import CannotStart

BASE_DIR = Path(__file__).resolve().parent.parent.parent
LONGEST_SOCKET_FOLDER = 85  # of the 107 bytes that a Unix socket's path may have


def var_dir() -> Path:
    """The clone's own `var/`, unless VAR_DIR says otherwise. Raises CannotStart when it cannot be written to."""
    folder = Path(os.environ.get("VAR_DIR") or BASE_DIR / "var").absolute()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CannotStart(f"{folder} cannot be made: {error.strerror}.") from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise CannotStart(f"{folder} belongs to somebody else: remove it as they, or set VAR_DIR to another folder.")
    return folder


def is_root() -> bool:
    return os.geteuid() == 0


def key() -> str:
    """Names this clone: the same for the same `var/`, another for a second clone."""
    return hashlib.sha256(str(var_dir().resolve()).encode()).hexdigest()[:12]


def outside() -> Path:
    """Where PostgreSQL's data lies when root starts it."""
    return Path("/var/lib/framsteg") / key()


def database_dir() -> Path:
    return outside() if is_root() else var_dir() / "postgres"


def socket_dir(name: str) -> Path:
    """A private folder for the socket of `name`, with a path that is short enough for one."""
    sockets = var_dir() / "run"
    if len(os.fsencode(sockets.resolve() / name)) > LONGEST_SOCKET_FOLDER:
        sockets = short_socket_dir()
    for folder in (sockets, sockets / name):
        folder.mkdir(exist_ok=True, mode=0o700)
        if folder.stat().st_uid != os.geteuid():
            raise CannotStart(f"{folder} belongs to somebody else. Remove it, or set TMPDIR to another folder.")
        folder.chmod(0o700)
    return sockets / name


def short_socket_dir() -> Path:
    """Where the sockets lie when the path of the clone is too long for them."""
    return Path(tempfile.gettempdir()) / f"framsteg-{os.geteuid()}-{key()}"
