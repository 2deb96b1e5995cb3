"""Telling a channel the prices it has wrong, and looking whether it shows them."""

import asyncio
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.channels.accounts import AccountRef
from entrepot.channels.connections import Connections
from entrepot.channels.contract import Capability, ChannelOffer
from entrepot.channels.contract_offers import ManagesOffers, OfferChange
from entrepot.channels.contract_prices import PriceStep
from entrepot.channels.errors import CannotDoThatError, ChannelThingMissingError, RequestRejectedError
from entrepot.channels.service import ChannelService
from entrepot.jobs.run import Run
from entrepot.kit import outbox
from entrepot.kit.clock import now
from entrepot.kit.errors import EntrepotError
from entrepot.kit.text import N_
from entrepot.offers.prices.deciding import takes_prices
from entrepot.offers.prices.events import PricePublished, PriceRefused
from entrepot.offers.prices.repository import PriceRepository
from entrepot.offers.prices.rows import ClaimedPrice
from entrepot.offers.prices.saying import store_said

BATCH = 40
"""Prices told in one step."""
AT_ONCE = 8
"""Requests at the same time; the account's budget still paces them."""
READ_BACK = 10
"""Prices of a batch that are read back right after; the hourly sample of all offers looks at the others."""


class SentPrices(msgspec.Struct):
    """What became of a batch."""

    published: int = 0
    refused: int = 0
    drifted: int = 0
    held: str = ""
    """Why nothing was sent: the mode of the account, or that prices are held."""

    @property
    def total(self) -> int:
        return self.published + self.refused


class _Told(msgspec.Struct):
    offer: ClaimedPrice
    outcome: Literal["applied", "refused", "unavailable"]
    problem: str = ""
    error: EntrepotError | None = None


async def send_all(run: Run, connections: Connections, account_id: UUID) -> SentPrices:
    """Tell the channel every price that is due; each batch is a durable step."""
    total, number = SentPrices(), 0
    while True:
        number += 1
        sent = await run.step(f"prices {number}", lambda: send_batch(run, connections, account_id), returns=SentPrices)
        total = SentPrices(
            total.published + sent.published, total.refused + sent.refused, total.drifted + sent.drifted, sent.held
        )
        if not sent.total:
            return total
        await run.progress(
            total.total,
            0,
            N_("{published} prices published, {refused} refused"),
            published=total.published,
            refused=total.refused,
        )


async def send_batch(run: Run, connections: Connections, account_id: UUID) -> SentPrices:
    """Mark some prices as being sent, send them, store what became of each, and read some back.

    The mark is committed before the calls.  Whatever ends this run between a call and its outcome, the prices stay due
    and are sent again: telling a channel the same price twice changes nothing.
    """
    async with run.transaction() as session:
        account = await ChannelService(session).account(account_id)
        if not account.may_write:
            return SentPrices(held=str(account.mode))
        if not takes_prices(account):
            raise CannotDoThatError(channel=account.channel, capability=Capability.MANAGE_OFFERS)
        held = await PriceRepository(session).held(account_id)
        if held is not None:
            return SentPrices(held=held)
        claimed = await PriceRepository(session).claim(account_id, run.id, limit=BATCH)
        if not claimed:
            return SentPrices()
        connector = await ChannelService(session, connections).connector(account_id, why="publish prices")
    if not isinstance(connector, ManagesOffers):
        raise CannotDoThatError(channel=account.channel, capability=Capability.MANAGE_OFFERS)
    told = await _tell_all(connector, claimed)
    await connections.recorded()
    async with run.transaction() as session:
        await _settle(session, run, account, told)
    for one in told:
        if one.outcome == "refused":
            await run.log(
                "error",
                N_("The channel refused {price} for offer {offer}: {problem}"),
                price=str(one.offer.price),
                offer=one.offer.channel_offer_id,
                problem=one.problem,
                subject=("offer", one.offer.offer_id),
            )
    failure = next((one.error for one in told if one.error is not None), None)
    if failure is not None:
        async with run.transaction() as session:
            await PriceRepository(session).give_up(account_id, run.id)
            await ChannelService(session).record_failure(account_id, failure)
        raise failure
    applied = [one.offer for one in told if one.outcome == "applied"]
    drifted = await _read_back(run, connector, account, applied[:READ_BACK])
    return SentPrices(published=len(applied), refused=len(told) - len(applied), drifted=drifted)


