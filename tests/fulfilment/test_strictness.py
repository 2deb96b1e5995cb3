"""What a site wants scanned, and what labels give away."""

from uuid import UUID

import pytest

from entrepot.fulfilment.picking import LinePick
from entrepot.fulfilment.service import FulfilmentService
from entrepot.fulfilment.way.errors import (
    ExpiredLotError,
    LocationFirstError,
    LotFirstError,
    ProductFirstError,
    WrongLotError,
)
from entrepot.fulfilment.way.repository import SiteSettings
from entrepot.inventory.service import InventoryService
from tests.fulfilment.floor import Floor
from tests.fulfilment.test_way_through import lines_of, release, scan

pytestmark = pytest.mark.anyio

GTIN = "09506000134352"


async def strict(floor: Floor) -> None:
    async with floor.transaction() as session:
        settings = SiteSettings(scan_location=True, scan_product=True, scan_lot=True)
        await FulfilmentService(session).way.set_settings(floor.seller_id, settings)


async def a_list_with_a_lot(floor: Floor) -> UUID:
    await floor.stock(MUG={})
    await floor.rows("UPDATE product SET gtin = :gtin WHERE sku = 'MUG' RETURNING id", gtin=GTIN[1:])
    async with floor.transaction() as session:
        await InventoryService(session).receive(floor.products["MUG"], floor.shelves["A"], 5, lot="L-1")
    order = await floor.order(("MUG", 3))
    return (await release(floor, order)).pick_list_ids[0]


async def test_nothing_is_inferred(floor: Floor) -> None:
    await strict(floor)
    list_id = await a_list_with_a_lot(floor)
    line = (await lines_of(floor, list_id))[0]
    with pytest.raises(LocationFirstError, match="A-01"):
        await scan(floor, list_id, "MUG")
    assert (await scan(floor, list_id, "A-01")).hit == "location"
    with pytest.raises(LotFirstError, match="L-1"):
        await scan(floor, list_id, "MUG")
    with pytest.raises(WrongLotError, match="lot L-9 of MUG; you need lot L-1"):
        await scan(floor, list_id, f"(01){GTIN}(10)L-9")
    with pytest.raises(ExpiredLotError, match="2020-01-31"):
        await scan(floor, list_id, f"]d201{GTIN}1720013110L-1")
    assert (await scan(floor, list_id, f"]d201{GTIN}1745123110L-1")).picked == 1
    assert (await scan(floor, list_id, "l-1")).hit == "lot"
    assert (await scan(floor, list_id, "MUG")).picked == 1
    async with floor.transaction() as session:
        picking = FulfilmentService(session).picking
        with pytest.raises(ProductFirstError):
            await picking.pick(line.id)
        with pytest.raises(ProductFirstError):
            await picking.pick_many(list_id, [LinePick(line_id=line.id)])
        done = await picking.pick_many(list_id, [LinePick(line_id=line.id, code="MUG", location="A-01", lot="L-1")])
        assert done[0].picked == 1


async def test_a_supervisor_books_what_was_picked_on_paper(floor: Floor) -> None:
    await strict(floor)
    list_id = await a_list_with_a_lot(floor)
    async with floor.transaction() as session:
        assert len(await FulfilmentService(session).picking.complete(list_id)) == 1
