"""Uses each capability once, in the way its recording expects.

What is asked for is the recording's ``given``; the examples here stand in for what it does not say.
"""

from typing import Any

import pytest

from entrepot.channels.conformance.exercises_selling import SELLING
from entrepot.channels.contract import (
    CancelReason,
    CancelsLines,
    Capability,
    ChannelOffer,
    ConfirmsShipments,
    Connector,
    ImportsOrders,
    ProcessState,
    PublishesStock,
    RawDocument,
    ReadsOffers,
    ShipmentNotice,
    ShippedLine,
    StockUpdate,
)

type Given = dict[str, Any]


async def fetch_all(connector: ImportsOrders) -> list[RawDocument]:
    """Read page after page to the end."""
    page = await connector.fetch_orders(None)
    documents = list(page.items)
    while page.more:
        page = await connector.fetch_orders(page.next)
        documents += page.items
    assert page.next, "there is no place to begin the next run at"
    return documents


async def exercise(connector: Connector, capability: Capability, given: Given) -> None:
    """Use one capability."""
    match capability, connector:
        case Capability.IMPORT_ORDERS, ImportsOrders():
            await import_orders(connector)
        case Capability.CONFIRM_SHIPMENTS, ConfirmsShipments():
            await confirm_shipment(connector, given)
        case Capability.CANCEL_LINES, CancelsLines():
            assert await connector.cancel_line(given.get("channel_line_id", "2012345678"), CancelReason.OUT_OF_STOCK)
        case Capability.READ_OFFERS, ReadsOffers():
            await read_offers(connector)
        case Capability.PUBLISH_STOCK, PublishesStock():
            await publish_stock(connector, given)
        case _ if capability in SELLING:
            await SELLING[capability](connector, given)
        case _:
            pytest.fail(f"declares {capability} but does not implement it")


async def import_orders(connector: ImportsOrders) -> None:
    """Fetch and read orders."""
    documents = await fetch_all(connector)
    orders = [connector.read_order(document.raw) for document in documents]
    assert orders
    assert not any(document.problem for document in documents)
    assert len({document.document_id for document in documents}) == len(orders), "an order came twice"
    assert all(
        document.document_id == order.channel_order_id for document, order in zip(documents, orders, strict=True)
    )
    assert all(order.placed_at.utcoffset() is not None for order in orders), "a time without a zone"
    assert all(line.sku != "" and line.gtin != "" for order in orders for line in order.lines), "none is None, not ''"
    assert connector.read_order(documents[0].raw) == orders[0], "reading is not pure"


async def confirm_shipment(connector: ConfirmsShipments, given: Given) -> None:
    """Report a shipment and follow it.

    *given* may say ``channel_order_id``, ``channel_line_id``, ``quantity``, ``carrier``, ``tracking``, and in
    ``processes`` the refs to ask about with the states they must have (``self`` is the one that the report returned).
    """
    channel_order_id = given.get("channel_order_id", "A2K8290LP8")
    assert await connector.find_shipment(channel_order_id, "SHIP-1") is None
    notice = ShipmentNotice(
        channel_order_id=channel_order_id,
        reference="SHIP-1",
        lines=(
            ShippedLine(
                channel_line_id=given.get("channel_line_id", "2012345678"), quantity=int(given.get("quantity", 10))
            ),
        ),
        carrier=given.get("carrier", "postnl"),
        tracking=given.get("tracking", "3SBOL0987654321"),
    )
    ref = await connector.confirm_shipment(notice)
    usual = {"self": ProcessState.SUCCEEDED, "7": ProcessState.FAILED, "forgotten": ProcessState.GONE}
    wanted = {ref if name == "self" else name: state for name, state in given.get("processes", usual).items()}
    reports = await connector.process_states(list(wanted))
    assert [report.ref for report in reports] == list(wanted), "one report per ref, in their order"
    assert [report.state for report in reports] == list(wanted.values())
    assert all(report.message for report in reports if report.state is ProcessState.FAILED), "says what went wrong"


async def read_offers(connector: ReadsOffers) -> None:
    """Read every offer."""
    offers: list[ChannelOffer] = []
    cursor, more = None, True
    while more:
        page = await connector.fetch_offers(cursor)
        offers += page.items
        cursor, more = page.next, page.more
    assert offers
    assert len({offer.channel_offer_id for offer in offers}) == len(offers), "an offer came twice"
    assert all(offer.sku != "" for offer in offers), "no SKU is None, not ''"


async def publish_stock(connector: PublishesStock, given: Given) -> None:
    """Publish for an offer the channel knows and for one it does not: ``known`` and ``unknown`` of *given*."""
    known = given.get("known", "6ff736b5-cdd0-4150-8c67-78269ee986f5")
    unknown = given.get("unknown", "13722de8-8182-d161-5422-4a0a1caab5c8")
    updates = [StockUpdate(channel_offer_id=known, quantity=3), StockUpdate(channel_offer_id=unknown, quantity=0)]
    outcomes = await connector.publish_stock(updates)
    assert [outcome.channel_offer_id for outcome in outcomes] == [known, unknown]
    assert [outcome.applied for outcome in outcomes] == [True, False]
    assert outcomes[1].problem
