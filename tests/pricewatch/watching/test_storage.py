"""What the database itself promises about watched prices."""

from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.principal import SellerRef
from entrepot.kit.bulk import insert_rows
from entrepot.kit.clock import now
from entrepot.kit.database import Database
from entrepot.kit.ids import new_id
from entrepot.kit.scope import Scope
from entrepot.pricewatch.watching.models import PriceObservation
from entrepot.pricewatch.watching.service import NewListing, WatchService

pytestmark = pytest.mark.anyio


async def observe(session: AsyncSession, seller_id: UUID, listing_id: UUID) -> None:
    row = {
        "id": new_id(),
        "seller_id": seller_id,
        "listing_id": listing_id,
        "observed_at": now(),
        "price": "9.95",
        "currency": "EUR",
        "availability": "in_stock",
        "reason": "changed",
    }
    await insert_rows(session, PriceObservation, [row])


async def test_an_observation_is_found_by_its_seller_alone_and_by_no_partitions_name(
    database: Database, seller: SellerRef
) -> None:
    async with database.transaction(Scope.of(seller.id)) as session:
        added = await WatchService(session).add_url(seller.id, NewListing(url="https://shop.example/mug"))
        assert added.listing_id is not None
        await observe(session, seller.id, added.listing_id)
        seen = text("SELECT tableoid::regclass::text FROM price_observation WHERE listing_id = :id")
        [partition] = (await session.execute(seen, {"id": added.listing_id})).scalars()
    assert partition == f"partitions.price_observation_{now():%Y_%m}"
    async with database.transaction(Scope.of(new_id())) as session:
        assert not (await session.execute(seen, {"id": added.listing_id})).all()
    for statement in (f"SELECT * FROM {partition}", f"DELETE FROM {partition}", "DELETE FROM price_observation"):
        with pytest.raises(DBAPIError, match="permission denied"):
            async with database.transaction(Scope.of(seller.id)) as session:
                await session.execute(text(statement))


async def test_removing_a_product_removes_everything_of_it(database: Database, seller: SellerRef) -> None:
    async with database.transaction(Scope.of(seller.id)) as session:
        watch = WatchService(session)
        added = await watch.add_url(seller.id, NewListing(url="https://shop.example/cup"))
        assert added.listing_id is not None
        await observe(session, seller.id, added.listing_id)
        await watch.favour(new_id(), added.watched_product_id, favourite=True)
        await watch.remove_product(added.watched_product_id)
        for table in ("watched_product", "price_listing", "price_observation", "watched_favourite"):
            assert (await session.execute(text(f"SELECT count(*) FROM {table}"))).scalar_one() == 0
    async with database.transaction(Scope.all_sellers()) as session:
        made = await session.execute(text("SELECT make_month_partitions('price_observation', 4)"))
        assert made.scalar_one() == 1, "three months were there already"
        with pytest.raises(DBAPIError, match="not a table by month"):
            await session.execute(text("SELECT make_month_partitions('watched_product', 4)"))