async def _tell_all(connector: ManagesOffers, claimed: Sequence[ClaimedPrice]) -> list[_Told]:
    turns = asyncio.Semaphore(AT_ONCE)
    away: list[EntrepotError] = []

    async def tell(offer: ClaimedPrice) -> _Told:
        async with turns:
            if away:  # one that is away answers nobody: the others wait for the next try
                return _Told(offer, "unavailable", "", away[0])
            try:
                await _tell(connector, offer)
            except (RequestRejectedError, ChannelThingMissingError) as error:
                return _Told(offer, "refused", str(error.facts.get("reason") or error.detail))
            except EntrepotError as error:
                away.append(error)
                return _Told(offer, "unavailable", error.detail, error)
            return _Told(offer, "applied")

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(tell(offer)) for offer in claimed]
    return [task.result() for task in tasks]


async def _tell(connector: ManagesOffers, offer: ClaimedPrice) -> None:
    """Change the price, and leave those for larger quantities as they are: a channel may replace all of them."""
    if offer.steps is None:
        steps = (await connector.read_offer(offer.channel_offer_id)).price_steps or ()
    else:
        steps = tuple(
            PriceStep(quantity=int(quantity), price=Decimal(price)) for quantity, price in offer.steps.items()
        )
    await connector.change_offer(
        OfferChange(channel_offer_id=offer.channel_offer_id, price=offer.price, price_steps=steps)
    )


async def _settle(session: AsyncSession, run: Run, account: AccountRef, told: Sequence[_Told]) -> None:
    prices = PriceRepository(session)
    answered = [one for one in told if one.outcome != "unavailable"]
    rows: list[dict[str, Any]] = [
        {
            "offer_id": one.offer.offer_id,
            "price": one.offer.price,
            "source": one.offer.source,
            "applied": one.outcome == "applied",
            "problem": one.problem or "?",
            "derivation": one.offer.derivation,
        }
        for one in answered
    ]
    await prices.settle(run.id, rows, now())
    await prices.add_pushes(
        [
            {
                "seller_id": account.seller_id,
                "account_id": account.id,
                "offer_id": one.offer.offer_id,
                "price": one.offer.price,
                "currency": one.offer.currency,
                "before": one.offer.before,
                "source": one.offer.source,
                "source_id": one.offer.source_id,
                "outcome": one.outcome,
                "problem": "" if one.outcome == "applied" else one.problem or "?",
                "derivation": one.offer.derivation,
                "run_id": run.id,
            }
            for one in told
            if one.outcome != "unavailable" or one.problem
        ]
    )
    await prices.repaired([one.offer.offer_id for one in answered if one.outcome == "applied"])
    await outbox.record(
        session,
        *(
            PricePublished(
                seller_id=account.seller_id,
                subject_id=one.offer.offer_id,
                price=one.offer.price,
                before=one.offer.before,
                currency=one.offer.currency,
                source=one.offer.source,
            )
            if one.outcome == "applied"
            else PriceRefused(
                seller_id=account.seller_id,
                subject_id=one.offer.offer_id,
                price=one.offer.price,
                currency=one.offer.currency,
                problem=one.problem,
            )
            for one in answered
        ),
    )


async def _read_back(run: Run, connector: ManagesOffers, account: AccountRef, offers: Sequence[ClaimedPrice]) -> int:
    """Look whether the channel shows what it was told; what it does not show is told again.  Failing is no harm."""
    read_at = now()
    found: list[ChannelOffer] = []
    for offer in offers:
        try:
            found.append(await connector.read_offer(offer.channel_offer_id))
        except EntrepotError:
            break
    ids = {offer.channel_offer_id: offer.offer_id for offer in offers}
    async with run.transaction() as session:
        return await store_said(session, account, ids, found, read_at)
