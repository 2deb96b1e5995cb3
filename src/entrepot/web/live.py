"""Live pages: one connection listens to the database, every browser gets what it may see, and nothing is lost.

A batch of events is read once, encoded once and handed to all.  Its cursor is the ``id`` of its last message, which a
browser sends back when it reconnects: what it missed comes from memory if it is recent, else from the event log.
"""

import asyncio
import contextlib
from collections import OrderedDict
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import structlog
from litestar import Litestar, Request, get
from litestar.response import Stream

from entrepot.access.guards import open_to_signed_in
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.kit import outbox
from entrepot.kit.database import Database, DatabaseAwayError
from entrepot.kit.outbox import Cursor, RecordedEvent
from entrepot.kit.scope import Scope

HEARTBEAT = 15
"""Seconds of silence after which a comment shows that the connection lives."""
LIFETIME = 600
"""Seconds until a stream ends and the browser signs in to the next: a revoked session ends with it."""
FALLBACK = 5
"""Seconds between looks at the log when no wake-up comes."""
UNWATCHED = 0.25
"""Seconds between looks while nobody watches: only the place to resume from is kept fresh then."""
MEMORY = 2000
"""Batches kept for those who reconnect."""
QUEUE = 500
"""Batches a slow browser may lag behind before it must reconnect."""
REPLAY = 5000
"""Events a returning browser may have missed; more, and it reloads the page instead."""

TOPICS: dict[str, Right | None] = {
    "access": Right.USERS_MANAGE,
    "catalog": Right.CATALOG_READ,
    "channels": Right.CHANNELS_READ,
    "documents": Right.CATALOG_READ,
    "erp": Right.ERP_READ,
    "flows": Right.CHANNELS_READ,
    "fulfilment": Right.FULFILMENT_READ,
    "imports": None,
    "inventory": Right.INVENTORY_READ,
    "jobs": Right.JOBS_READ,
    "messaging": None,
    "offers": Right.OFFERS_READ,
    "orders": Right.ORDERS_READ,
    "pricewatch": Right.PRICEWATCH_READ,
    "pricing": Right.PRICING_READ,
    "printing": Right.PRINTING_READ,
    "returns": Right.RETURNS_READ,
}
"""The right that each slice's events need, None: any of the seller's people.  Others reach no browser."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Message:
    """One event, encoded once for all."""

    seller_id: UUID | None
    right: Right | None
    body: bytes
    instance: bool = False
    """About the instance's own work: for those alone who look at all of it."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Events read together; *after* is the cursor behind them."""

    messages: tuple[Message, ...]
    after: Cursor

    def for_principal(self, who: Principal) -> bytes:
        """Return what *who* may see, ending with the cursor; empty if there is nothing for them."""
        scope = who.scope
        mine = [
            message.body
            for message in self.messages
            if (message.right is None or message.right in who.rights)
            and (
                scope.everyone
                or (message.seller_id is None and not message.instance)
                or message.seller_id in scope.sellers
            )
        ]
        return b"".join([*mine, b"id: ", self.after.encode(), b"\ndata:\n\n"]) if mine else b""


def encode(events: list[RecordedEvent], after: Cursor) -> Batch:
    """Turn events into what goes over the wire."""
    messages: list[Message] = []
    for event in events:
        slice_ = event.topic.partition(".")[0]
        if slice_ not in TOPICS:
            continue
        data = {"topic": event.topic, "subject": f"{event.subject_kind}:{event.subject_id}", "data": event.payload}
        kinds = ["change", "progress"] if "total" in event.payload and slice_ == "jobs" else ["change"]
        encoded = msgspec.json.encode(data)
        body = b"".join(b"event: %s\ndata: %s\n\n" % (kind.encode(), encoded) for kind in kinds)
        instance = slice_ == "jobs" and event.seller_id is None
        messages.append(Message(event.seller_id, TOPICS[slice_], body, instance))
    return Batch(tuple(messages), after)


@dataclass(eq=False, slots=True)
class Subscriber:
    """One connected browser."""

    queue: asyncio.Queue[Batch] = field(default_factory=lambda: asyncio.Queue(QUEUE))
    lost: bool = False
    """It fell too far behind; its stream ends, and it catches up by reconnecting."""


