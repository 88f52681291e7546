"""A mail server on this machine that speaks as much IMAP (RFC 3501) as reading a mailbox takes, over real sockets."""

import re
import socketserver
import ssl
import threading
from dataclasses import dataclass, field
from typing import Self


@dataclass
class Kept:
    raw: bytes
    flags: set[str] = field(default_factory=set)


class ImapStandIn:
    """Use it in a with statement. `letters` are by number; `said` is what was asked of it, without the password."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.user, self.password, self.folder = "svar@kommun.example", 'hem "lig"', "INBOX"
        self.tls = tls
        self.letters: dict[int, Kept] = {}
        self.said: list[str] = []
        self.refuses = ""  # a command that it says no to
        self.breaks_off_at = ""  # a command at which it hangs up

    @property
    def url(self) -> str:
        scheme = "imaps" if self.tls else "imap"
        return f"{scheme}://svar%40kommun.example:hem%20%22lig%22@localhost:{self._server.server_address[1]}"

    def put(self, raw: bytes, *flags: str) -> Kept:
        kept = self.letters[len(self.letters) + 1] = Kept(raw, set(flags))
        return kept

    def flags(self) -> list[set[str]]:
        return [kept.flags for kept in self.letters.values()]

    def __enter__(self) -> Self:
        session = type("Session", (_Session,), {"mailbox": self})
        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), session)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_fault: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Session(socketserver.StreamRequestHandler):
    mailbox: ImapStandIn

    def setup(self) -> None:
        if self.mailbox.tls:
            self.request = self.mailbox.tls.wrap_socket(self.request, server_side=True, do_handshake_on_connect=False)
        super().setup()

    def finish(self) -> None:
        super().finish()
        self.request.close()  # the server knows only the socket below it

    def handle(self) -> None:
        if isinstance(self.request, ssl.SSLSocket):
            try:
                self.request.do_handshake()
            except OSError:  # who does not believe the certificate hangs up
                return
        self.answer("* OK stand-in ready")
        while line := self.rfile.readline().decode().rstrip("\r\n"):
            tag, _space, command = line.partition(" ")
            verb = re.sub(r"^UID ", "", command).split(" ")[0]
            self.mailbox.said.append(verb if verb == "LOGIN" else command)
            if verb == self.mailbox.breaks_off_at:
                return
            if verb == self.mailbox.refuses:
                self.answer(f"{tag} NO not today")
                continue
            fault = getattr(self, f"do_{verb.lower()}")(command)
            self.answer(f"{tag} {fault or 'OK done'}")
            if verb == "LOGOUT":
                return

    def answer(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())

    def do_capability(self, command: str) -> None:
        self.answer("* CAPABILITY IMAP4rev1")

    def do_login(self, command: str) -> str:
        given = [re.sub(r"\\(.)", r"\1", each) for each in re.findall(r'"((?:[^"\\]|\\.)*)"', command)]
        user = given[0] if len(given) > 1 else command.split(" ")[1]
        return "" if (user, given[-1]) == (self.mailbox.user, self.mailbox.password) else "NO who are you"

    def do_select(self, command: str) -> str:
        if command != f'SELECT "{self.mailbox.folder}"':
            return "NO no such folder"
        self.answer(f"* {len(self.mailbox.letters)} EXISTS")
        return ""

    def do_search(self, command: str) -> None:
        assert command == "UID SEARCH UNSEEN UNFLAGGED"
        found = [n for n, kept in self.mailbox.letters.items() if not kept.flags & {r"\Seen", r"\Flagged"}]
        self.answer(" ".join(["* SEARCH", *map(str, found)]))

    def do_fetch(self, command: str) -> None:
        number, most = map(int, re.findall(r"\d+", command.replace("<0.", "<")))
        if kept := self.mailbox.letters.get(number):
            raw = kept.raw[:most]
            self.wfile.write(b"* %d FETCH (UID %d BODY[]<0> {%d}\r\n%b)\r\n" % (number, number, len(raw), raw))

    def do_store(self, command: str) -> None:
        number, flags = re.findall(r"^UID STORE (\d+) \+FLAGS\.SILENT \((.*)\)$", command)[0]
        self.mailbox.letters[int(number)].flags |= set(flags.split())

    def do_logout(self, command: str) -> None:
        self.answer("* BYE")
