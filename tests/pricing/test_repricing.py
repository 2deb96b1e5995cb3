"""Repricing in the service: which rule counts, what becomes of a decision, and that nothing leaves its limits."""

from decimal import Decimal

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.principal import SellerRef
from entrepot.pricing.repricing import Repricer
from tests.pricing.factories import add_offer, add_rule, open_stall, prices_of, rivals_ask

pytestmark = pytest.mark.anyio


async def test_a_rule_undercuts(session: AsyncSession, seller: SellerRef) -> None:
    stall = await open_stall(session, seller.id)
    offer = await add_offer(session, stall, "MUG")
    await rivals_ask(session, stall, offer, "9.50", "9.80")
    await add_rule(session, stall)

    tally = await Repricer(session).reprice([offer], "hand")

    assert tally.plain() == {"applied": 1}
    assert await prices_of(session, [offer]) == [Decimal("9.40")]
