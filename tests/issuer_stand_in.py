"""An authorisation server of the municipality's own, over real HTTP on this machine: its keys and its moods."""

import base64
import functools
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

PrivateKey = RSAPrivateKey | EllipticCurvePrivateKey
Claims = dict[str, Any]


def rsa_key(name: str = "first", bits: int = 2048) -> RSAPrivateKey:
    """The same one for the same name, since making one takes a while."""
    return _rsa_key(name, bits)


def ec_key(name: str = "first", curve: type[ec.EllipticCurve] = ec.SECP256R1) -> EllipticCurvePrivateKey:
    return _ec_key(name, curve)


@functools.cache
def _rsa_key(_name: str, bits: int) -> RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


@functools.cache
def _ec_key(_name: str, curve: type[ec.EllipticCurve]) -> EllipticCurvePrivateKey:
    return ec.generate_private_key(curve())


def public(key: PrivateKey, kid: str = "", **members: Any) -> dict[str, Any]:
    """The JWK that one may show."""
    return {**_jwk(key, key.public_key()), **({"kid": kid} if kid else {}), **members}


def private(key: PrivateKey, kid: str = "") -> dict[str, Any]:
    return {**_jwk(key, key), "kid": kid}


def _jwk(key: PrivateKey, shown: Any) -> dict[str, Any]:
    kind: Any = jwt.algorithms.RSAAlgorithm if isinstance(key, RSAPrivateKey) else jwt.algorithms.ECAlgorithm
    return {name: value for name, value in kind.to_jwk(shown, as_dict=True).items() if name != "key_ops"}


def part(value: object) -> str:
    """A segment of a token, as no careful library would make it."""
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def hand_made(header: object, claims: object, signature: bytes = b"") -> str:
    return f"{part(header)}.{part(claims)}.{part(signature)}"


def hs256(header: Claims, claims: Claims, secret: bytes) -> str:
    """Signed with a shared secret, whatever that is; libraries refuse to take a public key for one."""
    signer = hmac.HMAC(secret, hashes.SHA256())
    signer.update(f"{part(header)}.{part(claims)}".encode())
    return hand_made(header, claims, signer.finalize())


class Issuer:
    """`keys` is what it publishes at `url`; `answers` befall the next questions, one each, instead."""

    def __init__(self) -> None:
        self.keys: list[dict[str, Any]] = []
        self.answers: list[Callable[[BaseHTTPRequestHandler], None]] = []
        self.asked = 0
        self.url = ""

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        self.asked += 1
        if self.answers:
            self.answers.pop(0)(handler)
        else:
            send(handler, json.dumps({"keys": self.keys}).encode())


def send(handler: BaseHTTPRequestHandler, body: bytes, *, status: int = 200, **headers: str) -> None:
    handler.send_response(status)
    for name, value in ({"Content-Length": str(len(body))} | headers).items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)


@contextmanager
def an_issuer() -> Iterator[Issuer]:
    issuer = Issuer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            issuer.answer(self)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    issuer.url = f"http://127.0.0.1:{server.server_port}/jwks"
    try:
        yield issuer
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
