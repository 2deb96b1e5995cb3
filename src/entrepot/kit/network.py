"""Connections to the outside that go to checked addresses only.

Addresses are checked at the moment of connecting, and the connection goes to the address that was checked.  A name that
resolves to something else a moment later (DNS rebinding) gains nothing.
"""

import asyncio
import socket
from collections.abc import Iterable, Sequence
from typing import cast

import httpcore

from entrepot.kit.addresses import Network, is_reachable
from entrepot.kit.errors import RefusedError
from entrepot.kit.text import N_


class AddressRefusedError(RefusedError):
    """An outside call would reach a private network."""

    code = "kit.address_refused"
    title = N_("Address refused")
    message = N_(
        "“{host}” is not an address on the public internet, so Entrepot does not call it."
        " If you trust it, add its network to ENTREPOT_OUTSIDE_ALLOW."
    )


class CheckedNetwork(httpcore.AsyncNetworkBackend):
    """Connects to checked addresses only."""

    def __init__(self, allowed: Sequence[Network]) -> None:
        self._allowed = tuple(allowed)
        self._inner = cast("httpcore.AsyncNetworkBackend", httpcore.AnyIOBackend())

    async def reachable(self, host: str, port: int, timeout: float | None = None) -> list[str]:  # noqa: ASYNC109 -- as below
        """Return the addresses of *host* that may be reached: at least one.

        Raises:
            AddressRefusedError: it has none of those.
            ConnectError: it has none at all.
        """
        try:
            async with asyncio.timeout(timeout):
                found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:  # TimeoutError is an OSError
            msg = f"{host} cannot be resolved"
            raise httpcore.ConnectError(msg) from error
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        reachable = [address for address in addresses if is_reachable(address, self._allowed)]
        if not reachable:
            raise AddressRefusedError(host=host)
        return reachable

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 -- httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Resolve *host*, and connect to the first of its addresses that may be reached and answers."""
        reachable = await self.reachable(host, port, timeout)
        *others, last = reachable
        for address in others:
            try:
                return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except httpcore.ConnectError:
                continue
        return await self._inner.connect_tcp(last, port, timeout, local_address, socket_options)

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ARG002, ASYNC109 -- httpcore's signature
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,  # noqa: ARG002
    ) -> httpcore.AsyncNetworkStream:
        """Refuse: a socket file is never outside."""
        raise AddressRefusedError(host=path)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
