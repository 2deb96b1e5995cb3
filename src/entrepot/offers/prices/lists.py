"""Price lists: prices of products under a name, for some time, for one channel account or for all."""

from collections.abc import Collection, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.kit import outbox
from entrepot.kit.clock import now
from entrepot.kit.errors import InvalidInputError
from entrepot.kit.i18n import gettext
from entrepot.kit.ids import new_id
from entrepot.kit.money import CURRENCIES
from entrepot.kit.text import N_
from entrepot.offers.prices.errors import PriceListChangedError, PriceListNotFoundError
from entrepot.offers.prices.events import PriceListChanged
from entrepot.offers.prices.list_repository import EntryRow, ListRepository, ListRow
from entrepot.offers.prices.planning import ENDS_BEFORE, Planning
from entrepot.offers.prices.service import checked_price

LONGEST_NAME = 100
MOST_PRIORITY = 1_000
ENTER_NAME = N_("Enter a name of at most {most} characters.")
NAME_TAKEN = N_("There is a price list of this name already.")
NO_CURRENCY = N_("There is no such currency. Use the three letters of ISO 4217, such as EUR.")
WRONG_PRIORITY = N_("Enter a whole number from -{most} to {most}.")


class ListTerms(msgspec.Struct, frozen=True, kw_only=True):
    """What a person says of a list."""

    name: str
    currency: str = "EUR"
    account_id: UUID | None = None
    """None: every account."""
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    priority: int = 0
    """Of two lists with the same product, the one with the higher number counts."""
    active: bool = True


