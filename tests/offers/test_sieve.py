"""The sieve in SQL and the rule in Python say the same of whatever there is."""

import random
from uuid import UUID

import pytest
from sqlalchemy import text

from entrepot.channels.service import ChannelService
from entrepot.offers import views
from entrepot.offers.deciding import Circumstances, Deciding, Explaining
from entrepot.offers.repository import OfferRepository
from tests.inventory.factories import add_bundle
from tests.offers.conftest import Shop

pytestmark = pytest.mark.anyio

PRODUCTS = 12
BUNDLES = 5


@pytest.mark.parametrize("seed", range(4))
async def test_sieve_and_rule_agree(shop: Shop, seed: int) -> None:
    chance = random.Random(seed)
    products: list[UUID] = [
        await shop.product(f"P-{number}", chance.randrange(12), buffer=chance.randrange(4))
        for number in range(PRODUCTS)
    ]
    async with shop.database.transaction(shop.scope) as session:
        for number in range(BUNDLES):
            parts = {product: chance.randint(1, 3) for product in chance.sample(products, 2)}
            await add_bundle(session, shop.seller.id, parts, f"B-{number}", buffer=chance.randrange(3))
    for sku in [*(f"P-{number}" for number in range(PRODUCTS)), *(f"B-{number}" for number in range(BUNDLES))]:
        shop.offer(sku)
    await shop.refresh()
    async with shop.database.transaction(shop.scope) as session:
        for row in await views.offers(session):
            await session.execute(
                text("UPDATE offer SET buffer = :b, maximum = :m, paused = :p, wanted_quantity = :w WHERE id = :id"),
                {
                    "id": row.facts.id,
                    "b": chance.choice([None, None, 0, 3]),
                    "m": chance.choice([None, None, 0, 5]),
                    "p": chance.random() < 0.2,
                    "w": chance.randrange(8),
                },
            )
        await session.execute(
            text("UPDATE offer_account SET buffer = :b, maximum = :m, paused = :p WHERE account_id = :a"),
            {
                "a": shop.account_id,
                "b": chance.randrange(3),
                "m": chance.choice([None, 4, 7]),
                "p": seed == 3,
            },
        )
    async with shop.database.transaction(shop.scope) as session:
        account = await ChannelService(session).account(shop.account_id)
        rows = [row.facts for row in await views.offers(session)]
        reasons = await Explaining(session, await Circumstances.of(session, [account])).explain(rows)
        by_rule = {
            row.id
            for row, why in zip(rows, reasons, strict=True)
            if why is not None and why.quantity != row.wanted_quantity
        }
        assert set(await OfferRepository(session).out_of_date(shop.seller.id)) == by_rule
        changes = await Deciding(session).decide(shop.seller.id)
        assert {change.offer_id for change in changes} == by_rule
        assert await OfferRepository(session).out_of_date(shop.seller.id) == []
