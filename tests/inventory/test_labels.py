"""Labels of locations, products and lots."""

import io
from datetime import date

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from entrepot.access.principal import SellerRef
from entrepot.inventory.domain import LocationKind
from entrepot.inventory.errors import NothingToPrintError
from entrepot.inventory.labels import Label, bars, lot_elements, pdf, zpl
from entrepot.inventory.service import InventoryService
from entrepot.kit.database import Database
from entrepot.kit.scope import Scope
from tests.inventory.factories import add_building, add_product

pytestmark = pytest.mark.anyio


@given(st.text(max_size=30), st.text(max_size=60), st.sampled_from(["62x29", "100x50", "102x152"]))
@settings(max_examples=30)
def test_no_text_is_a_command_to_the_printer(big: str, line: str, size: str) -> None:
    label = Label(big, big, (line,))

    found = zpl([label], size, 2)

    assert found.count("^XA") == 1
    assert found.count("^XZ") == 1
    assert "~" not in found
    assert "^PQ2" in found


def test_lots_carry_gtin_date_and_lot() -> None:
    elements = lot_elements("4006381333931", "L-1", date(2027, 6, 30))
    assert elements == "(01)04006381333931(17)270630(10)L-1"
    assert set(bars(Label("L-1", "L-1", gs1=elements))) == {"0", "1"}
    assert lot_elements(None, "L-1", None) == ""
    assert lot_elements("4006381333931", "lot (1)", None) == ""
    assert bars(Label("棚", "棚")) == ""


def test_pdf_has_one_page_per_label() -> None:
    document = PdfReader(io.BytesIO(pdf([Label("A-01", "A-01", ("Shelf",)), Label("棚", "棚")], "62x29", 2)))
    assert len(document.pages) == 4
    assert "A-01" in document.pages[0].extract_text()
    for copies in (0, 251):
        with pytest.raises(NothingToPrintError):
            pdf([Label("A", "A"), Label("B", "B")], "62x29", copies)
    with pytest.raises(NothingToPrintError):
        zpl([], "62x29")


async def test_from_the_lists(client: httpx.AsyncClient, database: Database, seller: SellerRef) -> None:
    async with database.transaction(Scope.of(seller.id)) as session:
        stock = InventoryService(session)
        building = await add_building(session, seller.id)
        box = await stock.create_location(building.id, LocationKind.BOX, "BOX", capacity=3)
        mug = await add_product(session, seller.id, "MUG")
        await stock.receive(mug.id, building.shelf, 1, lot="L1")
        lot = (await stock.lots_of([mug.id]))[0]

    slots = await client.get("/labels", params={"parent": str(box)})
    assert slots.text.count('name="ids"') == 4
    assert "MAIN-B-02" in (await client.get("/labels", params={"warehouse": str(building.id)})).text
    for kind, id_, words in (("locations", box, "BOX"), ("products", mug.id, "MUG"), ("lots", lot.id, "L1")):
        chosen = await client.post(f"/labels/{kind}", data={"ids": str(id_)})
        assert words in chosen.text
        form = {"ids": str(id_), "copies": "2", "size": "62x29"}
        drawn = await client.post(f"/labels/{kind}/print", data=form | {"format": "pdf"})
        assert drawn.headers["content-type"].startswith("application/pdf")
        assert len(PdfReader(io.BytesIO(drawn.content)).pages) == 2
        text = await client.post(f"/labels/{kind}/print", data=form | {"format": "zpl"})
        assert f"^FD{words}^FS" in text.text
        wrong = await client.post(f"/labels/{kind}/print", data=form | {"copies": "0"})
        assert (wrong.status_code, "No label was asked for" in wrong.text) == (422, True)
    assert "No label was asked for" in (await client.post("/labels/lots", data={})).text
    body = {"kind": "products", "ids": [str(mug.id)], "format": "zpl"}
    assert (await client.post("/api/v1/labels", json=body)).text.startswith("^XA")
