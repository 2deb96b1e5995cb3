"""How often we may call an outside system, counted in the database so that all processes share it.

A token bucket per key.  Takers book a token in advance, so the count may go below zero: how far below is how long this
taker waits.  Each gets the turn it booked, in order, without polling.

Where the outside system tells how many calls are left of its own window, that counts as well: the last call it allows
is followed by a pause until the window ends, and not by a refusal.
"""

import asyncio
from datetime import datetime, timedelta

from sqlalchemy import Double
from sqlalchemy.orm import Mapped, mapped_column

from entrepot.kit.clock import now
from entrepot.kit.database import Base, Database
from entrepot.kit.errors import UnavailableError
from entrepot.kit.sql import text
from entrepot.kit.text import N_

LONGEST_WAIT = 30
"""Seconds a taker waits before being told to come back later."""


class BudgetSpentError(UnavailableError):
    """All calls allowed for now are taken."""

    code = "kit.budget_spent"
    title = N_("Call budget spent")
    message = N_("The calls allowed for {key} are used up for {retry_after} s. It goes on by itself.")

    def __init__(self, *, key: str, retry_after: int) -> None:
        super().__init__(key=key, retry_after=retry_after)
        self.retry_after = retry_after


class RateBudgetRow(Base):
    """The calls left under one key."""

    __tablename__ = "rate_budget"

    key: Mapped[str] = mapped_column(primary_key=True)
    tokens: Mapped[float] = mapped_column(Double)
    """Calls that may be made at :attr:`counted_at`; below zero: booked in advance."""
    counted_at: Mapped[datetime]
    closed_until: Mapped[datetime | None]
    """The outside system said: nothing before this moment."""
    window_left: Mapped[int | None]
    """Calls that it still allows before :attr:`window_until`, as it said last, less those booked since."""
    window_until: Mapped[datetime | None]


# Tokens grow by rate/per a second up to the burst; while closed they do not grow.  Time is the database's, so that
# processes on machines with different clocks agree.
_TAKE = text("""
INSERT INTO rate_budget AS b (key, tokens, counted_at)
VALUES (:key, :burst - 1, clock_timestamp())
ON CONFLICT (key) DO UPDATE SET
    tokens = LEAST(:burst, b.tokens + GREATEST(0, extract(epoch FROM
        clock_timestamp() - GREATEST(b.counted_at, b.closed_until))) * :refill) - 1,
    counted_at = GREATEST(clock_timestamp(), b.counted_at, b.closed_until),
    window_left = CASE WHEN b.window_until > clock_timestamp() THEN b.window_left - 1 END,
    window_until = CASE WHEN b.window_until > clock_timestamp() THEN b.window_until END
WHERE LEAST(:burst, b.tokens + GREATEST(0, extract(epoch FROM
        clock_timestamp() - GREATEST(b.counted_at, b.closed_until))) * :refill) - 1
    >= (GREATEST(0, extract(epoch FROM GREATEST(b.counted_at, b.closed_until) - clock_timestamp())) - :longest)
        * :refill
    AND (b.window_until IS NULL OR b.window_left > 0
        OR b.window_until <= clock_timestamp() + make_interval(secs => :longest))
RETURNING GREATEST(
    GREATEST(0, -tokens) / :refill + GREATEST(0, extract(epoch FROM counted_at - clock_timestamp())),
    CASE WHEN window_left < 0 THEN extract(epoch FROM window_until - clock_timestamp()) ELSE 0 END)
""")
_WAIT = text("""
SELECT GREATEST(
    GREATEST(0, 1 - tokens) / :refill + GREATEST(0, extract(epoch FROM
        GREATEST(counted_at, closed_until) - clock_timestamp())),
    CASE WHEN window_left <= 0 THEN extract(epoch FROM window_until - clock_timestamp()) ELSE 0 END)
FROM rate_budget WHERE key = :key
""")
_LEARN = text("""
UPDATE rate_budget SET
    tokens = LEAST(tokens, :remaining),
    closed_until = CASE WHEN :remaining <= 0
        THEN GREATEST(closed_until, clock_timestamp() + make_interval(secs => :reset)) ELSE closed_until END,
    window_left = CASE WHEN window_until > clock_timestamp() THEN LEAST(window_left, :remaining) ELSE :remaining END,
    window_until = CASE WHEN window_until > clock_timestamp() THEN window_until
        ELSE clock_timestamp() + make_interval(secs => :reset) END
WHERE key = :key AND (tokens > :remaining OR :remaining <= 0 OR window_until IS NULL
    OR window_until <= clock_timestamp() OR window_left > :remaining)
""")


class RateBudget:
    """Books calls."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def take(self, key: str, *, rate: int, per: int = 1, burst: int = 1, longest: int = LONGEST_WAIT) -> None:
        """Wait for the next free call under *key*: *rate* calls in *per* seconds, *burst* of them at once.

        Raises:
            BudgetSpentError: it would take longer than *longest* seconds; nothing was booked.
        """
        facts = {"key": key, "burst": burst, "refill": rate / per, "longest": longest}
        async with self._database.glance() as session:  # one statement is a transaction by itself: a third of the way
            wait = (await session.execute(_TAKE, facts)).scalar_one_or_none()
            if wait is None:
                away = (await session.execute(_WAIT, {"key": key, "refill": rate / per})).scalar_one()
                raise BudgetSpentError(key=key, retry_after=max(1, round(away)))
        if wait > 0:
            await asyncio.sleep(wait)

    async def learn(self, key: str, *, remaining: int, reset: int) -> None:
        """Believe the outside system: *remaining* calls are left for *reset* seconds."""
        async with self._database.glance() as session:
            await session.execute(_LEARN, {"key": key, "remaining": remaining, "reset": reset})


def seconds_until(reset: int) -> int:
    """Return the seconds until a reset that a header gives either as seconds or as a Unix time."""
    if reset > timedelta(days=365).total_seconds():
        return max(0, reset - int(now().timestamp()))
    return max(0, reset)
