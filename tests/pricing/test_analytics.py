"""Analytics: over time, each sale once, no currencies added up."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.principal import SellerRef
from entrepot.channels.service import ChannelService
from entrepot.kit.clock import now
from entrepot.kit.ids import new_id
from entrepot.orders.service import OrderService
from entrepot.pricing.analytics import by_product, by_rule
from entrepot.pricing.decisions_repository import DecisionRepository
from tests.orders.factories import channel_line, channel_order
from tests.pricing.factories import add_offer, add_rule, open_stall

pytestmark = pytest.mark.anyio


async def test_figures_count_time_and_each_sale_once(session: AsyncSession, seller: SellerRef) -> None:
    stall = await open_stall(session, seller.id)
    rule = await add_rule(session, stall)
    mug, other = await add_offer(session, stall, "MUG"), await add_offer(session, stall, "OTHER")
    await session.execute(
        text("UPDATE offer SET product_id = (SELECT product_id FROM offer WHERE id = :mug) WHERE id = :other"),
        {"mug": mug, "other": other},
    )
    until = now()
    since = until - timedelta(hours=10)
    shared = {
        "seller_id": seller.id,
        "account_id": stall.account_id,
        "group_id": rule.group_id,
        "rule_id": rule.id,
        "rule_version": 1,
        "trigger": "hand",
        "outcome": "unchanged",
        "currency": "EUR",
        "price_before": Decimal(10),
        "price_after": Decimal(10),
        "floor": None,
        "ceiling": None,
        "limits": [],
        "derivation": {},
        "actor_name": "",
    }
    await DecisionRepository(session).add(
        [
            {
                **shared,
                "id": new_id(),
                "offer_id": offer,
                "has_box": box,
                "position": place,
                "margin": margin,
                "decided_at": at,
            }
            for offer, box, place, margin, at in (
                (mug, True, 1, Decimal(1), since - timedelta(hours=20)),
                (mug, False, 2, Decimal(3), since + timedelta(hours=6)),
                (other, None, None, None, since),
            )
        ]
    )
    account = await ChannelService(session).account(stall.account_id)
    orders = [
        channel_order("A", channel_line(sku="MUG", quantity=2), placed_at=since, currency="EUR"),
        channel_order("B", channel_line(sku="MUG"), placed_at=since, currency="PLN"),
    ]
    await OrderService(session).import_orders(account, orders)

    (ruled,) = await by_rule(session, since, until)
    sold = {row.offer_id: row for row in await by_product(session, since, until)}

    assert (ruled.decisions, ruled.units, set(ruled.revenue)) == (2, 3, {"EUR", "PLN"})
    assert {offer: row.units for offer, row in sold.items()} == {mug: 3, other: 0}
    assert (sold[mug].box_hours, sold[mug].known_hours) == (Decimal(6), Decimal(10))
    assert sold[mug].margin == Decimal("1.8")
    assert sold[mug].position == Decimal("1.4")
