"""Planned prices begin and end exactly once, and then what else holds counts."""

import asyncio
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.principal import SellerRef
from entrepot.kit import clock
from entrepot.kit.clock import now
from entrepot.kit.database import Database
from entrepot.kit.errors import InvalidInputError
from entrepot.kit.outbox import read_subjects
from entrepot.kit.scope import Scope
from entrepot.offers.prices.lists import ListTerms, PriceLists
from entrepot.offers.prices.planning import Planning
from tests.inventory.factories import add_product
from tests.offers.prices.factories import add_account, add_offer
from tests.offers.prices.test_wanting import rule

pytestmark = pytest.mark.anyio


async def price_of(session: AsyncSession, offer_id: UUID) -> tuple[Decimal | None, str]:
    found = await session.execute(
        text("SELECT wanted_price, wanted_source FROM offer_price WHERE offer_id = :id"), {"id": offer_id}
    )
    row = found.one()
    return row.wanted_price, row.wanted_source


def travel(monkeypatch: pytest.MonkeyPatch, to: datetime) -> None:
    """Let the hub think it is another moment."""
    for module in ("deciding", "planning"):
        monkeypatch.setattr(f"entrepot.offers.prices.{module}.now", lambda: to)
    assert clock.now() != to


async def test_it_begins_and_ends_once_however_many_look(
    database: Database, seller: SellerRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    begins, ends = now() + timedelta(hours=1), now() + timedelta(hours=2)
    scope = Scope.of(seller.id)
    async with database.transaction(scope) as session:
        account = await add_account(session, seller.id, mode="import_only")
        offer = await add_offer(session, seller.id, account_id=account, published="20.00")
        planning = Planning(session)
        await planning.plan(offer, Decimal("15.00"), starts_at=begins, ends_at=ends, reason="Black Friday")
        with pytest.raises(InvalidInputError):
            await planning.plan(offer, Decimal("15.00"), starts_at=ends, ends_at=begins)
        assert await price_of(session, offer) == (None, "")

    async def look() -> int:
        async with database.transaction(scope) as session:
            return await Planning(session).turn()

    travel(monkeypatch, begins + timedelta(seconds=1))
    assert sum(await asyncio.gather(look(), look(), look())) == 1
    async with database.transaction(scope) as session:
        assert await price_of(session, offer) == (Decimal("15.00"), "schedule")
    travel(monkeypatch, ends)
    assert sum(await asyncio.gather(look(), look(), look())) == 1
    async with database.transaction(scope) as session:
        assert await price_of(session, offer) == (None, "")  # nothing was sent: the channel still shows 20.00
        told = [
            event.payload["what"]
            for event in await read_subjects(session, [offer])
            if event.topic == "offers.price_scheduled"
        ]
        queued = await session.execute(text("SELECT count(*) FROM job_run WHERE job = 'offers.turn_prices'"))
        assert queued.scalar_one() == 2  # a run of its own for each moment
    assert told == ["ended", "began", "planned"]


async def test_after_the_end_what_else_holds_counts(session: AsyncSession, seller: SellerRef) -> None:
    account = await add_account(session, seller.id, mode="import_only")
    product = await add_product(session, seller.id)
    offer = await add_offer(session, seller.id, account_id=account, product_id=product.id, published="20.00")
    lists = PriceLists(session)
    await lists.want([rule(offer, "18.00")])
    plan = await lists.plan(offer, Decimal("12.00"), starts_at=now(), ends_at=None)
    summer = await lists.create(seller.id, ListTerms(name="Summer"))
    await lists.put(summer, [(product.id, Decimal("14.00"))])
    assert await price_of(session, offer) == (Decimal("12.00"), "schedule")

    await lists.call_off(plan)
    assert await price_of(session, offer) == (Decimal("14.00"), "list")
    strong = await lists.create(seller.id, ListTerms(name="Here", account_id=account, priority=5))
    await lists.put(strong, [(product.id, Decimal("13.00"))])
    assert await price_of(session, offer) == (Decimal("13.00"), "list")
    await lists.change(strong, ListTerms(name="Here", account_id=account, priority=-5))
    assert await price_of(session, offer) == (Decimal("14.00"), "list")
    await lists.take_out(summer, [product.id])
    assert await price_of(session, offer) == (Decimal("13.00"), "list")
    await lists.remove(strong)

    assert await price_of(session, offer) == (Decimal("18.00"), "rule")


async def test_the_api_offers_all_of_it(client: httpx.AsyncClient, database: Database, seller: SellerRef) -> None:
    async with database.transaction(Scope.of(seller.id)) as session:
        account = await add_account(session, seller.id, mode="import_only")
        product = await add_product(session, seller.id, "MUG")
        offer = await add_offer(session, seller.id, account_id=account, product_id=product.id, published="20.00")
    url = f"/api/v1/offer-prices/{offer}"

    locked = (await client.put(f"{url}/lock", json={"price": "19.49", "reason": "Test"})).json()
    refused = await client.put(f"{url}/lock", json={"price": "19.499"})
    plan = (await client.post(f"{url}/plans", json={"price": "9.99", "starts_at": "2026-01-01T00:00:00+01:00"})).json()
    why = (await client.get(f"{url}/why")).json()
    released = (await client.delete(f"{url}/lock")).json()
    off = (await client.post(f"/api/v1/planned-prices/{plan['id']}/call-off")).json()
    made = (await client.post("/api/v1/price-lists", json={"name": "B2B", "priority": 3})).json()
    put = await client.put(
        f"/api/v1/price-lists/{made['id']}/entries", json={"entries": [{"sku": "MUG", "price": "17.00"}]}
    )
    edit = (await client.post("/api/v1/price-edits", json={"kind": "lower_percent", "value": "10", "q": "mug"})).json()
    lines = (await client.get(f"/api/v1/price-edits/{edit['id']}/offers")).json()
    applied = (await client.post(f"/api/v1/price-edits/{edit['id']}/apply")).json()
    undone = (await client.post(f"/api/v1/price-edits/{edit['id']}/undo")).json()

    assert (locked["wanted"], locked["source"], locked["locked"]) == ("19.49", "manual", True)
    assert refused.status_code == 422
    assert [(one["source"], one["counts"]) for one in why["voices"]] == [("manual", True), ("schedule", False)]
    assert why["why"]["inputs"][0]["value"] == "EUR 19.49"
    assert (released["wanted"], released["source"]) == ("9.99", "schedule")
    assert (off["wanted"], off["source"]) == (None, "")
    assert put.json() == {"added": 1, "changed": 0}
    assert lines["items"][0]["after"] == "15.30"
    assert (applied["counts"]["applied"], undone["counts"]["undone"]) == (1, 1)
    listed = (await client.get("/api/v1/offer-prices?source=list")).json()
    assert [item["wanted"] for item in listed["items"]] == ["17.00"]
    assert (await client.get(f"{url}/pushes")).json() == {"items": [], "next": None}
    assert (await client.get("/api/v1/price-lists")).json()["items"][0]["state"] == "on"
