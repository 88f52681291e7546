"""A message is posted to real servers on loopback: never further than allowed, never longer, never anywhere else."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Final

import pytest

from initiatives.webhooks.addresses import Network, Place
from initiatives.webhooks.posting import Answer, Line
from tests.webhook_receiver import Receiver, Reply, a_certificate, a_receiver, loopback, nowhere

HURRY: Final[dict[str, Any]] = {"connect_seconds": 0.3, "read_seconds": 0.3, "total_seconds": 0.6}


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with a_receiver() as server:
        yield server


def line(url: str, network: Network | None = None) -> Line:
    network = network or loopback()
    return Line(network.read(url), network)


def post(url: str, network: Network | None = None) -> Answer:
    way = line(url, network)
    try:
        return way.post({"webhook-id": "1"}, b"{}")
    finally:
        way.close()


def answers(receiver: Receiver, **reply: Any) -> None:
    receiver.reply = lambda _message: Reply(**reply)


def looking_up(*answers: list[str]) -> Any:
    """Each time a name is asked for, the next of the answers; the last for ever."""
    left = [*answers]

    def look_up(host: str, port: int) -> list[Place]:
        found = left.pop(0) if len(left) > 1 else left[0]
        return [(socket.AF_INET, (each, port)) for each in found]

    return look_up


def test_a_message_arrives_with_its_headers_and_body(receiver: Receiver) -> None:
    way = line(f"http://127.0.0.1:{receiver.port}/a/b?c=d%20e")
    assert way.post({"webhook-id": "1", "Content-Type": "x/y"}, b'{"a":1}') == Answer(204)
    way.close()
    [message] = receiver.messages
    assert (message.path, message.body) == ("/a/b?c=d%20e", b'{"a":1}')
    assert message.headers == {
        "host": f"127.0.0.1:{receiver.port}",
        "accept-encoding": "identity",
        "content-length": "7",
        "webhook-id": "1",
        "content-type": "x/y",
    }


def test_many_messages_go_over_one_connection(receiver: Receiver) -> None:
    answers(receiver, status=200, body=b"thanks")
    way = line(receiver.url)
    assert [way.post({}, b"{}").status for _ in range(5)] == [200] * 5
    way.close()
    assert (receiver.connections, len(receiver.messages)) == (1, 5)


def test_a_kept_connection_that_was_closed_meanwhile_is_opened_anew(receiver: Receiver) -> None:
    way = line(receiver.url)
    assert way.post({}, b"{}").status == 204
    receiver.reply = lambda _message: Reply(breaks_off=len(receiver.messages) == 2)
    assert way.post({}, b"{}").status == 204
    way.close()
    assert receiver.connections == 2


def test_a_connection_that_is_broken_off_is_not_tried_twice(receiver: Receiver) -> None:
    answers(receiver, breaks_off=True)
    assert post(receiver.url) == Answer(None, "The connection was broken off.")
    assert len(receiver.messages) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_an_answer_and_is_not_followed(receiver: Receiver, status: int) -> None:
    with a_receiver() as inside:
        answers(receiver, status=status, headers=(("Location", inside.url),))
        assert post(receiver.url) == Answer(status)
        assert inside.messages == []


def test_what_the_receiver_asks_for_is_heard(receiver: Receiver) -> None:
    answers(receiver, status=429, headers=(("Retry-After", "120"),))
    assert post(receiver.url) == Answer(429, "", "120")


def test_a_proxy_of_the_environment_is_not_asked(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    with a_receiver() as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        assert post(receiver.url) == Answer(204)
        assert (len(receiver.messages), len(proxy.messages)) == (1, 0)


# --- Where it may go -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("addresses", [["127.0.0.1"], ["8.8.8.8", "127.0.0.1"]])
def test_a_name_that_leads_inside_gets_no_connection(receiver: Receiver, addresses: list[str]) -> None:
    network = Network(ports=frozenset(), allows_http=True, look_up=looking_up(addresses))
    answer = post(f"http://receiver.example:{receiver.port}/", network)
    assert (answer, receiver.connections) == (Answer(None, "The address is not one that messages may go to."), 0)


def test_a_name_that_turns_inward_after_it_was_judged_gains_nothing(receiver: Receiver) -> None:
    """127.0.0.2 stands for the public address, 127.0.0.1 for the inside: only the former is allowed."""
    with socket.create_server(("127.0.0.2", receiver.port)) as public:
        network = loopback(
            allowed=[ip_network("127.0.0.2/32")], look_up=looking_up(["127.0.0.2"], ["127.0.0.1"]), **HURRY
        )
        way = line(f"http://receiver.example:{receiver.port}/", network)
        assert way.post({}, b"{}") == Answer(None, "There was no answer in time.")
        taken, _from = public.accept()
        taken.close()
        assert way.post({}, b"{}") == Answer(None, "The address is not one that messages may go to.")
    assert receiver.connections == 0


@pytest.mark.parametrize("fault", [socket.gaierror(-2, "Name or service not known"), UnicodeError(), OSError()])
def test_a_name_that_nobody_knows_is_told_from_one_that_leads_inside_by_nobody(fault: Exception) -> None:
    def nobody(host: str, port: int) -> list[Place]:
        raise fault

    inside = Network(ports=frozenset(), allows_http=True, look_up=looking_up(["10.0.0.1"]))
    answers = [post("http://receiver.example/", network) for network in (inside, loopback(look_up=nobody))]
    assert answers == [Answer(None, "The address is not one that messages may go to.")] * 2


def test_the_next_address_of_a_name_is_tried_when_nobody_is_at_the_first(receiver: Receiver) -> None:
    """Nothing listens at 127.0.0.3 there."""
    network = loopback(look_up=looking_up(["127.0.0.3", "127.0.0.1"]))
    assert post(f"http://receiver.example:{receiver.port}/", network) == Answer(204)
    assert receiver.messages[0].headers["host"] == f"receiver.example:{receiver.port}"


def test_nobody_there_is_said_so() -> None:
    assert post(f"http://127.0.0.1:{nowhere()}/") == Answer(None, "No connection could be made.")


# --- How long it may take, and how much is read ----------------------------------------------------------------------
def test_a_receiver_that_says_nothing_is_left_when_the_time_is_out(receiver: Receiver) -> None:
    for_ever = threading.Event()
    receiver.reply = lambda _message: Reply(waits_for=for_ever)
    assert post(receiver.url, loopback(**HURRY)) == Answer(None, "There was no answer in time.")
    for_ever.set()


def test_an_answer_that_drips_is_left_when_all_the_time_is_out(receiver: Receiver) -> None:
    """Each byte comes in time, and the head would take half an hour."""
    answers(receiver, drips=0.1, headers=(("X-Long", "x" * 18_000),))
    assert post(receiver.url, loopback(**HURRY)) == Answer(None, "There was no answer in time.")


def test_a_body_that_drips_for_ever_takes_nothing_back() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=drip, args=[server])
        thread.start()
        assert post(f"http://127.0.0.1:{server.getsockname()[1]}/", loopback(total_seconds=2)) == Answer(200)
        thread.join()


def drip(server: socket.socket) -> None:
    """A head at once and a body that ends when nobody listens any more."""
    taken, _from = server.accept()
    with taken, suppress(OSError):
        taken.recv(65536)
        taken.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        while True:
            taken.sendall(b"x")
            time.sleep(0.05)


def test_of_a_huge_answer_little_is_read_and_the_connection_is_not_kept(receiver: Receiver) -> None:
    answers(receiver, status=200, body=b"x" * 50_000_000)
    way = line(receiver.url)
    assert [way.post({}, b"{}").status for _ in range(2)] == [200, 200]
    assert receiver.connections == 2
    way.close()


def test_a_head_without_end_is_not_read_to_its_end(receiver: Receiver) -> None:
    answers(receiver, headers=(("X-Long", "x" * 1_000_000),))
    assert post(receiver.url) == Answer(None, "The answer was not HTTP.")
    answers(receiver, headers=tuple((f"X-{number}", "x") for number in range(1000)))
    assert post(receiver.url) == Answer(None, "The answer was not HTTP.")


# --- TLS -------------------------------------------------------------------------------------------------------------
def secure(ca_file: Path | str = "", **more: Any) -> Network:
    return loopback(allows_http=False, ca_file=str(ca_file), look_up=looking_up(["127.0.0.1"]), **more)


def test_a_certificate_of_the_name_by_an_authority_that_is_named_is_good(tmp_path: Path) -> None:
    certificate = a_certificate(tmp_path, "receiver.example")
    with a_receiver(certificate) as server:
        way = line(f"https://receiver.example:{server.port}/", secure(certificate.ca_file))
        assert [way.post({"webhook-id": "1"}, b"{}") for _ in range(3)] == [Answer(204)] * 3
        assert (server.connections, len(server.messages)) == (1, 3)
        way.close()


def test_a_certificate_of_another_name_or_of_a_stranger_or_of_yesterday_is_not(tmp_path: Path) -> None:
    good, late = a_certificate(tmp_path, "receiver.example"), a_certificate(tmp_path, "late.example", days=-1)
    refused = Answer(None, "The certificate or the encryption was not accepted.")
    with a_receiver(good) as server:
        assert post(f"https://other.example:{server.port}/", secure(good.ca_file)) == refused
        assert post(f"https://receiver.example:{server.port}/", secure()) == refused
        assert server.messages == []
    with a_receiver(late) as server:
        assert post(f"https://late.example:{server.port}/", secure(late.ca_file)) == refused


def test_a_server_without_tls_gets_nothing_over_https(receiver: Receiver) -> None:
    assert post(f"https://receiver.example:{receiver.port}/", secure()).status is None
    assert receiver.messages == []


def test_a_handshake_that_never_comes_ends_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        answer = post(f"https://receiver.example:{silent.getsockname()[1]}/", secure(**HURRY))
    assert answer == Answer(None, "There was no answer in time.")


def test_a_secure_answer_that_drips_is_left_when_the_time_is_out(tmp_path: Path) -> None:
    certificate = a_certificate(tmp_path, "receiver.example")
    with a_receiver(certificate) as server:
        answers(server, drips=0.1, headers=(("X-Long", "x" * 18_000),))
        answer = post(f"https://receiver.example:{server.port}/", secure(certificate.ca_file, **HURRY))
    assert answer == Answer(None, "There was no answer in time.")


def test_a_message_is_never_a_way_to_write_a_header(receiver: Receiver) -> None:
    with pytest.raises(ValueError, match="Invalid header"):
        line(receiver.url).post({"webhook-id": "1\r\nX-Evil: 1"}, b"{}")
    assert receiver.messages == []
