"""The other end of a webhook, on loopback: a server that keeps what it gets and answers as it is told."""

import datetime as dt
import itertools
import json
import socket
import ssl
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from initiatives.models import Change, Delivery, Webhook
from initiatives.models.change import EVERYWHERE
from initiatives.webhooks.addresses import Network
from initiatives.webhooks.signing import encrypted, new_secret
from kommun.models import ApiClient, Employee, Unit

LOOPBACK = (IPv4Network("127.0.0.0/8"), IPv6Network("::1/128"))
ALL_SCOPES = "metrics:read initiatives:read webhooks:manage"
_number = itertools.count(1)


def loopback(**more: Any) -> Network:
    """A network in which machines on loopback may be reached, over plain HTTP and at any port."""
    given: dict[str, Any] = {"allowed": LOOPBACK, "ports": frozenset(), "allows_http": True}
    return Network(**given | more)


def nowhere() -> int:
    """A port on loopback at which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@dataclass(frozen=True)
class Message:
    path: str
    headers: dict[str, str]  # names in lower case
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def event(self) -> dict[str, Any]:
        event: dict[str, Any] = json.loads(self.body)
        return event


@dataclass(frozen=True)
class Reply:
    status: int = 204
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    seconds: float = 0.0  # before it
    waits_for: threading.Event | None = None  # before it
    drips: float = 0.0  # seconds between the bytes of it all
    breaks_off: bool = False  # instead of it


class Receiver(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.messages: list[Message] = []
        self.reply: Callable[[Message], Reply] = lambda _message: Reply()
        self.connections = 0
        self.at_once = self.most_at_once = 0
        self.has_one = threading.Event()
        self.lock = threading.Lock()

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    @property
    def ids(self) -> list[str]:
        return [message.id for message in self.messages]

    @property
    def subjects(self) -> list[str]:
        return [message.event["subject"] for message in self.messages]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """The other end went away, as it may."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Receiver

    def setup(self) -> None:
        super().setup()
        with self.server.lock:
            self.server.connections += 1

    def log_message(self, *_args: Any) -> None: ...

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if len(body) < int(self.headers["Content-Length"]):  # who sent it has died on the way: nothing has arrived
            self.close_connection = True
            return
        message = Message(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
        with self.server.lock:
            self.server.messages.append(message)
            self.server.at_once += 1
            self.server.most_at_once = max(self.server.most_at_once, self.server.at_once)
        self.server.has_one.set()
        try:
            self._answer(self.server.reply(message))
        finally:
            with self.server.lock:
                self.server.at_once -= 1

    def _answer(self, reply: Reply) -> None:
        time.sleep(reply.seconds)
        if reply.waits_for:
            reply.waits_for.wait()
        if reply.breaks_off:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        head = [f"HTTP/1.1 {reply.status} Said", f"Content-Length: {len(reply.body)}"]
        head += [f"{name}: {value}" for name, value in reply.headers]
        whole = "\r\n".join([*head, "", ""]).encode() + reply.body
        with suppress(OSError):
            if not reply.drips:
                self.wfile.write(whole)
            for place in range(len(whole) if reply.drips else 0):
                self.wfile.write(whole[place : place + 1])
                time.sleep(reply.drips)

    do_GET = do_POST


@contextmanager
def a_receiver(certificate: "Certificate | None" = None) -> Iterator[Receiver]:
    server = Receiver()
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate.file)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=lambda: server.serve_forever(0.02), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass(frozen=True)
class Certificate:
    """A certificate for a name with its key in one file, and the authority that vouches for it in another."""

    file: Path
    ca_file: Path


def a_certificate(folder: Path, name: str, *, days: int = 1) -> Certificate:
    """Good from yesterday, for that many days; with negative days it has run out."""
    now = dt.datetime.now(dt.UTC)
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "A test authority")])

    def draft(subject: x509.Name, public: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        made = x509.CertificateBuilder().subject_name(subject).issuer_name(ca_name).public_key(public)
        made = made.serial_number(x509.random_serial_number())
        return made.not_valid_before(now - dt.timedelta(days=5)).not_valid_after(now + dt.timedelta(days=days))

    signs = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
    authority = (
        draft(ca_name, ca_key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(ca_key.public_key()), critical=False)
        .add_extension(signs, critical=True)
        .sign(ca_key, hashes.SHA256())
    )
    leaf = (
        draft(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]), key.public_key())
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    made = Certificate(folder / f"{name}.pem", folder / f"{name}-authority.pem")
    made.file.write_bytes(leaf.public_bytes(pem) + private)
    made.ca_file.write_bytes(authority.public_bytes(pem))
    return made


# --- Rows ------------------------------------------------------------------------------------------------------------
def a_client(unit: Unit | None = None, *, scopes: str = ALL_SCOPES, responsible: Employee | None = None) -> ApiClient:
    client: ApiClient = ApiClient.objects.create(
        name="Stratsys",
        client_type=ApiClient.CLIENT_CONFIDENTIAL,
        authorization_grant_type=ApiClient.GRANT_CLIENT_CREDENTIALS,
        unit=unit,
        allowed_scopes=scopes,
        responsible=responsible,
        hash_client_secret=False,
    )
    return client


def a_webhook(
    client: ApiClient, url: str = "https://receiver.example/hook", *, secret: str = "", **columns: Any
) -> Webhook:
    """It begins with the very first change."""
    return Webhook.objects.create(
        **{"client": client, "url": url, "types": [], "secret": encrypted(secret or new_secret())} | columns
    )


def a_change(
    subject: str = "", *, kind: str = "initiative.changed", unit: Unit | None = None, **columns: Any
) -> Change:
    """As a trigger would have written it, in a transaction that ended long ago."""
    number = next(_number)
    subject = subject or str(uuid.uuid4())
    initiative = subject if kind.startswith("initiative") else None
    path = [*(unit.path if unit else []), EVERYWHERE]
    return Change.objects.create(
        **{"kind": kind, "subject": subject, "initiative": initiative, "path": path, "xact": number} | columns
    )


def a_delivery(webhook: Webhook, change: Change | None = None, *, now: dt.datetime, **columns: Any) -> Delivery:
    change = change or a_change()
    line = str(change.initiative or change.subject)
    given = {"webhook": webhook, "change": change, "line": line, "send_after": now, "created_at": now}
    return Delivery.objects.create(**given | columns)
