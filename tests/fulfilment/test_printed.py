"""Labels and lists on the printers of a workstation: on a button, and by themselves."""

from dataclasses import replace

import pytest

from entrepot.access.principal import SellerRef
from entrepot.access.rights import Right
from entrepot.documents.service import find_document
from entrepot.fulfilment.printed import label_papers
from entrepot.kit import outbox
from entrepot.kit.scope import Scope
from entrepot.printing import views
from entrepot.printing.automatic import Rules, react
from entrepot.printing.http import WORKSTATION_COOKIE
from entrepot.printing.refs import Format, Purpose
from entrepot.printing.service import PrintService
from entrepot.printing.stations import StationService
from tests.conftest import MakeClient, principal_for
from tests.fulfilment.floor import TESS, Floor
from tests.fulfilment.test_way_through import pack, pick_all, release
from tests.printing.conftest import OFFICE, make_station

pytestmark = pytest.mark.anyio


async def test_a_label_and_a_list_come_out_by_themselves_once_where_whoever_did_it_stands(
    floor: Floor, make_client: MakeClient
) -> None:
    seller = SellerRef(floor.seller_id, "Blue Mugs")
    tess = replace(principal_for(seller), actor=TESS)
    async with floor.transaction() as session:
        station, zebra = await make_station(session, seller, kind="labels", media="")
        office = await StationService(session).add_printer(station.id, OFFICE)
        routes = {Purpose.PICK_LIST: office.id, Purpose.SHIPPING_LABEL: zebra.id}
        await StationService(session).route(station.id, routes)
        rules = Rules(session)
        await rules.add(seller.id, "fulfilment.label_made", Purpose.SHIPPING_LABEL, None)
        await rules.add(seller.id, "fulfilment.pick_list_released", Purpose.PICK_LIST, station.id, 2)
    await floor.stock(MUG=4)
    order = await floor.order(("MUG", 2))
    list_id = (await release(floor, order)).pick_list_ids[0]
    await pick_all(floor, list_id)
    shipment = await floor.desk().make((await pack(floor, order)).id)

    async def told() -> list[outbox.RecordedEvent]:
        async with floor.transaction() as session:
            found = await outbox.read_subjects(session, [order])
        return [event for event in reversed(found) if event.seller_id == seller.id]

    happened = await told()
    async with floor.database.transaction(Scope.all_sellers()) as session:
        await react(session, happened)
    failed = [event for event in await told() if event.topic == "printing.nothing_printed"]
    assert [event.payload["reason"] for event in failed] == [
        f"Nobody knows at which workstation {happened[0].actor_name} stands. Let them choose one under Printing."
    ]

    async with floor.transaction() as session:
        await StationService(session).stand_at(tess, station.id)
    for _ in range(2):  # told twice, printed once
        async with floor.database.transaction(Scope.all_sellers()) as session:
            await react(session, happened)
    client = await make_client(principal=tess)
    client.cookies.set(WORKSTATION_COOKIE, f"{station.id}.Packing%201")
    for address in (f"label/{shipment.id}", f"pick-list/{list_id}"):
        answer = await client.post(f"/fulfilment/print/{address}", headers={"hx-request": "true"})
        assert (answer.status_code, "Packing 1" in answer.text) == (200, True), answer.text

    async with floor.transaction() as session:
        jobs = await views.jobs(session)
        assert [(one.purpose, one.copies, one.printer) for one in reversed(jobs)] == [
            ("pick_list", 2, "Office"), ("shipping_label", 1, "Zebra"),
            ("shipping_label", 1, "Zebra"), ("pick_list", 1, "Office"),
        ]  # fmt: skip
        order_id, papers = await label_papers(session, shipment.id)
        assert order_id == order == jobs[1].order_id
        assert {paper.format for paper in papers} <= {Format.PDF, Format.ZPL}
        assert shipment.label_pdf_id is not None
        assert papers[-1].storage_key == (await find_document(session, shipment.label_pdf_id)).storage_key
        assert await PrintService(session).printer_for(station.id, Purpose.MANIFEST) is None
    document = await client.get(f"/printing/jobs/{jobs[1].id}/document")
    assert document.content.startswith(b"%PDF-")
    nobody = await make_client(seller, frozenset(Right) - {Right.PRINTING_PRINT})
    refused = await nobody.post(f"/fulfilment/print/label/{shipment.id}", headers={"hx-request": "true"})
    assert refused.status_code == 403
    lost = await make_client(seller)
    answer = await lost.post(f"/fulfilment/print/label/{shipment.id}", headers={"hx-request": "true"})
    assert "does not know at which workstation it stands" in answer.text
