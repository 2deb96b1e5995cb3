"""What a channel says of our prices when its offers are read, compared with what it was told."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.channels.accounts import AccountRef
from entrepot.channels.contract import ChannelOffer
from entrepot.kit import outbox
from entrepot.kit.sentence import Sentence
from entrepot.kit.text import N_
from entrepot.offers.prices.domain import MOST
from entrepot.offers.prices.events import PriceDrifted
from entrepot.offers.prices.repository import PriceRepository
from entrepot.offers.prices.said_repository import Known, SaidRepository

QUARREL = timedelta(days=7)
MOST_DRIFTS = 3
"""A price that changes back so often within the time is no accident: somebody else sets it, too.

Only since we told another price last; offers are read but a few times a day, so the time is long.
"""
SOMEBODY_ELSE = N_("it keeps showing {found}, although it was told {told}: something else sets this price, too")


class _Said(msgspec.Struct):
    offer_id: UUID
    price: Decimal | None
    currency: str
    steps: dict[str, str] | None
    drifted: bool = False
    other_currency: bool = False
    """It was priced in another one so far: what was decided in that means nothing."""


async def store_said(
    session: AsyncSession,
    account: AccountRef,
    ids: Mapping[str, UUID],
    offers: Iterable[ChannelOffer],
    read_at: datetime,
) -> int:
    """Store what a channel shows as prices; return how many are not what it was told before *read_at*.

    Where nobody here decides the price, we follow the channel.  Where somebody does, it is told again.

    Args:
        session: the transaction.
        account: whose offers.
        ids: the channel's number of an offer -> ours.
        offers: as the channel knows them.
        read_at: when it was asked.
    """
    said = {ids[offer.channel_offer_id]: offer for offer in offers if offer.price is not None}
    if not said:
        return 0
    repository = SaidRepository(session)
    known = await repository.known(said)
    found = [
        one
        for offer_id, offer in said.items()
        if (one := _compare(offer_id, offer, known.get(offer_id), read_at)) is not None
    ]
    await repository.store(account.seller_id, account.id, [msgspec.structs.asdict(one) for one in found])
    drifted = [one for one in found if one.drifted]
    if drifted:
        await _record(session, account, drifted, known, read_at)
    return len(drifted)


def _compare(offer_id: UUID, offer: ChannelOffer, known: Known | None, read_at: datetime) -> _Said | None:
    """Return what is to be stored of an offer, or None if that is known already."""
    price = offer.price
    if price is None or not 0 < price <= MOST:
        return None
    steps = None if offer.price_steps is None else {str(step.quantity): str(step.price) for step in offer.price_steps}
    said = _Said(offer_id=offer_id, price=price, currency=offer.currency, steps=steps)
    if known is None:
        return said
    said.other_currency = known.currency != offer.currency and known.published_price is not None
    sending = known.sending_by is not None or (known.published_at is not None and known.published_at >= read_at)
    if sending:
        said.price = known.published_price
    elif known.wanted and known.published_at is not None and known.published_price != price:
        said.drifted = not said.other_currency
    same = said.price == known.published_price and known.currency == offer.currency
    return None if same and (steps is None or steps == known.steps) else said


async def _record(
    session: AsyncSession,
    account: AccountRef,
    drifted: list[_Said],
    known: Mapping[UUID, Known],
    read_at: datetime,
) -> None:
    prices = PriceRepository(session)
    told = {one.offer_id: known[one.offer_id].published_price or Decimal(0) for one in drifted}
    rows: list[dict[str, Any]] = [
        {
            "seller_id": account.seller_id,
            "account_id": account.id,
            "offer_id": one.offer_id,
            "told": told[one.offer_id],
            "found": one.price,
            "found_at": read_at,
        }
        for one in drifted
    ]
    await prices.add_drifts(rows)
    await outbox.record(
        session,
        *(
            PriceDrifted(
                seller_id=account.seller_id,
                subject_id=one.offer_id,
                published=told[one.offer_id],
                found=one.price or Decimal(0),
                currency=one.currency,
            )
            for one in drifted
        ),
    )
    quarrels = await prices.often_drifted(list(told), within=QUARREL, most=MOST_DRIFTS)
    await SaidRepository(session).stop(
        {
            one.offer_id: Sentence(SOMEBODY_ELSE, {"found": str(one.price), "told": str(told[one.offer_id])}).english
            for one in drifted
            if one.offer_id in quarrels
        }
    )
