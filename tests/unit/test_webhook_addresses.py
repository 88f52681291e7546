"""No message goes to the inside of the network, however its address is written."""

import socket
from ipaddress import ip_network
from typing import Any

import pytest

from initiatives.webhooks.addresses import Network, NotAllowed, Place, Unfit

OPEN = Network()


@pytest.mark.parametrize(
    ("url", "read"),
    [
        ("https://receiver.example", "https://receiver.example/"),
        ("https://receiver.example/a/b?c=d&e", "https://receiver.example/a/b?c=d&e"),
        ("https://receiver.example:443/a", "https://receiver.example/a"),
        ("https://RECEIVER.example./a", "https://receiver.example/a"),
        ("HTTPS://receiver.example/a", "https://receiver.example/a"),
        ("https://åsmåla.example/a%20b", "https://xn--smla-poac.example/a%20b"),
        ("https://193.11.3.4/a", "https://193.11.3.4/a"),
        ("https://[2a00:801::1]/a", "https://[2a00:801::1]/a"),
        ("https://under_score.example/", "https://under_score.example/"),
    ],
)
def test_a_url_is_kept_in_one_form(url: str, read: str) -> None:
    assert (OPEN.read(url).url, OPEN.read(read).url) == (read, read)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://receiver.example/", "must begin with https://"),
        ("ftp://receiver.example/", "must begin with https:// and a host"),
        ("file:///etc/passwd", "must begin with https:// and a host"),
        ("//receiver.example/", "must begin with https:// and a host"),
        ("https:///a", "must begin with https:// and a host"),
        ("", "must begin with https:// and a host"),
        ("https://receiver.example:8443/", "must be at port 443"),
        ("https://receiver.example:0/", "must be a URL"),
        ("https://receiver.example:99999/", "must be a URL"),
        ("https://[::1/", "must be a URL"),
        ("https://a@receiver.example/", "must not hold a user or a password"),
        ("https://a:b@receiver.example/", "must not hold a user or a password"),
        ("https://receiver.example@127.0.0.1/", "must not hold a user or a password"),
        ("https://receiver.example/#a", "must not hold a fragment or a backslash"),
        ("https://receiver.example\\@127.0.0.1/", "must not hold a user or a password"),
        ("https://receiver.example/a\\b", "must not hold a fragment or a backslash"),
        ("https://receiver.example/å", "must be percent-encoded after the host"),
        ("https://receiver.example/a b", "must be percent-encoded after the host"),
        ("https://receiver .example/", "must have a host that there can be"),
        ("https://receiver-.example/", "must have a host that there can be"),
        ("https://-.example/", "must have a host that there can be"),
        (f"https://{'a' * 64}.example/", "must have a host that there can be"),
        ("https://2130706433/", "must have a host that there can be"),
        ("https://127.1/", "must have a host that there can be"),
        ("https://0x7f.1/", "must have a host that there can be"),
        ("https://127.0.0.0x1/", "must have a host that there can be"),
        ("https://0177.0.0.1/", "must have a host that there can be"),
        ("https://１２７.0.0.1/", "must have a host that there can be"),
        ("https://127.0.0.1./", "must have a host that there can be"),
        ("https://127.0.0.1/", "must not lead to the inside of a network"),
        ("https://[::ffff:10.0.0.1]/", "must not lead to the inside of a network"),
        (f"https://receiver.example/{'a' * 500}", "must be at most 500 characters"),
    ],
)
def test_a_url_that_leads_astray_is_refused(url: str, why: str) -> None:
    with pytest.raises(Unfit) as unfit:
        OPEN.read(url)
    assert str(unfit.value) == why


def test_plain_http_and_other_ports_are_for_settings_that_say_so() -> None:
    assert Network(allows_http=True, ports=frozenset()).read("http://receiver.example:8080/").port == 8080
    assert Network(allows_http=True, ports=frozenset({80})).read("http://receiver.example/").port == 80
    with pytest.raises(Unfit, match="at port 443 or 8443"):
        Network(ports=frozenset({443, 8443})).read("https://receiver.example:8444/")


INSIDE = [
    *("0.0.0.0", "10.0.0.1", "100.64.0.1", "127.0.0.1", "127.255.255.254", "169.254.169.254", "172.16.0.1"),
    *("172.31.255.255", "192.0.0.1", "192.0.2.1", "192.168.0.1", "198.18.0.1", "198.51.100.1", "203.0.113.1"),
    *("224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1"),
    *("::ffff:169.254.169.254", "64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::a00:1", "2002:7f00:1::"),
    *("2002:a00:1::1", "2001:0:7f00:1::", "2001:0:808:808:0:0:f5ff:fffe", "2001:db8::1", "fc00::1", "fd12:3456::1"),
    *("fe80::1", "fe80::1%eth0", "2a00:801::1%lo", "fec0::1", "ff02::1", "ff0e::1"),
]
OUTSIDE = [
    "8.8.8.8",
    "193.11.3.4",
    "172.32.0.1",
    "2a00:801::1",
    "2606:4700::1111",
    "64:ff9b::808:808",
    "2002:808:808::1",
]


@pytest.mark.parametrize("address", INSIDE)
def test_the_inside_of_a_network_is_off_limits_in_every_form_of_its_addresses(address: str) -> None:
    assert not OPEN.may_reach(address)


@pytest.mark.parametrize("address", OUTSIDE)
def test_the_open_internet_is_not(address: str) -> None:
    assert OPEN.may_reach(address)


def test_a_network_of_our_own_is_reached_when_it_is_named_and_its_neighbour_is_not() -> None:
    ours = Network(allowed=[ip_network("10.1.0.0/16"), ip_network("fd12::/16")])
    reached = {each: ours.may_reach(each) for each in ("10.1.255.255", "10.2.0.1", "fd12::1", "fd13::1", "::1")}
    assert reached == {"10.1.255.255": True, "10.2.0.1": False, "fd12::1": True, "fd13::1": False, "::1": False}
    assert ours.may_reach("8.8.8.8")


def leads_to(*addresses: str) -> Any:
    def look_up(host: str, port: int) -> list[Place]:
        return [
            (socket.AF_INET6, (each, port, 0, 0)) if ":" in each else (socket.AF_INET, (each, port))
            for each in addresses
        ]

    return look_up


@pytest.mark.parametrize("addresses", [["10.0.0.1"], ["8.8.8.8", "10.0.0.1"], ["::1", "8.8.8.8"], []])
def test_a_name_is_off_limits_when_any_of_its_addresses_is(addresses: list[str]) -> None:
    network = Network(look_up=leads_to(*addresses))
    with pytest.raises(NotAllowed):
        network.places(network.read("https://receiver.example/"))


def test_a_connection_is_made_to_the_very_addresses_that_were_judged() -> None:
    network = Network(look_up=leads_to("8.8.8.8", "2a00:801::1"))
    assert network.places(network.read("https://receiver.example/")) == [
        (socket.AF_INET, ("8.8.8.8", 443)),
        (socket.AF_INET6, ("2a00:801::1", 443, 0, 0)),
    ]
