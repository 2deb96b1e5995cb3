"""Lots: what expires first goes first, what is set aside goes nowhere."""

from datetime import date, timedelta
from uuid import UUID

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.principal import SellerRef
from entrepot.inventory import views
from entrepot.inventory.domain import Place, Wish, plan_reservations
from entrepot.inventory.errors import (
    BadExpiryError,
    LotDateDiffersError,
    LotExpiredError,
    LotReasonMissingError,
    LotStateError,
    LotUnclearError,
)
from entrepot.inventory.service import InventoryService
from entrepot.inventory.tasks import ExpireLots
from entrepot.jobs.inline import run_inline
from entrepot.kit.clock import now
from entrepot.kit.database import Database
from entrepot.kit.ids import new_id
from entrepot.kit.scope import Scope
from entrepot.kit.secretbox import SecretBox
from entrepot.kit.settings import Settings
from tests.inventory.factories import add_building, add_product, check_books, numbers, request_for

pytestmark = pytest.mark.anyio
LONG_AGO = text("UPDATE lot SET expires_on = CURRENT_DATE - 2 WHERE seller_id = :seller")


def in_days(days: int) -> date:
    return now().date() + timedelta(days)


places = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, 3), st.one_of(st.none(), st.integers(0, 3)), st.integers(0, 1)),
    max_size=8,
)


@given(places, st.integers(1, 12))
def test_never_takes_what_expires_later_while_earlier_is_left(
    rows: list[tuple[int, int, int | None, int]], quantity: int
) -> None:
    product, buildings = new_id(), (new_id(), new_id())
    stock = [
        Place(
            product, new_id(), f"L{number}", free, walk, f"C{number}", buildings[building],
            None if day is None else date(2027, 1, 1) + timedelta(day),
        )
        for number, (free, walk, day, building) in enumerate(rows)
    ]  # fmt: skip
    free = {id(place): place.free for place in stock}

    plan = plan_reservations([Wish(new_id(), quantity, {product: quantity})], stock)

    assert sum(take.quantity for take in plan.takes) == (0 if plan.shortages else quantity)
    if sum(free.values()) >= quantity:
        assert plan.takes
    used = {take.place.warehouse_id for take in plan.takes}
    for take in plan.takes:
        for other in stock:
            earlier = (other.expires_on or date.max) < (take.place.expires_on or date.max)
            if earlier and other.warehouse_id in used:
                assert other.free == 0


async def test_promises_what_expires_first_and_nothing_that_is_set_aside(
    session: AsyncSession, seller: SellerRef
) -> None:
    stock = InventoryService(session)
    building = await add_building(session, seller.id)
    jam = await add_product(session, seller.id, "JAM")
    await stock.receive(jam.id, building.shelf, 5, lot="LATE", expires_on=in_days(90))
    await stock.receive(jam.id, building.rack, 2, lot="SOON", expires_on=in_days(3))
    await stock.receive(jam.id, building.shelf, 4)
    request = request_for(jam, 3)
    await stock.reserve([request])
    held = await stock.reservations([request.order_line_id])
    assert sorted((row.lot, row.quantity) for row in held) == [("LATE", 1), ("SOON", 2)]
    assert await numbers(session, jam.id) == (11, 3, 8)

    late = next(lot for lot in await stock.lots_of([jam.id]) if lot.code == "LATE")
    with pytest.raises(LotReasonMissingError):
        await stock.quarantine(late.id, " ")
    lost = await stock.quarantine(late.id, "Recall 7")
    assert [(loss.order_line_id, loss.quantity) for loss in lost] == [(request.order_line_id, 1)]
    assert await numbers(session, jam.id) == (11, 2, 4)
    with pytest.raises(LotStateError):
        await stock.quarantine(late.id, "Again")
    outcome = (await stock.reserve([request_for(jam, 5)]))[0]
    assert (outcome.reserved, outcome.shortage) == (False, 1)
    await check_books(session, seller.id)

    await stock.release_lot(late.id, "Checked")
    assert await numbers(session, jam.id) == (11, 2, 9)
    assert (await stock.reserve([request_for(jam, 5)]))[0].reserved
    history = [(event.kind, event.reason) for event in await views.lot_events(session, late.id)]
    assert history == [("released", "Checked"), ("quarantined", "Recall 7"), ("made", "")]
    await check_books(session, seller.id)


