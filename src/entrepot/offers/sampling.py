"""Looking whether a channel still says what it was told: some offers at a time, inside its rate budget."""

from uuid import UUID

import msgspec

from entrepot.channels.connections import Connections
from entrepot.channels.contract import ChannelOffer, ReadsOffers
from entrepot.channels.contract_offers import ManagesOffers
from entrepot.channels.errors import ChannelThingMissingError, RateLimitedError
from entrepot.channels.service import ChannelService
from entrepot.jobs.run import Run
from entrepot.kit.clock import now
from entrepot.kit.text import N_
from entrepot.offers.service import OfferService

SIZE = 25
"""Offers read one by one in one run: few enough to leave the budget to what is urgent."""


class Sampled(msgspec.Struct, kw_only=True):
    """What one look found."""

    looked: int = 0
    drifted: int = 0
    gone: int = 0
    stopped: bool = False
    """The channel's limit was reached: the rest is looked at the next time."""


async def sample_account(run: Run, connections: Connections, account_id: UUID) -> Sampled:
    """Read some offers back, those not seen for longest; store, show and repair what differs."""

    async def look() -> Sampled:
        async with run.transaction() as session:
            account = await ChannelService(session).account(account_id)
            if not account.may_read:
                return Sampled()
            chosen, cursor = await OfferService(session).to_sample(account_id, limit=SIZE)
            if not chosen:
                return Sampled()
            connector = await ChannelService(session, connections).connector(account_id, why="read stock back")
        read_at = now()
        missing: list[UUID] = []
        following: str | None = None
        stopped = False
        read: list[ChannelOffer] = []
        try:
            if isinstance(connector, ManagesOffers):
                for offer_id, channel_offer_id in chosen:
                    try:
                        read.append(await connector.read_offer(channel_offer_id))
                    except ChannelThingMissingError:
                        missing.append(offer_id)
            elif isinstance(connector, ReadsOffers):
                page = await connector.fetch_offers(cursor or None)
                read, following = list(page.items), page.next if page.more else ""
        except RateLimitedError:
            stopped = True
        async with run.transaction() as session:
            drifted = await OfferService(session).store_sample(account, read, missing, read_at, following=following)
        return Sampled(looked=len(read), drifted=drifted, gone=len(missing), stopped=stopped)

    found = await run.step("sample", look, returns=Sampled)
    if found.drifted:
        await run.log(
            "warning",
            N_("{drifted} of {looked} offers said another number than the channel was told; they are told again."),
            drifted=found.drifted,
            looked=found.looked,
            subject=("channel_account", account_id),
        )
    return found
