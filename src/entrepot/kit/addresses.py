"""Which network addresses outside calls may reach: the public internet, and what the operator allows by name."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

type Address = IPv4Address | IPv6Address
type Network = IPv4Network | IPv6Network

NAT64 = IPv6Network("64:ff9b::/96")
"""Carries an IPv4 address in its last 32 bits (RFC 6052)."""


def carried(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 address stands for (mapped, 6to4, Teredo, NAT64), else the address."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    if address in NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def is_reachable(text: str, allowed: Sequence[Network]) -> bool:
    """Tell whether outside calls may go to an address.

    Only globally routable unicast addresses may be reached: not private, loopback, link-local (where clouds answer with
    their machines' secrets), carrier-grade NAT, multicast or reserved ones.

    Args:
        text: the address as the resolver gave it, perhaps with a zone (``fe80::1%eth0``).
        allowed: networks that may be reached anyway.
    """
    outer = ip_address(text.partition("%")[0])
    inner = carried(outer)
    if any(inner.version == network.version and inner in network for network in allowed):
        return True
    if any(outer.version == network.version and outer in network for network in allowed):
        return True
    return all(
        address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)
        for address in {inner}
    )
