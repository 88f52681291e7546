"""Child processes that never outlive the one who started them."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from pathlib import Path
from typing import IO

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


class CannotStart(RuntimeError):
    """Something that is needed is not there; the message is one sentence that says what to do."""


def dying_with_parent(how: signal.Signals) -> Callable[[], None] | None:
    """Lets the kernel send `how` to the child when the thread that started it is gone, even by SIGKILL.

    For preexec_fn, which runs after the change of user; a change of user would undo it.
    """
    if _libc is None:
        return None
    libc, parent = _libc, os.getpid()

    def bind() -> None:
        libc.prctl(PR_SET_PDEATHSIG, how)
        if os.getppid() != parent:  # the parent died before the call
            os.kill(os.getpid(), how)

    return bind


def stop_with_parent() -> None:
    """Lets the kernel tell this very process to stop when its parent is gone, even by SIGKILL."""
    if _libc is not None:
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _output(log: Path | None) -> AbstractContextManager[int | IO[bytes]]:
    return nullcontext(subprocess.PIPE) if log is None else log.open("ab")


class Child:
    """A process in a session of its own, so that Ctrl-C reaches only its parent, who then stops all in good order."""

    def __init__(
        self,
        name: str,
        argv: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        log: Path | None = None,
        stop_by: signal.Signals = signal.SIGTERM,
        user: int | None = None,
        group: int | None = None,
        cwd: Path | None = None,
    ) -> None:
        self.name, self.stop_by, self.is_asked = name, stop_by, False
        self._unfinished = b""
        with _output(log) as output:
            self.process = subprocess.Popen(
                argv,
                env=env,
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=dying_with_parent(stop_by),  # noqa: PLW1509  # there are no threads
                user=user,
                group=group,
                extra_groups=None if user is None else [],
            )
        if self.process.stdout:
            os.set_blocking(self.process.stdout.fileno(), False)

    def show_output(self) -> None:
        """Passes on the lines since the last time, with the name in front.

        Without a thread: killed, we would tell the children once for each thread, and told twice at a time some hang.
        """
        *lines, self._unfinished = (self._unfinished + self._read()).split(b"\n")
        for line in lines:
            with suppress(OSError, ValueError):  # nobody listens any more
                print(f"{self.name:>6} | {line.decode(errors='replace')}", flush=True)

    def _read(self) -> bytes:
        try:
            return os.read(self.process.stdout.fileno(), 65_536) if self.process.stdout else b""
        except BlockingIOError:
            return b""

    @property
    def has_ended(self) -> bool:
        return self.process.poll() is not None

    def ask_to_stop(self) -> None:
        """Once; to some a second time means at once."""
        if not self.is_asked and not self.has_ended:
            self.process.send_signal(self.stop_by)
        self.is_asked = True

    def stop(self, patience: float = 20) -> None:
        """Asks the process to stop, and makes it after `patience` seconds. What it started and left behind goes too."""
        self.ask_to_stop()
        until = time.monotonic() + patience
        while not self.has_ended and time.monotonic() < until:
            self.show_output()
            time.sleep(0.02)
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.show_output()  # its last words
