"""Costs: what is said in another currency is unknown instead of wrong."""

from decimal import Decimal

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.principal import SellerRef
from entrepot.imports.contract import ImportRow, Options
from entrepot.pricing.costs import CostService
from entrepot.pricing.imports import apply_costs
from entrepot.pricing.judging import Judging
from tests.pricing.factories import add_offer, open_stall

pytestmark = pytest.mark.anyio


async def test_amounts_in_another_currency_are_unknown_instead_of_wrong(
    session: AsyncSession, seller: SellerRef
) -> None:
    stall = await open_stall(session, seller.id)
    offer = await add_offer(session, stall, "MUG")
    product = (await session.execute(text("SELECT product_id FROM offer"))).scalar_one()
    service = CostService(session)
    await service.put(seller.id, {"landed": Decimal(50), "vat_percent": Decimal(9)}, product_id=product, currency="PLN")
    row = ImportRow(number=1, line=2, cells={"sku": "MUG", "shipping": "20"})
    assert [one.result for one in await apply_costs(session, seller.id, [row], Options("both", "."))] == ["updated"]
    kept = next(row for row in await service.listed() if row.product_id)
    assert (kept.currency, kept.landed, kept.shipping) == ("PLN", Decimal(50), Decimal(20))

    await service.put(seller.id, {"commission_percent": None})
    [(_, facts, _)] = await Judging(session).known([offer])
    costs = facts.costs
    assert (costs.landed_cost, costs.purchase_price, costs.shipping, costs.commission) == (None, None, None, None)
    assert costs.packaging is not None
    assert costs.vat is not None
    assert costs.vat.value == Decimal(9)

    await service.put(seller.id, {"shipping": Decimal(1)}, product_id=product, currency="CZK")
    kept = next(row for row in await service.listed() if row.product_id)
    assert (kept.currency, kept.landed, kept.shipping, kept.vat_percent) == ("CZK", None, Decimal(1), Decimal(9))
