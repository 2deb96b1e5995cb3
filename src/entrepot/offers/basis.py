"""What every use case of offers begins with."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.catalog.service import CatalogService, ProductRef
from entrepot.channels.service import ChannelService
from entrepot.jobs import service as jobs
from entrepot.offers.deciding import Deciding
from entrepot.offers.errors import OfferChangedError, OfferNotFoundError
from entrepot.offers.repository import OfferRepository
from entrepot.offers.rows import OfferRow
from entrepot.offers.rules_repository import RulesRepository
from entrepot.offers.tasks import PublishStock


class OfferWork:
    """Deciding about offers, and having sent what is due."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._offers = OfferRepository(session)
        self._rules = RulesRepository(session)
        self._catalog = CatalogService(session)
        self._channels = ChannelService(session)

    async def stock_changed(
        self,
        seller_id: UUID,
        *,
        account_ids: Collection[UUID] | None = None,
        product_ids: Collection[UUID] | None = None,
        offer_ids: Collection[UUID] | None = None,
    ) -> None:
        """Decide anew about these offers (of products: also of bundles with them), and have the changes sent."""
        touched = await self._decide(seller_id, account_ids=account_ids, product_ids=product_ids, offer_ids=offer_ids)
        if touched:
            await self._publish_due(seller_id, touched)

    async def _decide(
        self,
        seller_id: UUID,
        *,
        account_ids: Collection[UUID] | None = None,
        product_ids: Collection[UUID] | None = None,
        offer_ids: Collection[UUID] | None = None,
    ) -> set[UUID]:
        changes = await Deciding(self._session).decide(
            seller_id, account_ids=account_ids, product_ids=product_ids, offer_ids=offer_ids
        )
        return {change.account_id for change in changes}

    async def _publish_due(self, seller_id: UUID, account_ids: Collection[UUID] | None) -> int:
        """Start publishing to the accounts that have something to be told and may be told it."""
        accounts = await self._channels.accounts(seller_id=seller_id)
        live = {account.id for account in accounts if account.may_write}
        due = await self._offers.accounts_due(live if account_ids is None else live & set(account_ids))
        for account_id in sorted(due):
            await self._publish(seller_id, account_id)
        return len(due)

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


def sellable(product: ProductRef | None) -> bool:
    """Whether an offer can be this product: one that only groups its variants cannot be sold."""
    return product is not None and product.kind != "parent"