class Hub:
    """Reads the event log once for all browsers of this process."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._subscribers: set[Subscriber] = set()
        self._recent: OrderedDict[Cursor, Batch] = OrderedDict()
        """Cursor before the batch -> batch."""
        self._cursor = Cursor("")
        self._wake = asyncio.Event()
        self._watched = asyncio.Event()
        """Somebody began to watch."""
        self._listeners: dict[asyncio.Event, str] = {}

    @contextlib.asynccontextmanager
    async def listen(self, slice_: str) -> AsyncGenerator[asyncio.Event]:
        """Give an event that is set whenever something of *slice_* is committed, by whomever."""
        changed = asyncio.Event()
        self._listeners[changed] = slice_
        self._watched.set()
        try:
            yield changed
        finally:
            del self._listeners[changed]

    @property
    def _is_watched(self) -> bool:
        """Tell whether anybody wants to know what happens, or just the place from which they may."""
        return bool(self._cursor and (self._subscribers or self._listeners))

    @property
    def cursor(self) -> Cursor | None:
        """The place that a page rendered from now on may resume from."""
        return self._cursor or None

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Listen and read for as long as the application runs."""
        tasks = [asyncio.create_task(work, name="hub") for work in (self._listen(), self._read())]
        try:
            yield
        finally:
            for subscriber in self._subscribers:
                subscriber.lost = True
                with contextlib.suppress(asyncio.QueueFull):
                    subscriber.queue.put_nowait(Batch((), self._cursor))  # wakes it up, to end
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _listen(self) -> None:
        """Hold one LISTEN connection; reconnect for as long as it takes."""
        url = self._database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        while True:
            try:
                connection = await asyncpg.connect(url)
            except (OSError, asyncpg.PostgresError) as error:
                log.warning("hub_cannot_listen", error=str(error))
                await asyncio.sleep(1)
                continue
            try:
                await self._until_lost(connection)
            except (OSError, asyncpg.PostgresError) as error:
                log.warning("hub_lost_listener", error=str(error))
            finally:
                with contextlib.suppress(OSError, asyncpg.PostgresError):
                    await connection.close(timeout=1)

    async def _until_lost(self, connection: asyncpg.Connection) -> None:
        gone = asyncio.Event()

        def lost(_: object) -> None:
            gone.set()

        def notified(*_: object) -> None:
            self._wake.set()

        connection.add_termination_listener(lost)
        await connection.add_listener(outbox.CHANNEL, notified)
        self._wake.set()  # whatever came while nobody listened
        await gone.wait()

    async def _look(self, limit: int) -> tuple[list[RecordedEvent], Cursor | None]:
        """Return what is new and the place behind it, as :func:`outbox.read_after`; nobody there, only the place."""
        if not self._is_watched:
            async with self._database.glance() as session:
                here = await outbox.cursor_now(session)
            if not self._is_watched:  # who has come meanwhile was told the old place
                self._cursor = here
                return [], here
        async with self._database.transaction(Scope.all_sellers()) as session:
            return await outbox.read_after(session, self._cursor, limit=limit)

    async def _read(self) -> None:
        limit = REPLAY
        while True:
            self._wake.clear()
            try:
                events, after = await self._look(limit)
            except DatabaseAwayError:
                await asyncio.sleep(1)
                continue
            except Exception:  # a reader that died would freeze every page without a word
                log.exception("hub_cannot_read")
                await asyncio.sleep(1)
                continue
            if after is None:
                limit *= 4
                continue
            limit = REPLAY
            if events:
                self._publish(encode(events, after))
                slices = {event.topic.partition(".")[0] for event in events}
                for listener, slice_ in self._listeners.items():
                    if slice_ in slices:
                        listener.set()
                # After an empty look the old place is as true, and stays known to those who return.
                self._cursor = after
            if not self._is_watched:
                self._watched.clear()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(UNWATCHED):
                        await self._watched.wait()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(FALLBACK):
                    await self._wake.wait()

    def _publish(self, batch: Batch) -> None:
        self._recent[self._cursor] = batch
        while len(self._recent) > MEMORY:
            self._recent.popitem(last=False)
        for subscriber in self._subscribers:
            try:
                subscriber.queue.put_nowait(batch)
            except asyncio.QueueFull:
                subscriber.lost = True

    def _remembered(self, since: Cursor) -> list[Batch] | None:
        """Return the batches after *since*, or None if memory does not reach back that far."""
        if since == self._cursor:
            return []
        batches: list[Batch] = []
        while (batch := self._recent.get(since)) is not None:
            batches.append(batch)
            since = batch.after
            if since == self._cursor:
                return batches
        return None

    async def stream(self, who: Principal, since: Cursor | None) -> AsyncGenerator[bytes]:
        """Yield to one browser what it may see, from *since* on, for a while."""
        subscriber = Subscriber()
        self._subscribers.add(subscriber)
        self._watched.set()
        try:
            yield b"retry: 1000\n: connected\n\n"
            if since:
                yield await self._missed(who, since)
            clock = asyncio.get_running_loop().time
            end = clock() + LIFETIME
            while not subscriber.lost and clock() < end:
                try:
                    batch = await asyncio.wait_for(subscriber.queue.get(), HEARTBEAT)
                except TimeoutError:
                    yield b": alive\n\n"
                    continue
                if body := batch.for_principal(who):
                    yield body
        finally:
            self._subscribers.discard(subscriber)

    async def _missed(self, who: Principal, since: Cursor) -> bytes:
        remembered = self._remembered(since)
        if remembered is not None:
            return b"".join(batch.for_principal(who) for batch in remembered)
        async with self._database.transaction(who.scope, actor=who.actor) as session:
            events, after = await outbox.read_after(session, since, limit=REPLAY)
            if after is None:
                here = await outbox.cursor_now(session)
                return b"id: %s\nevent: reload\ndata: {}\n\n" % here.encode()
        return encode(events, after).for_principal(who)


@asynccontextmanager
async def serving(app: Litestar, database: Database) -> AsyncGenerator[None]:
    """Run the hub beside the application."""
    hub = Hub(database)
    app.state.hub = hub
    async with hub.running():
        yield


def valid_cursor(text: str) -> Cursor | None:
    """Return *text* if it is a cursor: ``xmin:xmax:xid,xid``."""
    numbers = text.replace(",", ":").split(":")
    if len(text) > 4000 or text.count(":") != 2 or not all(part.isdigit() or not part for part in numbers):  # noqa: PLR2004 -- its grammar
        return None
    return Cursor(text) if numbers[0] and numbers[1] and int(numbers[0]) <= int(numbers[1]) else None


@get("/live", opt=open_to_signed_in(), include_in_schema=False)
async def live(request: Request[Any, Any, Any], since: str = "") -> Stream:
    """Stream what happens."""
    who: Principal = request.scope["user"]
    hub: Hub = request.app.state.hub
    cursor = valid_cursor(request.headers.get("last-event-id") or since)
    return Stream(
        hub.stream(who, cursor),
        media_type="text/event-stream",
        headers={"cache-control": "no-store", "x-accel-buffering": "no"},
    )


ROUTES = [live]