class PriceLists(Planning):
    """Use cases of price lists."""

    def __init__(self, session: AsyncSession) -> None:
        super().__init__(session)
        self._lists = ListRepository(session)

    async def all(self) -> list[tuple[ListRow, int]]:
        """Return every list with its number of entries."""
        return await self._lists.all()

    async def find(self, list_id: UUID) -> ListRow:
        """Return one.

        Raises:
            PriceListNotFoundError: there is none.
        """
        found = await self._lists.find(list_id)
        if found is None:
            raise PriceListNotFoundError(list=list_id)
        return found

    async def create(self, seller_id: UUID, terms: ListTerms) -> UUID:
        """Make an empty list and return its id.

        Raises:
            InvalidInputError: the terms make no sense, or the name is taken.
        """
        await self._check(seller_id, terms, None)
        list_id = new_id()
        values = msgspec.structs.asdict(terms) | {"name": terms.name.strip()}
        await self._lists.add({"id": list_id, "seller_id": seller_id, **values})
        await self._wake_at(terms.valid_from, terms.valid_to)
        await self._tell(seller_id, list_id, terms.name, "created")
        return list_id

    async def change(self, list_id: UUID, terms: ListTerms, *, version: int | None = None) -> None:
        """Change the terms of a list, and decide anew about every offer it speaks or spoke of.

        Raises:
            InvalidInputError: the terms make no sense, or the name is taken.
            PriceListChangedError: *version* is not the present one.
            PriceListNotFoundError: there is none.
        """
        before = await self._locked(list_id, version)
        await self._check(before.seller_id, terms, list_id)
        spoke_of = await self._spoken_of(list_id)
        values = msgspec.structs.asdict(terms) | {"name": terms.name.strip()}
        changes = {
            name: [_plain(getattr(before, name)), _plain(value)]
            for name, value in values.items()
            if getattr(before, name) != value
        }
        if not changes:
            return
        await self._lists.change(list_id, values | {"began_at": None, "ended_at": None})
        for offers in spoke_of:
            await self.refresh(offers)
        await self.turn()  # marks it as begun or ended, and decides about what it speaks of now
        await self._wake_at(terms.valid_from, terms.valid_to)
        await self._tell(before.seller_id, list_id, terms.name, "changed", changes)

    async def remove(self, list_id: UUID, *, version: int | None = None) -> None:
        """Remove a list; what else holds counts for its offers.

        Raises:
            PriceListChangedError: *version* is not the present one.
            PriceListNotFoundError: there is none.
        """
        before = await self._locked(list_id, version)
        spoke_of = await self._spoken_of(list_id)
        await self._lists.remove(list_id)
        for offers in spoke_of:
            await self.refresh(offers)
        await self._tell(before.seller_id, list_id, before.name, "removed")

    # Entries

    async def entries(self, list_id: UUID, *, query: str = "", after: str = "", limit: int = 50) -> list[EntryRow]:
        """Return entries of a list in the order of their SKUs."""
        found = await self.find(list_id)
        return await self._lists.entries(list_id, found.currency, query=query, after=after, limit=limit)

    async def prices_of(self, list_id: UUID, product_ids: Collection[UUID]) -> dict[UUID, Decimal]:
        """Return what products cost by a list now; those that are not in it are left out."""
        return await self._lists.prices(list_id, product_ids)

    async def put(self, list_id: UUID, prices: Sequence[tuple[UUID, Decimal]]) -> tuple[int, int]:
        """Set what products cost by a list; return how many are new and how many cost something else now.

        Raises:
            InvalidInputError: a price cannot be.
            PriceListNotFoundError: there is none.
        """
        found = await self._locked(list_id, None)
        wanted = dict(prices)
        for price in wanted.values():
            checked_price(price, found.currency)
        known = await self._lists.prices(list_id, wanted)
        fresh = [product_id for product_id in wanted if product_id not in known]
        other = [product_id for product_id, price in known.items() if price != wanted[product_id]]
        touched = [*fresh, *other]
        if touched:
            await self._lists.put(found.seller_id, list_id, [(one, wanted[one]) for one in touched])
            await self.refresh_list(list_id, touched)
            counts = {"added": [None, len(fresh)], "changed": [None, len(other)]}
            await self._tell(found.seller_id, list_id, found.name, "entries", counts)
        return len(fresh), len(other)

    async def take_out(self, list_id: UUID, product_ids: Collection[UUID]) -> int:
        """Take products out of a list; return how many were in it.

        Raises:
            PriceListNotFoundError: there is none.
        """
        found = await self._locked(list_id, None)
        spoke_of = await self._spoken_of(list_id, product_ids)
        removed = await self._lists.take_out(list_id, product_ids)
        for offers in spoke_of:
            await self.refresh(offers)
        if removed:
            await self._tell(found.seller_id, list_id, found.name, "entries", {"removed": [None, removed]})
        return removed

    async def _locked(self, list_id: UUID, version: int | None) -> ListRow:
        found = await self._lists.find(list_id, lock=True)
        if found is None:
            raise PriceListNotFoundError(list=list_id)
        if version is not None and version != found.version:
            raise PriceListChangedError(name=found.name)
        return found

    async def _spoken_of(self, list_id: UUID, product_ids: Collection[UUID] | None = None) -> list[list[UUID]]:
        """Return the offers a list speaks of, in batches."""
        batches: list[list[UUID]] = []
        after: UUID | None = None
        while batch := await self._planned.offers_of_list(list_id, product_ids, after=after):
            batches.append(batch)
            after = batch[-1]
        return batches

    async def _check(self, seller_id: UUID, terms: ListTerms, list_id: UUID | None) -> None:
        problems: dict[str, str] = {}
        name = terms.name.strip()
        if not 0 < len(name) <= LONGEST_NAME:
            problems["name"] = gettext(ENTER_NAME).format(most=LONGEST_NAME)
        elif (await self._lists.named(seller_id, name)) not in {None, list_id}:
            problems["name"] = gettext(NAME_TAKEN)
        if terms.currency not in CURRENCIES:
            problems["currency"] = gettext(NO_CURRENCY)
        if abs(terms.priority) > MOST_PRIORITY:
            problems["priority"] = gettext(WRONG_PRIORITY).format(most=MOST_PRIORITY)
        if terms.valid_from is not None and terms.valid_to is not None and terms.valid_to <= terms.valid_from:
            problems["valid_to"] = gettext(ENDS_BEFORE)
        if problems:
            raise InvalidInputError(problems)
        if terms.account_id is not None:
            await self._channels.account(terms.account_id)

    async def _tell(
        self, seller_id: UUID, list_id: UUID, name: str, what: str, changes: dict[str, list[Any]] | None = None
    ) -> None:
        event = PriceListChanged(seller_id=seller_id, subject_id=list_id, name=name, what=what, changes=changes or {})
        await outbox.record(self._session, event)


def standing(found: ListRow) -> str:
    """Return whether a list counts: ``off``, ``coming``, ``over`` or ``on``."""
    at = now()
    if not found.active:
        return "off"
    if found.valid_from is not None and found.valid_from > at:
        return "coming"
    return "over" if found.valid_to is not None and found.valid_to <= at else "on"


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else str(value) if isinstance(value, UUID) else value
