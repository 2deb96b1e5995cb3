"""Two transactions that wait for each other: one goes through, the other is told in a sentence."""

import asyncio

import pytest
from sqlalchemy import text

from entrepot.access.principal import SellerRef
from entrepot.kit.database import CrossedError, Database
from entrepot.kit.scope import Scope

pytestmark = pytest.mark.anyio


async def test_a_deadlock_is_no_bug_but_try_again(database: Database, seller: SellerRef) -> None:
    first, second = asyncio.Event(), asyncio.Event()

    async def cross(mine: int, own: asyncio.Event, other: asyncio.Event) -> str:
        lock = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")
        try:
            async with database.transaction(Scope.of(seller.id)) as session:
                await session.execute(lock, {"name": f"{seller.id} {mine}"})
                own.set()
                await other.wait()
                await session.execute(lock, {"name": f"{seller.id} {1 - mine}"})
        except CrossedError as error:
            return error.detail
        return ""

    said = await asyncio.gather(cross(0, first, second), cross(1, second, first))

    assert min(said) == ""
    assert max(said).endswith("Nothing was changed; try again.")
