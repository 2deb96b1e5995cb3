"""What a channel says of our offers."""

from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

from entrepot.channels.accounts import AccountRef
from entrepot.channels.contract import ChannelOffer, Fulfilment
from entrepot.kit import outbox
from entrepot.kit.ids import new_id
from entrepot.offers.domain import MOST
from entrepot.offers.events import OfferDrifted, OfferGone, OffersRead
from entrepot.offers.matching import Matching
from entrepot.offers.prices.saying import store_said
from entrepot.offers.prices.service import PriceService
from entrepot.offers.rows import OfferRow

LONGEST = 500
"""Characters kept of what a channel calls an offer."""


class Listing(Matching):
    """Storing what was read, and comparing it with what the channel was told."""

    async def store_page(self, account: AccountRef, offers: Iterable[ChannelOffer], read_at: datetime) -> OffersRead:
        """Store a page of a channel's offers, find their products, and decide what they should say.

        An offer that says another number than we told it before *read_at* is told again.  A page that comes twice
        changes nothing.
        """
        said = {offer.channel_offer_id: offer for offer in offers}
        known = await self._offers.known(account.id, said)
        ids = await self._offers.store([_row(account, offer, read_at) for offer in said.values()]) if said else {}
        drifted = await self._compare(account, said, known, read_at)
        if await store_said(self._session, account, ids, said.values(), read_at):
            await PriceService(self._session).publish_due(account.seller_id)
        unmatched = await self._match(
            account.seller_id,
            [
                (ids[channel_id], offer.sku or "", offer.gtin or "", known.get(channel_id))
                for channel_id, offer in said.items()
                if _to_match(offer, known.get(channel_id))
            ],
        )
        fresh = [ids[channel_id] for channel_id, offer in said.items() if _to_decide(offer, known.get(channel_id))]
        if fresh:
            await self._decide(account.seller_id, account_ids=[account.id], offer_ids=fresh)
        page = OffersRead(
            seller_id=account.seller_id,
            subject_id=account.id,
            count=len(said),
            new=len(said.keys() - known.keys()),
            unmatched=unmatched,
            drifted=drifted,
        )
        if said:
            await outbox.record(self._session, page)
        return page

    async def _compare(
        self, account: AccountRef, said: dict[str, ChannelOffer], known: dict[str, OfferRow], read_at: datetime
    ) -> int:
        """Find numbers that are not what the channel was told, and let them be told again; return how many."""
        comparable = [
            (row, row.published_quantity, offer.quantity)
            for channel_id, offer in said.items()
            if (row := known.get(channel_id)) is not None
            and row.published_quantity is not None
            and row.published_at is not None
            and row.published_at < read_at
            and row.sending_by is None
            and row.fulfilment == "seller"
        ]
        drifted = [(row.id, told, found) for row, told, found in comparable if told != found]
        if drifted:
            await self._offers.forget_published([offer_id for offer_id, _, _ in drifted])
            await self._rules.add_drifts(
                [
                    {
                        "seller_id": account.seller_id,
                        "account_id": account.id,
                        "offer_id": offer_id,
                        "told": told,
                        "found": found,
                        "found_at": read_at,
                    }
                    for offer_id, told, found in drifted
                ]
            )
            await outbox.record(
                self._session,
                *(
                    OfferDrifted(seller_id=account.seller_id, subject_id=offer_id, published=told, found=found)
                    for offer_id, told, found in drifted
                ),
            )
        if comparable:
            await self._rules.add_sample(
                account.id, account.seller_id, looked=len(comparable), differed=len(drifted), at=read_at
            )
        return len(drifted)

    async def to_sample(self, account_id: UUID, *, limit: int) -> tuple[list[tuple[UUID, str]], str]:
        """Return the offers to be looked at next, with the channel's ids, and where reading its list would go on."""
        rules = await self._rules.find([account_id])
        cursor = rules[account_id].sample_cursor if account_id in rules else ""
        return await self._offers.longest_unseen(account_id, limit=limit), cursor

    async def store_sample(
        self,
        account: AccountRef,
        offers: Iterable[ChannelOffer],
        missing: Collection[UUID],
        read_at: datetime,
        *,
        following: str | None = None,
    ) -> int:
        """Store what some offers say, have wrong numbers told again, and return how many those are.

        Args:
            account: whose offers.
            offers: as the channel knows them.
            missing: ours that it does not know any more.
            read_at: when it was asked.
            following: where reading its list goes on; None: it was not read as a list.
        """
        if following is not None:  # before its offers, as whoever changes its rules does
            await self._rules.lock(account.id, account.seller_id)
        page = await self.store_page(account, offers, read_at)
        if missing:
            gone = await self._offers.mark_missing(missing)
            await outbox.record(
                self._session, *(OfferGone(seller_id=account.seller_id, subject_id=offer_id) for offer_id in gone)
            )
        if following is not None:
            await self._rules.remember(account.id, sample_cursor=following)
        if page.drifted:
            await self._publish_due(account.seller_id, {account.id})
        return page.drifted

    async def close_listing(self, account_id: UUID, began_at: datetime, *, count: int) -> int:
        """Every offer of the account was read since *began_at*: the others are gone; return how many that are.

        A list that was empty although we know offers is not believed.
        """
        account = await self._channels.account(account_id)
        await self._rules.lock(account_id, account.seller_id)
        if not count:
            return 0
        await self._rules.remember(account_id, listing_read_at=began_at)
        gone = await self._offers.mark_gone(account_id, began_at)
        await outbox.record(
            self._session, *(OfferGone(seller_id=account.seller_id, subject_id=offer_id) for offer_id in gone)
        )
        return len(gone)


def _to_match(offer: ChannelOffer, known: OfferRow | None) -> bool:
    """Whether its product is to be looked for: it has none, or the channel calls it by other names than before."""
    if known is None or known.product_id is None:
        return True
    return known.matched_by != "hand" and (known.sku, known.gtin) != ((offer.sku or ""), (offer.gtin or ""))


def _to_decide(offer: ChannelOffer, known: OfferRow | None) -> bool:
    """Whether what it should say may have changed with what was read."""
    return _to_match(offer, known) or known is None or known.fulfilment != str(offer.fulfilment)


def _row(account: AccountRef, offer: ChannelOffer, read_at: datetime) -> dict[str, object]:
    quantity = max(0, min(offer.quantity, MOST))
    return {
        "id": new_id(),
        "seller_id": account.seller_id,
        "account_id": account.id,
        "channel_offer_id": offer.channel_offer_id,
        "sku": offer.sku or "",
        "gtin": offer.gtin or "",
        "title": offer.title[:LONGEST],
        "fulfilment": str(offer.fulfilment),
        "on_hold": offer.on_hold,
        "channel_quantity": quantity,
        "published_quantity": quantity if offer.fulfilment is Fulfilment.SELLER else None,
        "last_seen_at": read_at,
    }
