"""The event log: nothing missed, nothing twice, whatever the order of commits."""

import asyncio
from collections.abc import Awaitable, Callable
from random import Random
from typing import ClassVar
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from entrepot.access.principal import SellerRef
from entrepot.kit import outbox
from entrepot.kit.database import Actor, Database
from entrepot.kit.ids import new_id
from entrepot.kit.outbox import Cursor, Event
from entrepot.kit.scope import Scope

pytestmark = pytest.mark.anyio


class KettleBoiled(Event, frozen=True, kw_only=True):
    topic: ClassVar[str] = "kit.kettle_boiled"
    subject_kind: ClassVar[str] = "kettle"

    degrees: int


def boiled(seller_id: UUID, degrees: int = 100) -> KettleBoiled:
    return KettleBoiled(seller_id=seller_id, subject_id=new_id(), degrees=degrees)


async def here(database: Database, seller: SellerRef) -> Cursor:
    async with database.transaction(Scope.of(seller.id)) as session:
        return await outbox.cursor_now(session)


async def read(database: Database, seller: SellerRef, cursor: Cursor) -> tuple[list[int], Cursor]:
    async with database.transaction(Scope.of(seller.id)) as session:
        events, after = await outbox.read_after(session, cursor)
    assert after is not None
    return [event.payload["degrees"] for event in events], after


async def test_an_event_keeps_its_author_and_facts(database: Database, seller: SellerRef) -> None:
    start = await here(database, seller)
    author = Actor("user", "7", "Tess")
    async with database.transaction(Scope.of(seller.id), actor=author, request_id="r-1") as session:
        event = boiled(seller.id, 99)
        await outbox.record(session, event)

    async with database.transaction(Scope.of(seller.id)) as session:
        events, _ = await outbox.read_after(session, start)
    (found,) = events
    assert (found.topic, found.subject_kind, found.subject_id) == ("kit.kettle_boiled", "kettle", event.subject_id)
    assert (found.actor_name, found.request_id, found.payload) == ("Tess", "r-1", {"degrees": 99})


async def test_what_is_recorded_last_is_stored_with_the_next_or_at_the_end(
    database: Database, seller: SellerRef
) -> None:
    start = await here(database, seller)
    async with database.transaction(Scope.of(seller.id)) as session:
        await outbox.record_last(session, boiled(seller.id, 1))
        await outbox.record_last(session, boiled(seller.id, 2))
        assert (await outbox.read_after(session, start))[0] == []
        await outbox.record(session, boiled(seller.id, 3))
        assert len((await outbox.read_after(session, start))[0]) == 3
        await outbox.record_last(session, boiled(seller.id, 4))
    async with database.transaction(Scope.of(seller.id)) as session:
        await outbox.record_last(session, boiled(seller.id, 5))
        await session.rollback()
        await outbox.record(session)

    assert (await read(database, seller, start))[0] == [1, 2, 3, 4]


async def test_a_savepoint_takes_along_only_what_was_recorded_within(database: Database, seller: SellerRef) -> None:
    start = await here(database, seller)
    async with database.transaction(Scope.of(seller.id)) as session:
        await outbox.record_last(session, boiled(seller.id, 1))
        savepoint = await session.begin_nested()
        await outbox.record_last(session, boiled(seller.id, 2))
        await outbox.record(session, boiled(seller.id, 3))
        await savepoint.rollback()

    assert (await read(database, seller, start))[0] == [1]


async def test_what_is_recorded_together_keeps_its_order(database: Database, seller: SellerRef) -> None:
    start = await here(database, seller)
    async with database.transaction(Scope.of(seller.id)) as session:
        await outbox.record(session, boiled(seller.id, 1))
        async with outbox.together(session):
            await outbox.record(session, boiled(seller.id, 2), boiled(seller.id, 3))
            async with outbox.together(session):
                await outbox.record(session, boiled(seller.id, 4))
            assert [event.payload["degrees"] for event in (await outbox.read_after(session, start))[0]] == [1]
        await outbox.record(session, boiled(seller.id, 5))

    assert (await read(database, seller, start))[0] == [1, 2, 3, 4, 5]


