"""Outside calls reach the public internet and nothing else, however an address is written."""

from ipaddress import IPv4Network, IPv6Network, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.kit.addresses import is_reachable

REFUSED = [
    "127.0.0.1",
    "127.255.255.254",
    "0.0.0.0",  # noqa: S104 -- "this host" on many systems
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",  # metadata of clouds
    "100.64.0.1",  # carrier-grade NAT
    "192.0.2.1",
    "198.18.0.1",
    "224.0.0.1",
    "239.1.1.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "fd00:ec2::254",  # metadata over IPv6
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",  # NAT64 of 127.0.0.1
    "64:ff9b::a9fe:a9fe",
    "2002:7f00:1::",  # 6to4 of 127.0.0.1
    "2001:0:0:0:0:0:80ff:fffe",  # Teredo of 127.0.0.1
    "2001:db8::1",
]


@pytest.mark.parametrize("address", REFUSED)
def test_refuses_what_is_not_public(address: str) -> None:
    assert not is_reachable(address, ())


@pytest.mark.parametrize("address", ["1.1.1.1", "185.14.168.1", "2606:4700:4700::1111", "64:ff9b::101:101"])
def test_reaches_what_is_public(address: str) -> None:
    assert is_reachable(address, ())


def test_reaches_what_the_operator_allows() -> None:
    allowed = [IPv4Network("10.5.0.0/16"), IPv6Network("fd00::/64")]

    assert is_reachable("10.5.1.2", allowed)
    assert is_reachable("::ffff:10.5.1.2", allowed)
    assert is_reachable("fd00::7", allowed)
    assert not is_reachable("10.6.1.2", allowed)
    assert not is_reachable("127.0.0.1", allowed)


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_fares_the_same_in_every_disguise(address: object) -> None:
    plain = is_reachable(str(address), ())

    assert is_reachable(f"::ffff:{address}", ()) == plain
    assert is_reachable(f"64:ff9b::{address}", ()) == plain


@given(st.ip_addresses(network=ip_network("10.0.0.0/8")))
def test_no_private_address_is_ever_reached(address: object) -> None:
    assert not is_reachable(str(address), ())
