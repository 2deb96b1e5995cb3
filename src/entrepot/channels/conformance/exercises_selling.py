"""Uses what few connectors can do: managing and exporting offers, returns, the market, notices."""

from collections.abc import Awaitable, Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from entrepot.channels.contract import Capability, Connector, Fulfilment, ListsCarriers, ProcessState
from entrepot.channels.contract_market import CommissionQuery, RankKind, ReadsMarket
from entrepot.channels.contract_notices import ReceivesNotices
from entrepot.channels.contract_offers import (
    DeliveryPromise,
    ExportsOffers,
    ManagesOffers,
    NewOffer,
    OfferChange,
    ReadsHeldStock,
)
from entrepot.channels.contract_returns import (
    ChannelReturn,
    HandlesReturns,
    ReadsReturns,
    ReturnDecision,
    ReturnOutcome,
)
from entrepot.channels.errors import NoticeRefusedError

type Given = dict[str, Any]


async def list_carriers(connector: Connector, given: Given) -> None:  # noqa: ARG001 -- as the others
    """Ask which carriers a shipment may name."""
    assert isinstance(connector, ListsCarriers)
    found = await connector.carriers()
    assert len({carrier.code for carrier in found}) == len(found) > 0, "their codes differ"


async def manage_offers(connector: Connector, given: Given) -> None:
    """Make an offer, change it, ask why it is not for sale, end it."""
    assert isinstance(connector, ManagesOffers)
    new = NewOffer(
        gtin=given.get("gtin", "0000007740404"),
        sku="AX1234",
        price=Decimal("9.99"),
        quantity=6,
        delivery=DeliveryPromise(fastest_days=1, slowest_days=2, order_before="14:00"),
    )
    offer_id = await connector.create_offer(new)
    assert offer_id
    assert (await connector.read_offer(offer_id)).channel_offer_id == offer_id
    await connector.change_offer(OfferChange(channel_offer_id=offer_id, price=Decimal("12.50")))
    await connector.change_offer(OfferChange(channel_offer_id=offer_id, quantity=0, on_hold=True))
    obstacles = await connector.sale_obstacles(offer_id)
    assert obstacles
    assert all(obstacle.text for obstacle in obstacles)
    await connector.delete_offer(offer_id)


async def export_offers(connector: Connector, given: Given) -> None:
    """Ask for the file, wait for it, read it."""
    assert isinstance(connector, ExportsOffers)
    ref = await connector.request_export()
    [report] = await connector.process_states([ref])
    assert report.state is ProcessState.SUCCEEDED
    raw = await connector.fetch_export(report.result)
    offers = list(connector.read_export(raw))
    assert len(offers) == given.get("offers", 2)
    assert all(offer.sku != "" for offer in offers), "no SKU is None, not ''"
    assert list(connector.read_export(raw)) == offers, "reading is not pure"


async def read_held_stock(connector: Connector, given: Given) -> None:
    """Read what the channel's warehouse holds."""
    assert isinstance(connector, ReadsHeldStock)
    page = await connector.held_stock()
    assert len({item.channel_sku for item in page.items}) == len(page.items) == given.get("items", 1)


async def read_returns(connector: Connector, given: Given) -> None:
    """Sweep over all returns."""
    assert isinstance(connector, ReadsReturns)
    found: dict[str, ChannelReturn] = {}
    cursor, more = None, True
    while more:
        page = await connector.fetch_returns(cursor)
        for document in page.items:
            assert not document.problem
            found[document.document_id] = connector.read_return(document.raw)
        cursor, more = page.next, page.more
    assert len(found) == given.get("returns", 2)
    assert all(key == one.channel_return_id for key, one in found.items())
    assert all(one.registered_at.utcoffset() is not None for one in found.values()), "a time without a zone"


async def handle_returns(connector: Connector, given: Given) -> None:
    """Decide about a return that was announced, and report one that was not."""
    assert isinstance(connector, HandlesReturns)
    line = given.get("channel_return_line_id", "86123452")
    decision = ReturnDecision(channel_return_line_id=line, quantity=1, outcome=ReturnOutcome.RECEIVED)
    assert await connector.handle_return(decision)
    assert await connector.register_return("2012345678", 1, ReturnOutcome.REFUSED)


async def read_market(connector: Connector, given: Given) -> None:
    """Look around one product."""
    assert isinstance(connector, ReadsMarket)
    gtin = given.get("gtin", "0000007740404")
    competing = await connector.competing_offers(gtin, country="NL")
    assert competing
    assert sum(offer.best for offer in competing) <= 1
    assert {offer.fulfilment for offer in competing} <= set(Fulfilment)
    ranks = await connector.product_ranks(gtin, date(2026, 11, 1), RankKind.SEARCH)
    assert all(rank.where and rank.rank > 0 for rank in ranks)
    [commission] = await connector.commissions([CommissionQuery(gtin=gtin, price=Decimal("59.99"))])
    assert 0 < commission.total < commission.price
    stars = await connector.price_stars(gtin)
    assert all(star.maximum_price > 0 for star in stars)
    assert [star.level for star in stars] == sorted({star.level for star in stars}, reverse=True)
    who = await connector.competitor(competing[0].competitor)
    assert who is None or (who.number == competing[0].competitor and (who.rating is None or 0 <= who.rating <= 10))


async def receive_notices(connector: Connector, given: Given) -> None:
    """Subscribe; refuse what is not signed."""
    assert isinstance(connector, ReceivesNotices)
    keys = await connector.subscribe(given.get("address", "https://hub.example.org/hooks/1/2"))
    with pytest.raises(NoticeRefusedError):
        connector.read_notice({}, b"{}", keys)


SELLING: dict[Capability, Callable[[Connector, Given], Awaitable[None]]] = {
    Capability.LIST_CARRIERS: list_carriers,
    Capability.MANAGE_OFFERS: manage_offers,
    Capability.EXPORT_OFFERS: export_offers,
    Capability.READ_HELD_STOCK: read_held_stock,
    Capability.READ_RETURNS: read_returns,
    Capability.HANDLE_RETURNS: handle_returns,
    Capability.READ_MARKET: read_market,
    Capability.RECEIVE_NOTICES: receive_notices,
}
