"""Offers as pages, the API and jobs use them."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.catalog.service import CatalogService, ProductRef
from entrepot.channels.accounts import AccountRef
from entrepot.channels.contract import ChannelOffer
from entrepot.channels.service import ChannelService
from entrepot.jobs import service as jobs
from entrepot.kit import outbox
from entrepot.kit.errors import InvalidInputError
from entrepot.kit.i18n import gettext
from entrepot.kit.ids import new_id
from entrepot.kit.text import N_
from entrepot.offers.deciding import Deciding
from entrepot.offers.domain import MOST
from entrepot.offers.errors import NotOurStockError, OfferChangedError, OfferNotFoundError, UnmatchedOfferError
from entrepot.offers.events import OfferChanged, OfferDrifted, OfferLinked, OffersRead
from entrepot.offers.repository import OfferRepository, OfferRow
from entrepot.offers.tasks import PublishStock, RefreshOffers

MATCHED_AT_ONCE = 2000
LONGEST = 500
"""Characters kept of what a channel calls an offer."""


class OfferService:
    """Every use case of offers that does not talk to a channel."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._offers = OfferRepository(session)
        self._catalog = CatalogService(session)
        self._channels = ChannelService(session)

    # What a channel says

    async def store_page(self, account: AccountRef, offers: Iterable[ChannelOffer], read_at: datetime) -> OffersRead:
        """Store a page of a channel's offers, find their products, and decide what they should say.

        An offer that says another number than we told it before *read_at* is told again.  A page that comes twice
        changes nothing.
        """
        said = {offer.channel_offer_id: offer for offer in offers}
        known = await self._offers.known(account.id, said)
        ids = await self._offers.store([_row(account, offer, read_at) for offer in said.values()]) if said else {}
        drifted = [
            (row.id, row.published_quantity, offer.quantity)
            for channel_id, offer in said.items()
            if (row := known.get(channel_id)) is not None
            and row.published_quantity is not None
            and row.published_at is not None
            and row.published_at < read_at
            and row.sending_by is None
            and row.fulfilment == "seller"
            and row.published_quantity != offer.quantity
        ]
        if drifted:
            await self._offers.forget_published([offer_id for offer_id, _, _ in drifted])
            await outbox.record(
                self._session,
                *(
                    OfferDrifted(seller_id=account.seller_id, subject_id=offer_id, published=told, found=found)
                    for offer_id, told, found in drifted
                ),
            )
        unmatched = await self._match(
            account.seller_id,
            [
                (ids[channel_id], offer.sku or "", offer.gtin or "", known.get(channel_id))
                for channel_id, offer in said.items()
                if _to_match(offer, known.get(channel_id))
            ],
        )
        if ids:
            await self._decide(account.seller_id, offer_ids=list(ids.values()))
        page = OffersRead(
            seller_id=account.seller_id,
            subject_id=account.id,
            count=len(said),
            new=len(said.keys() - known.keys()),
            unmatched=unmatched,
        )
        if said:
            await outbox.record(self._session, page)
        return page

    async def match_products(self, products: Collection[ProductRef]) -> None:
        """Link offers that nobody knew to products that have their SKU or GTIN now."""
        for seller_id in sorted({product.seller_id for product in products}):
            own = [product for product in products if product.seller_id == seller_id]
            found = await self._offers.unmatched(
                seller_id, [product.sku for product in own], [product.gtin or "" for product in own]
            )
            await self._match(seller_id, [(row.id, row.sku, row.gtin, row) for row in found])

    async def _match(self, seller_id: UUID, wanted: Sequence[tuple[UUID, str, str, OfferRow | None]]) -> int:
        """Find products by SKU, then by GTIN; return how many offers stay without."""
        if not wanted:
            return 0
        by_sku = await self._catalog.resolve(seller_id, {sku for _, sku, _, _ in wanted if sku})
        left = {gtin for _, sku, gtin, _ in wanted if gtin and not _sellable(by_sku.get(sku))}
        by_gtin = await self._catalog.resolve_gtins(seller_id, left)
        links: list[tuple[UUID, UUID | None, str]] = []
        linked: list[OfferLinked] = []
        unmatched = 0
        for offer_id, sku, gtin, row in wanted:
            product, how = by_sku.get(sku), "sku"
            if not _sellable(product):
                product, how = by_gtin.get(gtin), "gtin"
            if product is None or not _sellable(product):
                unmatched += 1
                if row is not None and row.product_id is not None:
                    links.append((offer_id, None, ""))
            elif row is None or row.product_id != product.id:
                links.append((offer_id, product.id, how))
                linked.append(OfferLinked(seller_id=seller_id, subject_id=offer_id, sku=product.sku, how=how))
        await self._offers.link(links)
        await outbox.record(self._session, *linked)
        return unmatched

    async def match_account(self, account_id: UUID) -> tuple[int, int]:
        """Look for the products of an account's offers that have none; return how many had none, and now have one."""
        account = await self._channels.account(account_id)
        looked = unmatched = 0
        after = UUID(int=0)
        while rows := await self._offers.unmatched_after(account_id, after, limit=MATCHED_AT_ONCE):
            after = rows[-1].id
            looked += len(rows)
            unmatched += await self._match(account.seller_id, [(row.id, row.sku, row.gtin, row) for row in rows])
        return looked, looked - unmatched

    async def decide_account(self, account_id: UUID) -> tuple[int, int]:
        """Decide anew about every offer of an account; return how many changed, and how many are due."""
        account = await self._channels.account(account_id)
        changes = await Deciding(self._session).decide(account.seller_id, account_ids=[account_id])
        return len(changes), await self._offers.due(account_id)

    # What people decide

    async def link(self, offer_id: UUID, sku: str, *, version: int | None = None) -> None:
        """Say which product an offer is.

        Raises:
            InvalidInputError: there is no such product, or nothing of its kind can be sold.
            OfferChangedError: *version* is not the present one.
        """
        row = await self._row(offer_id, version)
        product = (await self._catalog.resolve(row.seller_id, [sku.strip()])).get(sku.strip())
        if product is None:
            raise InvalidInputError({"sku": gettext(N_("There is no product with this SKU. Add it first."))})
        if not _sellable(product):
            problem = N_("This product only groups its variants. Link the offer to one of them.")
            raise InvalidInputError({"sku": gettext(problem)})
        await self._offers.link([(row.id, product.id, "hand")])
        await outbox.record(
            self._session, OfferLinked(seller_id=row.seller_id, subject_id=row.id, sku=product.sku, how="hand")
        )
        await self.stock_changed(row.seller_id, offer_ids=[row.id])

    async def change(self, offer_id: UUID, *, maximum: int | None, paused: bool, version: int | None = None) -> None:
        """Set the most that the channel is told (None: no limit), and whether it is told that there is nothing.

        Raises:
            InvalidInputError: the maximum is negative, or more than any channel is told.
            OfferChangedError: *version* is not the present one.
        """
        if maximum is not None and not 0 <= maximum <= MOST:
            problem = gettext(N_("Enter a whole number from 0 to {most}, or nothing for no maximum."))
            raise InvalidInputError({"maximum": problem.format(most=MOST)})
        row = await self._row(offer_id, version)
        changes = {
            name: [before, after]
            for name, before, after in (("maximum", row.maximum, maximum), ("paused", row.paused, paused))
            if before != after
        }
        if not changes:
            return
        await self._offers.change(row.id, maximum=maximum, paused=paused)
        await outbox.record(self._session, OfferChanged(seller_id=row.seller_id, subject_id=row.id, changes=changes))
        await self.stock_changed(row.seller_id, offer_ids=[row.id])

    async def publish_now(self, offer_id: UUID) -> UUID:
        """Tell the channel its number again, whatever was told before; return the run's id.

        Raises:
            AccountImportOnlyError: the account is not live, so nothing is sent.
            UnmatchedOfferError: it has no product.
            NotOurStockError: the channel counts it.
        """
        row = await self._row(offer_id, None)
        if row.fulfilment != "seller":
            raise NotOurStockError(offer=row.channel_offer_id)
        if row.product_id is None:
            raise UnmatchedOfferError(offer=row.channel_offer_id)
        (await self._channels.account(row.account_id)).require_write()
        await self._offers.forget_published([row.id])
        await self._decide(row.seller_id, offer_ids=[row.id])
        return await self._publish(row.seller_id, row.account_id)

    async def refresh(self, account_id: UUID) -> UUID:
        """Read an account's offers from the channel soon; return the run's id."""
        account = await self._channels.account(account_id)
        account.require_read()
        task = RefreshOffers(seller_id=account.seller_id, account_id=account_id)
        return await jobs.enqueue(self._session, task, key=str(account_id))

    # What the stock does

    async def stock_changed(
        self,
        seller_id: UUID,
        *,
        product_ids: Collection[UUID] | None = None,
        offer_ids: Collection[UUID] | None = None,
    ) -> None:
        """Decide anew about offers of these products (and of bundles with them), and have the changes sent."""
        touched = await self._decide(seller_id, product_ids=product_ids, offer_ids=offer_ids)
        if touched:
            await self._publish_due(seller_id, touched)

    async def compare(self, seller_id: UUID, *, forgive: timedelta) -> int:
        """Decide anew about every offer of a seller, and have sent what is due: what events missed is found here.

        Args:
            seller_id: whose offers.
            forgive: an offer refused longer ago than this is tried again.

        Returns:
            How many accounts have numbers to be sent.
        """
        await self._offers.forgive(seller_id, older_than=forgive)
        await self._decide(seller_id)
        return await self._publish_due(seller_id, None)

    async def _publish_due(self, seller_id: UUID, account_ids: Collection[UUID] | None) -> int:
        """Start publishing to the accounts that have something to be told and may be told it."""
        accounts = await self._channels.accounts(seller_id=seller_id)
        live = {account.id for account in accounts if account.may_write}
        due = await self._offers.accounts_due(live if account_ids is None else live & set(account_ids))
        for account_id in sorted(due):
            await self._publish(seller_id, account_id)
        return len(due)

    async def _decide(
        self,
        seller_id: UUID,
        *,
        product_ids: Collection[UUID] | None = None,
        offer_ids: Collection[UUID] | None = None,
    ) -> set[UUID]:
        changes = await Deciding(self._session).decide(seller_id, product_ids=product_ids, offer_ids=offer_ids)
        return {change.account_id for change in changes}

    async def _publish(self, seller_id: UUID, account_id: UUID) -> UUID:
        task = PublishStock(seller_id=seller_id, account_id=account_id)
        return await jobs.enqueue(self._session, task, key=str(account_id), again=True)

    async def _row(self, offer_id: UUID, version: int | None) -> OfferRow:
        found = await self._offers.lock([offer_id])
        if not found:
            raise OfferNotFoundError(offer=offer_id)
        if version is not None and version != found[0].version:
            raise OfferChangedError(offer=offer_id)
        return found[0]


def _sellable(product: ProductRef | None) -> bool:
    return product is not None and product.kind != "parent"


def _to_match(offer: ChannelOffer, known: OfferRow | None) -> bool:
    """Whether its product is to be looked for: it has none, or the channel calls it by other names than before."""
    if known is None or known.product_id is None:
        return True
    return known.matched_by != "hand" and (known.sku, known.gtin) != ((offer.sku or ""), (offer.gtin or ""))


def _row(account: AccountRef, offer: ChannelOffer, read_at: datetime) -> dict[str, object]:
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
        "channel_quantity": max(0, min(offer.quantity, MOST)),
        "last_seen_at": read_at,
    }
