"""Pages of pricing."""

from decimal import Decimal

import httpx
import pytest

from entrepot.access.principal import SellerRef
from entrepot.kit.database import Actor, Database
from entrepot.kit.scope import Scope
from entrepot.pricing.domain.rules import Mode
from entrepot.pricing.repricing import Repricer
from tests.pricing.factories import add_offer, add_rule, open_stall, prices_of, rivals_ask

pytestmark = pytest.mark.anyio
TESS = Actor("user", "test", "Tess Tester")


async def test_a_group_from_the_first_rule_to_an_applied_price(
    client: httpx.AsyncClient, database: Database, seller: SellerRef
) -> None:
    async with database.transaction(Scope.of(seller.id), actor=TESS) as session:
        stall = await open_stall(session, seller.id)
        mug = await add_offer(session, stall, "MUG", price="9.00")
        await rivals_ask(session, stall, mug, "8.50", "8.90")

    assert "No price groups yet" in (await client.get("/pricing")).text
    wrong = await client.post("/pricing/groups", data={"name": "", "time_zone": "Mars/Base", "windows": "sometimes"})
    assert wrong.status_code == 422
    made = await client.post("/pricing/groups", data={"name": "Mugs", "time_zone": "Europe/Amsterdam", "text": "mug"})
    assert made.status_code == 303, made.text
    group = made.headers["location"]
    assert "MUG" in (await client.get(group)).text
    form = {
        "name": "Undercut",
        "strategy": "undercut",
        "steps": "0: 0.10",
        "floor": "purchase_price * 1.2",
        "ceiling": "floor * 2",
    }
    broken = await client.post(f"{group}/rules", data={**form, "floor": "purchase_prize"})
    assert broken.status_code == 422
    assert "purchase_prize" in broken.text
    preview = await client.post(f"{group}/rules", data={**form, "preview": "1"})
    assert preview.status_code == 200, preview.text
    assert "8.40" in preview.text
    saved = await client.post(f"{group}/rules", data=form)
    assert saved.status_code == 303, saved.text
    rule = saved.headers["location"]
    changed = await client.post(rule, data={**form, "steps": "0: 0.20", "version": "1", "note": "bolder"})
    assert changed.status_code == 303, changed.text
    assert "bolder" in (await client.get(rule)).text
    assert (await client.post(rule, data={**form, "steps": "0: 0.30", "version": "1"})).status_code == 409
    assert (await client.post(f"{group}/mode", data={"mode": "approve"})).status_code == 303
    async with database.transaction(Scope.of(seller.id), actor=TESS) as session:
        await Repricer(session).reprice([mug], "hand")

    assert "8.30" in (await client.get("/pricing/proposals")).text
    assert (await client.post("/pricing/proposals/apply", data={"ids": str(mug)})).status_code == 303

    async with database.transaction(Scope.of(seller.id)) as session:
        assert await prices_of(session, [mug]) == [Decimal("8.30")]
    why = (await client.get(f"/pricing/offers/{mug}")).text
    assert "Undercut (Mugs)" in why
    assert "Rival 0" in why
    assert "MUG" in (await client.get("/pricing/decisions?outcome=applied")).text


async def test_every_list_answers(client: httpx.AsyncClient, database: Database, seller: SellerRef) -> None:
    async with database.transaction(Scope.of(seller.id), actor=TESS) as session:
        stall = await open_stall(session, seller.id)
        mug = await add_offer(session, stall, "MUG", price="10.00")
        await rivals_ask(session, stall, mug, "8.50")
        await add_rule(session, stall, mode=Mode.AUTOMATIC)
        await Repricer(session).reprice([mug], "hand")  # 10.00 to 8.40 is more than one person may do

    assert "8.40" in (await client.get("/pricing/approvals")).text
    for address in (
        "/pricing",
        "/pricing/proposals?show=all",
        "/pricing/proposals?show=floor&q=mug&cursor=nonsense",
        "/pricing/decisions?cursor=nonsense&account=x",
        "/pricing/approvals?show=refused",
        "/pricing/governor",
        f"/pricing/governor?of={stall.account_id}",
        "/pricing/costs",
        "/pricing/costs/new",
        "/pricing/costs/export/csv",
        "/pricing/costs/export/xlsx",
        "/pricing/analytics?days=30",
        "/pricing/analytics/export/rules",
        "/pricing/analytics/export/products?days=1",
    ):
        answer = await client.get(address)
        assert answer.status_code == 200, (address, answer.text)
    saved = await client.post("/pricing/costs", data={"sku": "MUG", "purchase": "4,50", "currency": "EUR"})
    assert saved.status_code == 303, saved.text
    assert "MUG,,EUR,4.5" in (await client.get("/pricing/costs/export/csv")).text
    wrong = await client.post("/pricing/costs", data={"sku": "NOBODY", "purchase": "-4"})
    assert wrong.status_code == 422
