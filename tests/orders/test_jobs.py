"""The import as a job: page after page, batch after batch, each order once; and orders from a table."""

import json
from typing import Any

import pytest

from entrepot.access.principal import SellerRef
from entrepot.channels.accounts import ORDERS, DocumentState
from entrepot.channels.contract import RawDocument
from entrepot.channels.line import Line
from entrepot.channels.service import ChannelService
from entrepot.connectors.bol.connector import Bol
from entrepot.connectors.bol.credentials import BolCredentials
from entrepot.imports.contract import ImportRow, Options
from entrepot.kit.database import Database
from entrepot.kit.scope import Scope
from entrepot.orders.imports import apply_orders
from entrepot.orders.intake import take_in
from entrepot.orders.service import OrderService
from tests.orders.factories import World, make_world

pytestmark = pytest.mark.anyio


@pytest.fixture
async def world(database: Database, seller: SellerRef) -> World:
    async with database.transaction(Scope.of(seller.id)) as session:
        return await make_world(session, seller.id, [("MUG-BLUE", 10)])


def bol() -> Bol:
    """Return a connector that only reads."""
    return Bol(BolCredentials(client_id="t", client_secret="t"), Line(http=None))  # type: ignore[arg-type]  # never used


def document(number: str, mark: str = "1", **changes: Any) -> RawDocument:  # noqa: ANN401 -- any field
    body = {
        "orderId": number,
        "pickupPoint": False,
        "orderPlacedDateTime": "2026-11-02T10:00:00+01:00",
        "shipmentDetails": {
            "firstName": "Jan",
            "surname": "Smit",
            "streetName": "Dam",
            "houseNumber": "1",
            "zipCode": "1012 JS",
            "city": "Amsterdam",
            "countryCode": "NL",
        },
        "orderItems": [
            {
                "orderItemId": f"{number}1",
                "fulfilment": {"method": "FBR"},
                "offer": {"offerId": "o", "reference": "MUG-BLUE"},
                "product": {"ean": "", "title": "Mug"},
                "quantity": 1,
                "unitPrice": 9.95,
                **changes,
            }
        ],
    }
    return RawDocument(document_id=number, fingerprint=mark, raw=json.dumps(body).encode())


async def run(database: Database, world: World, *documents: RawDocument) -> dict[str, int]:
    async with database.transaction(Scope.of(world.seller_id)) as session:
        channels = ChannelService(session)
        await channels.store_documents(world.account, ORDERS, documents)
    async with database.transaction(Scope.of(world.seller_id)) as session:
        waiting = await ChannelService(session).pending_documents(world.account.id, ORDERS)
        tally = (await take_in(session, world.account, bol(), waiting)).tally
    return {name: getattr(tally, name) for name in tally.__struct_fields__ if getattr(tally, name)}


async def test_documents_become_orders_once(database: Database, world: World) -> None:
    assert await run(database, world, document("1"), document("2")) == {"created": 2}
    assert await run(database, world, document("1"), document("2")) == {}  # the page seen twice
    assert await run(database, world, document("1", "2", quantityCancelled=1)) == {"changed": 1}


async def test_a_broken_document_waits_in_the_inbox(database: Database, world: World) -> None:
    broken = RawDocument(document_id="3", fingerprint="1", raw=b'{"orderId": 3, "orderItems"')
    nul = document("4", product={"title": "a \x00 b"})
    assert await run(database, world, document("1"), broken, document("2"), nul) == {"created": 2, "failed": 2}
    async with database.transaction(Scope.of(world.seller_id)) as session:
        from entrepot.channels.views import documents  # noqa: PLC0415 -- only here

        rows = await documents(session, state=DocumentState.ATTENTION)
    assert {row.document_id for row in rows} == {"3", "4"}
    assert all(row.reason for row in rows)


def rows(*cells: tuple[str, str, str, str]) -> list[ImportRow]:
    names = ("number", "sku", "quantity", "country")
    address = {"last_name": "Smit", "street": "Dam", "postcode": "1012 JS", "city": "Amsterdam"}
    return [
        ImportRow(number, number + 1, {**address, **dict(zip(names, row, strict=True))})
        for number, row in enumerate(cells, 1)
    ]


async def test_orders_from_a_table(database: Database, world: World) -> None:
    table = rows(
        ("W1", "MUG-BLUE", "1", "nl"),
        ("W1", "MUG-RED", "2", "nl"),
        ("W2", "MUG-BLUE", "-3", "NL"),
        ("W2", "MUG-BLUE", "1", "NL"),
        ("W3", "MUG-BLUE", "1", "Holland"),
    )
    async with database.transaction(Scope.of(world.seller_id)) as session:
        outcomes = await apply_orders(session, world.seller_id, table, Options(mode="create", mark="."))
    assert [outcome.result for outcome in outcomes] == ["created", "created", "failed", "failed", "failed"]
    assert set(outcomes[2].problems) == {"quantity"}
    assert set(outcomes[3].problems) == {""}
    assert set(outcomes[4].problems) == {"country"}
    async with database.transaction(Scope.of(world.seller_id)) as session:
        again = await apply_orders(session, world.seller_id, table[:2], Options(mode="create", mark="."))
        assert [outcome.result for outcome in again] == ["unchanged", "unchanged"]
        found = await OrderService(session).create_many(world.seller_id, [])
        assert found == []
