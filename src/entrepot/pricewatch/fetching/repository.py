"""Leases of hosts, in the database and so for all processes.  Time is the database's."""

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.kit.database import Database
from entrepot.kit.scope import Scope
from entrepot.kit.sql import text
from entrepot.pricewatch.fetching.leases import LEASE, Lease

LONG_AGO = 10 * 365 * 24 * 3600
"""Seconds; PostgreSQL knows no infinite interval of old."""

# now() is the beginning of the transaction: earlier than the truth if we waited for a row, and so on the safe side.
# A lease that ran out was not given back: its holder may have asked until the last moment.
_ACQUIRE = text("""
INSERT INTO price_host AS h (host, holder, leased_until, interval_ms)
SELECT host, :holder, now() + make_interval(secs => :lease), ms FROM unnest(
    CAST(:hosts AS text[]), CAST(:intervals AS integer[])) AS t(host, ms) ORDER BY host
ON CONFLICT (host) DO UPDATE SET
    asked_at = CASE WHEN h.leased_until IS NULL OR h.leased_until > now() THEN h.asked_at
        ELSE GREATEST(h.asked_at, h.leased_until) END,
    free_at = CASE WHEN h.leased_until IS NULL OR h.leased_until > now() THEN h.free_at
        ELSE GREATEST(h.free_at, h.leased_until + make_interval(secs => h.interval_ms / 1000.0)) END,
    holder = :holder, leased_until = now() + make_interval(secs => :lease),
    interval_ms = excluded.interval_ms, wanted = false
WHERE h.leased_until IS NULL OR h.leased_until <= now() OR h.holder = :holder
RETURNING host, COALESCE(extract(epoch FROM now() - asked_at), 'Infinity')::float8,
    GREATEST(0, extract(epoch FROM free_at - now()))::float8,
    GREATEST(0, COALESCE(extract(epoch FROM closed_until - now()), 0))::float8, strikes
""")
_WANT = text("""
UPDATE price_host SET wanted = true WHERE host IN (
    SELECT host FROM price_host WHERE host = ANY(CAST(:hosts AS text[])) AND holder <> :holder AND NOT wanted
    ORDER BY host FOR UPDATE)
""")
_RENEW = text("""
UPDATE price_host SET leased_until = now() + make_interval(secs => :lease), interval_ms = t.ms
FROM (SELECT h.host, t.ms FROM price_host h JOIN unnest(CAST(:hosts AS text[]), CAST(:intervals AS integer[])) AS t(host, ms)
    ON t.host = h.host ORDER BY h.host FOR UPDATE OF h) AS t
WHERE price_host.host = t.host AND holder = :holder AND leased_until > now()
RETURNING price_host.host, wanted
""")
_RELEASE = text("""
UPDATE price_host SET holder = NULL, leased_until = NULL, wanted = false, strikes = t.strikes,
    asked_at = GREATEST(asked_at, now() - make_interval(secs => t.ago)),
    free_at = GREATEST(free_at, now() + make_interval(secs => t.free_in))
FROM (SELECT h.host, t.ago, t.free_in, t.strikes FROM price_host h JOIN unnest(CAST(:hosts AS text[]),
    CAST(:agos AS float8[]), CAST(:frees AS float8[]), CAST(:strikes AS integer[])) AS t(host, ago, free_in, strikes)
    ON t.host = h.host ORDER BY h.host FOR UPDATE OF h) AS t
WHERE price_host.host = t.host AND holder = :holder
""")
_CLOSE = text("""
UPDATE price_host SET strikes = :strikes,
    closed_until = GREATEST(closed_until, now() + make_interval(secs => :seconds))
WHERE host = :host
""")


class DatabaseLeases:
    """Leases that all processes of an instance share."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def acquire(self, holder: UUID, asked: Mapping[str, float]) -> dict[str, Lease]:
        """Take what is free of the hosts *asked* for, each with its interval in seconds."""
        facts = {
            "holder": holder,
            "lease": LEASE,
            "hosts": list(asked),
            "intervals": [round(interval * 1000) for interval in asked.values()],
        }
        async with self._database.transaction(Scope.nobody()) as session:
            found = (await session.execute(_ACQUIRE, facts)).all()
            got = {str(host): Lease(*rest) for host, *rest in found}
            if missed := [host for host in asked if host not in got]:
                await session.execute(_WANT, {"hosts": missed, "holder": holder})
        return got

    async def renew(self, holder: UUID, held: Mapping[str, float]) -> dict[str, bool]:
        """Prolong leases; return those that still are, and whether another waits for it."""
        facts = {
            "holder": holder,
            "lease": LEASE,
            "hosts": list(held),
            "intervals": [round(interval * 1000) for interval in held.values()],
        }
        async with self._database.transaction(Scope.nobody()) as session:
            found = await session.execute(_RENEW, facts)
            return {str(host): bool(wanted) for host, wanted in found.all()}

    async def release(self, holder: UUID, given: Mapping[str, Lease]) -> None:
        """Give hosts back, with what the next has to keep to."""
        facts = {
            "holder": holder,
            "hosts": list(given),
            "agos": [min(lease.asked_ago, LONG_AGO) for lease in given.values()],
            "frees": [lease.free_in for lease in given.values()],
            "strikes": [lease.strikes for lease in given.values()],
        }
        async with self._database.transaction(Scope.nobody()) as session:
            await session.execute(_RELEASE, facts)

    async def close(self, host: str, seconds: int, strikes: int) -> None:
        """Remember that a host wants a pause."""
        async with self._database.transaction(Scope.nobody()) as session:
            await session.execute(_CLOSE, {"host": host, "seconds": seconds, "strikes": strikes})


class HostRow(msgspec.Struct, frozen=True):
    """What is known of a host, for the pages."""

    host: str
    closed_in: float
    strikes: int


async def closed_hosts(session: AsyncSession, hosts: list[str]) -> list[HostRow]:
    """Return which of *hosts* want a pause now."""
    found = await session.execute(
        text(
            "SELECT host, extract(epoch FROM closed_until - now())::float8, strikes FROM price_host"
            " WHERE host = ANY(CAST(:hosts AS text[])) AND closed_until > now()"
        ),
        {"hosts": hosts},
    )
    return [HostRow(*row) for row in found.all()]


async def forget_hosts(session: AsyncSession, *, idle: timedelta) -> int:
    """Remove hosts that nobody has asked for long, and that are not closed; return how many."""
    found = await session.execute(
        text(
            "WITH gone AS (DELETE FROM price_host WHERE holder IS NULL AND free_at < now() - CAST(:idle AS interval)"
            " AND (closed_until IS NULL OR closed_until < now()) RETURNING 1) SELECT count(*) FROM gone"
        ),
        {"idle": idle},
    )
    return int(found.scalar_one())
