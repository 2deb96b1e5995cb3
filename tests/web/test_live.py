"""Live pages: what is committed reaches those who may see it, also after a lost connection."""

import asyncio
import re
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from pathlib import Path
from typing import ClassVar

import msgspec
import pytest

import entrepot
from entrepot.access.principal import Principal, SellerRef
from entrepot.access.rights import Right
from entrepot.jobs.discovery import discover
from entrepot.kit import outbox
from entrepot.kit.database import Database
from entrepot.kit.ids import new_id
from entrepot.kit.outbox import Cursor, Event
from entrepot.kit.postgres import Server
from entrepot.kit.scope import Scope
from entrepot.kit.secretbox import SecretBox
from entrepot.kit.wakeup import Wakeups
from entrepot.web.live import TOPICS, Hub, valid_cursor
from entrepot.web.slices import routes
from tests.conftest import principal_for

pytestmark = pytest.mark.anyio


def awaited(pattern: str = r"live:([a-z_]+(?:\.[a-z_]+)?)(?![a-z_:])") -> set[str]:
    """Return every name of an event that a page waits for."""
    source = Path(entrepot.__file__).parent
    pages = [path for kind in ("*.html", "*.py") for path in source.rglob(kind)]
    return {name for page in pages for name in re.findall(pattern, page.read_text())}


def test_what_pages_wait_for_reaches_them() -> None:
    discover()
    routes()
    topics = {one.topic for one in descendants(Event) if "topic" in vars(one)}

    assert {name for name in awaited() if name.partition(".")[0] not in TOPICS} == set()
    assert awaited() - topics - {topic.partition(".")[0] for topic in topics} == set()
    kinds = {one.subject_kind for one in descendants(Event) if "topic" in vars(one)}
    assert awaited(r"live:([a-z_]+):") - kinds == set()


def descendants(kind: type[Event]) -> set[type[Event]]:
    below = set(kind.__subclasses__())
    return below | {one for child in below for one in descendants(child)}


class OrderSneezed(Event, frozen=True, kw_only=True):
    topic: ClassVar[str] = "orders.order_sneezed"
    subject_kind: ClassVar[str] = "order"

    times: int


@pytest.fixture
async def live(server: Server, box: SecretBox) -> AsyncGenerator[tuple[Database, Hub]]:
    """A database that wakes listeners, and a hub that listens."""
    async with Database(server.asyncpg(server.application), box.derive("scope"), wakeups=Wakeups()) as database:
        hub = Hub(database)
        async with hub.running():
            while hub.cursor is None:
                await asyncio.sleep(0.01)
            yield database, hub


async def sneeze(database: Database, seller: SellerRef, times: int) -> None:
    async with database.transaction(Scope.of(seller.id)) as session:
        await outbox.record(session, OrderSneezed(seller_id=seller.id, subject_id=new_id(), times=times))


class Browser:
    """Reads one stream and remembers the last id, as an EventSource does."""

    def __init__(self, hub: Hub, who: Principal, since: Cursor | None = None) -> None:
        self.last_id = since
        self._stream = hub.stream(who, since)

    async def until(self, count: int) -> list[int]:
        """Return the next *count* sneezes."""
        found: list[int] = []
        async with asyncio.timeout(10):
            while len(found) < count:
                chunk = await anext(self._stream)
                for message in chunk.decode().split("\n\n"):
                    fields = dict(line.split(": ", 1) for line in message.splitlines() if ": " in line)
                    if "id" in fields:
                        self.last_id = Cursor(fields["id"])
                    if fields.get("event") == "change":
                        found.append(msgspec.json.decode(fields["data"])["data"]["times"])
        return found

    async def open(self) -> "Browser":
        await anext(self._stream)
        return self

    async def close(self) -> None:
        await self._stream.aclose()


async def test_a_commit_reaches_the_page(live: tuple[Database, Hub], seller: SellerRef) -> None:
    database, hub = live
    browser = await Browser(hub, principal_for(seller)).open()
    await sneeze(database, seller, 3)

    assert await browser.until(1) == [3]
    await browser.close()


async def test_nothing_is_lost_while_the_connection_is(live: tuple[Database, Hub], seller: SellerRef) -> None:
    database, hub = live
    who = principal_for(seller)
    browser = await Browser(hub, who).open()
    await sneeze(database, seller, 1)
    assert await browser.until(1) == [1]
    await browser.close()

    await sneeze(database, seller, 2)
    await sneeze(database, seller, 3)
    returned = await Browser(hub, who, browser.last_id).open()

    assert await returned.until(2) == [2, 3]
    await returned.close()


async def test_a_page_catches_up_from_the_log_when_memory_is_gone(
    live: tuple[Database, Hub], seller: SellerRef
) -> None:
    """Another process, or this one after a restart, knows nothing of the cursor but what the database says."""
    database, _ = live
    async with database.transaction(Scope.of(seller.id)) as session:
        rendered = await outbox.cursor_now(session)
    await sneeze(database, seller, 5)

    fresh = Hub(database)
    async with fresh.running(), aclosing(fresh.stream(principal_for(seller), rendered)) as stream:
        await anext(stream)
        assert b'"times":5' in await anext(stream)


async def test_another_sellers_events_and_missing_rights_stay_out(
    live: tuple[Database, Hub], seller: SellerRef, make_seller: Callable[..., Awaitable[SellerRef]]
) -> None:
    database, hub = live
    other = await make_seller("Red Mugs")
    stranger = await Browser(hub, principal_for(other)).open()
    powerless = await Browser(hub, principal_for(seller, frozenset({Right.CATALOG_READ}))).open()
    entitled = await Browser(hub, principal_for(seller)).open()

    await sneeze(database, seller, 1)
    assert await entitled.until(1) == [1]
    for outsider in (stranger, powerless):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await outsider.until(1)


@pytest.mark.parametrize("text", ["", "1", "1:2", "a:b:", "5:3:", "1:2:3;DROP", "1:2:" + "3," * 3000, "'::"])
async def test_a_cursor_from_outside_is_checked(text: str) -> None:
    assert valid_cursor(text) is None


async def test_a_cursor_of_ours_is_accepted(database: Database, seller: SellerRef) -> None:
    async with database.transaction(Scope.of(seller.id)) as session:
        cursor = await outbox.cursor_now(session)

    assert valid_cursor(cursor) == cursor
