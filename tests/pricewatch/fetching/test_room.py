"""Room for requests, and for pages that nobody has read yet."""

import asyncio

import pytest

from entrepot.pricewatch.fetching.room import Room

pytestmark = pytest.mark.anyio


async def test_nothing_is_asked_for_while_too_much_is_unread() -> None:
    room = Room(2, unread=2)
    with room.waiting():
        await room.acquire()  # one more may wait
        with room.waiting():
            asked = asyncio.create_task(room.acquire())
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            assert not asked.done()
        assert await asked
    assert room.locked()


async def test_who_gives_up_leaves_the_room_to_others() -> None:
    room = Room(1, unread=1)
    with room.waiting():
        asked = asyncio.create_task(room.acquire())
        await asyncio.sleep(0)
        asked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asked
    async with asyncio.timeout(5):
        assert await room.acquire()