async def test_refuses_expired_goods_and_dates_that_differ(session: AsyncSession, seller: SellerRef) -> None:
    stock = InventoryService(session)
    building = await add_building(session, seller.id)
    jam = await add_product(session, seller.id, "JAM")
    await stock.receive(jam.id, building.shelf, 1, lot="L1", expires_on=in_days(9))

    with pytest.raises(LotExpiredError, match=r"Lot OLD of JAM expired on \d{4}"):
        await stock.receive(jam.id, building.shelf, 1, lot="OLD", expires_on=in_days(-1))
    with pytest.raises(LotDateDiffersError, match="L1 of JAM expires on"):
        await stock.receive(jam.id, building.shelf, 1, lot="L1", expires_on=in_days(8))
    with pytest.raises(BadExpiryError):
        await stock.receive(jam.id, building.shelf, 1, lot="L2", expires_on=date(1999, 1, 1))
    assert await numbers(session, jam.id) == (1, 0, 1)
    quarantine = await stock.scan_location("QUARANTINE", warehouse_id=building.id)
    await stock.receive(jam.id, quarantine.id, 2, lot="OLD", expires_on=in_days(-1))
    await stock.receive(jam.id, building.shelf, 1, lot="L3")
    assert await numbers(session, jam.id) == (4, 0, 2)
    with pytest.raises(LotUnclearError, match="L1, L3"):
        await stock.lot_here(jam.id, building.shelf, "")
    await stock.move(jam.id, quarantine.id, building.rack, 1, lot="OLD")
    assert await numbers(session, jam.id) == (4, 0, 2)  # it lies among the others and is not for sale all the same
    await check_books(session, seller.id)


async def test_a_job_takes_what_expired_out_of_sale(
    database: Database, box: SecretBox, settings: Settings, seller: SellerRef, client: httpx.AsyncClient
) -> None:
    async with database.transaction(Scope.of(seller.id)) as session:
        stock = InventoryService(session)
        building = await add_building(session, seller.id)
        jam = await add_product(session, seller.id, "JAM")
        await stock.receive(jam.id, building.shelf, 5, lot="L1", expires_on=in_days(5))
        line = request_for(jam, 2)
        await stock.reserve([line])
        await session.execute(LONG_AGO, {"seller": seller.id})
        # What is past its day is promised to nobody, even before the job has looked.
        assert not (await stock.reserve([request_for(jam, 1)]))[0].reserved

    assert await run_inline(database, box, settings, ExpireLots())

    async with database.transaction(Scope.of(seller.id)) as session:
        assert await numbers(session, jam.id) == (5, 0, 0)
        assert await InventoryService(session).reservations([line.order_line_id]) == []
        alerts = await views.lot_alerts(session)
        assert (alerts.expired, alerts.expiring) == (1, 0)
    page = (await client.get("/lots", params={"show": "expired"})).text
    assert "L1" in page
    assert "Expired" in page
    assert "Not for sale" in (await client.get(f"/stock/{jam.id}")).text


async def test_pages_and_api(client: httpx.AsyncClient, database: Database, seller: SellerRef) -> None:
    async with database.transaction(Scope.of(seller.id)) as session:
        await add_building(session, seller.id)
        jam = await add_product(session, seller.id, "JAM")
    assert "No lots yet" in (await client.get("/lots")).text
    body = {"product": "JAM", "location": "MAIN-A-01", "quantity": "3", "lot": "L1", "expires_on": str(in_days(9))}
    assert (await client.post("/stock/receive", data=body)).status_code == 303
    asked = await client.post("/stock/receive", data=body | {"lot": "", "expires_on": ""})
    assert (asked.status_code, "JAM is kept by lot" in asked.text) == (422, True)
    wrong = await client.post("/stock/receive", data=body | {"expires_on": "soon"})
    assert "cannot be when lot L1" in wrong.text
    row = (await client.get("/api/v1/lots", params={"show": "expiring", "q": "jam"})).json()["items"][0]
    assert (row["code"], row["on_hand"], row["days_left"]) == ("L1", 3, 9)

    lot = row["id"]
    unsaid = await client.post(f"/lots/{lot}/quarantine", data={"reason": ""})
    assert (unsaid.status_code, "keeps the reason" in unsaid.text) == (422, True)
    assert (await client.post(f"/lots/{lot}/quarantine", data={"reason": "Broken seal"})).status_code == 303
    page = (await client.get(f"/lots/{lot}")).text
    assert "Broken seal" in page
    assert "MAIN-A-01" in page
    changed = await client.post(
        f"/lots/{lot}/change", data={"expires_on": str(in_days(20)), "note": "Pallet 4", "why": "Misread"}
    )
    assert changed.status_code == 303
    released = await client.post(f"/api/v1/lots/{lot}/release", json={"reason": "Fine"})
    assert (released.json()["status"], released.json()["days_left"]) == ("ok", 20)
    moved = await client.post(
        "/api/v1/stock-moves/move",
        json={"product": "JAM", "from_location": "MAIN-A-01", "to_location": "MAIN-B-02", "quantity": 1},
    )
    assert {level["lot"] for level in moved.json()["locations"]} == {"L1"}
    history = (await client.get(f"/api/v1/lots/{lot}")).json()["history"]
    assert [event["kind"] for event in history] == ["released", "date_changed", "quarantined", "made"]
    assert (await client.get(f"/lots/{new_id()}")).status_code == 404
    assert (await client.get("/lots", params={"cursor": "x"})).status_code == 422
    assert UUID(row["product_id"]) == jam.id
