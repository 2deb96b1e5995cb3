"""Costs: what is said in another currency is unknown instead of wrong."""

from decimal import Decimal

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.principal import SellerRef
from entrepot.imports.contract import ImportRow, Options
from entrepot.pricing import views
from entrepot.pricing.costs import CostService
from entrepot.pricing.explaining import Kept, derivation_of
from entrepot.pricing.imports import apply_costs
from entrepot.pricing.judging import Judging
from entrepot.pricing.repricing import Repricer
from tests.pricing.factories import add_offer, add_rule, open_stall, prices_of, rivals_ask

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


async def test_a_least_margin_in_another_currency_leaves_no_floor(session: AsyncSession, seller: SellerRef) -> None:
    stall = await open_stall(session, seller.id)
    offer = await add_offer(session, stall, "MUG", price="8.20")
    product = (await session.execute(text("SELECT product_id FROM offer"))).scalar_one()
    await rivals_ask(session, stall, offer, "7.00")
    await add_rule(session, stall)
    service = CostService(session)
    await service.put(seller.id, {"margin": Decimal("0.80"), "margin_percent": Decimal(1)})
    await service.put(seller.id, {"margin": Decimal(50)}, product_id=product, currency="PLN")

    await Repricer(session).reprice([offer], "costs")

    assert await prices_of(session, [offer]) == [Decimal("8.20")]
    newest = (await views.decisions(session, offer_id=offer, limit=1))[0]
    kept = Kept.read(await views.derivation(session, newest.id) or {})
    assert kept is not None
    assert "least_margin" in " ".join(step.english for step in derivation_of(kept).steps)

    await service.put(seller.id, {"margin": Decimal(50)}, product_id=product, currency="EUR")
    [(_, facts, margins)] = await Judging(session).known([offer])
    assert margins == (True, True)
    assert facts.costs.least_margin is not None
    assert facts.costs.least_margin.value == Decimal(50)