async def test_what_is_recorded_together_goes_with_what_failed(database: Database, seller: SellerRef) -> None:
    start = await here(database, seller)
    async with database.transaction(Scope.of(seller.id)) as session:
        with pytest.raises(ValueError, match="dry"):
            async with outbox.together(session):
                await outbox.record(session, boiled(seller.id, 1))
                raise ValueError("dry")
        await outbox.record(session, boiled(seller.id, 2))

    assert (await read(database, seller, start))[0] == [2]


async def test_what_is_rolled_back_never_happened(database: Database, seller: SellerRef) -> None:
    start = await here(database, seller)
    with pytest.raises(RuntimeError):
        async with database.transaction(Scope.of(seller.id)) as session:
            await outbox.record(session, boiled(seller.id))
            raise RuntimeError

    assert (await read(database, seller, start))[0] == []


async def test_a_late_commit_is_not_missed(database: Database, seller: SellerRef) -> None:
    """The slow transaction takes its number first and commits last."""
    start = await here(database, seller)
    async with database.transaction(Scope.of(seller.id)) as slow:
        await outbox.record(slow, boiled(seller.id, 1))
        async with database.transaction(Scope.of(seller.id)) as fast:
            await outbox.record(fast, boiled(seller.id, 2))
        first, middle = await read(database, seller, start)
    second, end = await read(database, seller, middle)

    assert (first, second) == ([2], [1])
    assert (await read(database, seller, end))[0] == []


async def test_many_writers_and_a_reader_that_never_stops(database: Database, seller: SellerRef) -> None:
    cursor = await here(database, seller)
    seen: list[int] = []
    done = asyncio.Event()

    async def write(first: int) -> None:
        chance = Random(first)
        for number in range(first, first + 20):
            async with database.transaction(Scope.of(seller.id)) as session:
                await outbox.record(session, boiled(seller.id, number))
                await asyncio.sleep(chance.random() / 100)

    async def follow() -> None:
        nonlocal cursor
        while True:
            last = done.is_set()
            found, cursor = await read(database, seller, cursor)
            seen.extend(found)
            if last:
                return

    reader = asyncio.create_task(follow())
    await asyncio.gather(*(write(first) for first in range(0, 200, 20)))
    done.set()
    await reader

    assert sorted(seen) == list(range(200)), "each exactly once"
    for first in range(0, 200, 20):
        mine = [number for number in seen if first <= number < first + 20]
        assert mine == sorted(mine), "one writer's events keep their order"


async def test_a_reader_sees_its_own_sellers_events_only(
    database: Database, seller: SellerRef, make_seller: Callable[..., Awaitable[SellerRef]]
) -> None:
    other = await make_seller("Red Mugs")
    start = await here(database, other)
    async with database.transaction(Scope.of(seller.id)) as session:
        await outbox.record(session, boiled(seller.id))

    assert (await read(database, other, start))[0] == []


async def test_too_many_events_are_said_to_be_cut(database: Database, seller: SellerRef) -> None:
    start = await here(database, seller)
    async with database.transaction(Scope.of(seller.id)) as session:
        await outbox.record(session, *(boiled(seller.id, number) for number in range(5)))

    async with database.transaction(Scope.of(seller.id)) as session:
        events, after = await outbox.read_after(session, start, limit=3)
    assert ([event.payload["degrees"] for event in events], after) == ([0, 1, 2], None)


@pytest.mark.parametrize("statement", ["UPDATE event SET topic = 'x'", "DELETE FROM event", "TRUNCATE event"])
async def test_the_log_cannot_be_rewritten(database: Database, seller: SellerRef, statement: str) -> None:
    with pytest.raises(DBAPIError, match="permission denied"):
        async with database.transaction(Scope.of(seller.id)) as session:
            await session.execute(text(statement))
