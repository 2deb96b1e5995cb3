"""Who may ask a host: one fetcher at a time, for a short while that it prolongs."""

import asyncio
from collections.abc import Mapping
from typing import NamedTuple, Protocol
from uuid import UUID

LEASE = 25
"""Seconds.  A fetcher that dies keeps a host from the others for so long, and the host's interval."""


class Lease(NamedTuple):
    """What a new holder has to keep to, in seconds from now."""

    asked_ago: float = float("inf")
    """It was asked last so long ago."""
    free_in: float = 0.0
    closed_in: float = 0.0
    strikes: int = 0


class Leases(Protocol):
    """Where leases are kept."""

    async def acquire(self, holder: UUID, asked: Mapping[str, float]) -> dict[str, Lease]:
        """Take what is free of the hosts *asked* for, each with its interval in seconds; others are noted as wanted."""
        ...

    async def renew(self, holder: UUID, held: Mapping[str, float]) -> dict[str, bool]:
        """Prolong leases; return those that still are, and whether another waits for it."""
        ...

    async def release(self, holder: UUID, given: Mapping[str, Lease]) -> None:
        """Give hosts back, with what the next has to keep to."""
        ...

    async def close(self, host: str, seconds: int, strikes: int) -> None:
        """Remember that a host wants a pause."""
        ...


class _Host:
    def __init__(self) -> None:
        self.holder: UUID | None = None
        self.leased_until = 0.0
        self.wanted = False
        self.interval = 0.0
        self.asked_at = float("-inf")
        self.free_at = 0.0
        self.closed_until = 0.0
        self.strikes = 0


class LocalLeases:
    """Leases of one process without a database."""

    def __init__(self) -> None:
        self._hosts: dict[str, _Host] = {}

    async def acquire(self, holder: UUID, asked: Mapping[str, float]) -> dict[str, Lease]:
        """As in the protocol."""
        present = _present()
        got: dict[str, Lease] = {}
        for name, interval in asked.items():
            host = self._hosts.setdefault(name, _Host())
            if host.holder not in {None, holder} and host.leased_until > present:
                host.wanted = True
                continue
            if host.holder is not None and host.leased_until <= present:
                host.asked_at = max(host.asked_at, host.leased_until)
                host.free_at = max(host.free_at, host.leased_until + host.interval)
            host.holder, host.leased_until, host.interval, host.wanted = holder, present + LEASE, interval, False
            free_in, closed_in = max(0.0, host.free_at - present), max(0.0, host.closed_until - present)
            got[name] = Lease(present - host.asked_at, free_in, closed_in, host.strikes)
        return got

    async def renew(self, holder: UUID, held: Mapping[str, float]) -> dict[str, bool]:
        """As in the protocol."""
        present = _present()
        kept: dict[str, bool] = {}
        for name, interval in held.items():
            host = self._hosts[name]
            if host.holder == holder and host.leased_until > present:
                host.leased_until, host.interval = present + LEASE, interval
                kept[name] = host.wanted
        return kept

    async def release(self, holder: UUID, given: Mapping[str, Lease]) -> None:
        """As in the protocol."""
        present = _present()
        for name, lease in given.items():
            host = self._hosts[name]
            if host.holder == holder:
                host.holder, host.wanted, host.strikes = None, False, lease.strikes
                host.asked_at = max(host.asked_at, present - lease.asked_ago)
                host.free_at = max(host.free_at, present + lease.free_in)

    async def close(self, host: str, seconds: int, strikes: int) -> None:
        """As in the protocol."""
        found = self._hosts.setdefault(host, _Host())
        found.closed_until = max(found.closed_until, _present() + seconds)
        found.strikes = strikes


def _present() -> float:
    return asyncio.get_running_loop().time()
