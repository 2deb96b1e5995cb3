"""A run decides about everything that is to be looked at, even where the channel cannot be read."""

from decimal import Decimal

import pytest
from sqlalchemy import text

from entrepot.kit.clock import now
from entrepot.pricing import running, views
from entrepot.pricing.costs import CostService
from entrepot.pricing.decisions_repository import DecisionRepository
from entrepot.pricing.domain.rules import Limits, Mode, Rule
from tests.offers.conftest import Shop
from tests.pricing.factories import Stall, add_rule

pytestmark = pytest.mark.anyio


async def test_a_run_works_off_what_is_due(shop: Shop) -> None:
    await shop.product("MUG", 5)
    shop.offer("MUG", ean="8712345678906")
    await shop.refresh()
    stall = Stall(shop.seller.id, shop.account_id)
    async with shop.database.transaction(shop.scope) as session:
        await CostService(session).put(shop.seller.id, {"shipping": Decimal(0), "packaging": Decimal(0)})
        await add_rule(session, stall, Rule(rule_id="", limits=Limits(floor="2", ceiling="11")), mode=Mode.AUTOMATIC)
        assert await DecisionRepository(session).touch_due(now()) == [(shop.seller.id, shop.account_id)]

    done = await running.work_off(shop.run(), shop.connections, shop.account_id)

    assert sum(done.values()) == 1
    async with shop.database.transaction(shop.scope) as session:
        assert len(await views.standings(session)) == 1
        assert await DecisionRepository(session).touch_due(now()) == [], "and not again before its time"
        left = await session.execute(
            text("SELECT count(*) FROM pricing_touched WHERE seller_id = :id"), {"id": shop.seller.id}
        )
        assert left.scalar_one() == 0
