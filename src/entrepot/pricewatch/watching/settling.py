"""What a person decides about one listing: how often it is checked, what is fixed of it, which answer is right."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from entrepot.jobs import service as jobs
from entrepot.kit import outbox
from entrepot.kit.clock import now, time_zones
from entrepot.kit.errors import InvalidInputError
from entrepot.kit.i18n import gettext
from entrepot.kit.text import N_
from entrepot.pricewatch.extracting.contract import Availability, Field
from entrepot.pricewatch.extracting.service import parse_selector
from entrepot.pricewatch.watching.adding import Adding
from entrepot.pricewatch.watching.addresses import domain_of, normalise
from entrepot.pricewatch.watching.domain import LARGEST_PACK, Pin, Window
from entrepot.pricewatch.watching.errors import (
    ChangedMeanwhileError,
    ListingNotFoundError,
    WatchedAlreadyError,
    WatchedProductNotFoundError,
)
from entrepot.pricewatch.watching.events import ListingChanged, ListingRemoved
from entrepot.pricewatch.watching.refs import ListingRef
from entrepot.pricewatch.watching.tasks import CheckDue

MOST_PINS = 20
LONGEST_CHECK = 60 * 24 * 30


class Settling(Adding):
    """The part of :class:`entrepot.pricewatch.watching.service.WatchService` that steers listings."""

    async def change_listing(
        self,
        listing_id: UUID,
        *,
        url: str,
        pack: int = 1,
        check_minutes: int | None = None,
        window: Window | None = None,
        version: int | None = None,
    ) -> None:
        """Change how a page is watched.

        Args:
            listing_id: which.
            url: where the page is now; its history stays.
            pack: units that one piece there holds.
            check_minutes: between two checks; None: as the store says.
            window: weekdays and hours in which it is checked; None: always.
            version: refuse unless it is the present one.

        Raises:
            InvalidInputError: a number makes no sense.
            AddressUnusableError: *url* is not the address of a page.
            WatchedAlreadyError: that page is watched as another listing.
            ChangedMeanwhileError: *version* is not the present one.
        """
        before = await self._lock_listing(listing_id, version)
        problems = _problems(pack, check_minutes, window)
        if problems:
            raise InvalidInputError(problems)
        values: dict[str, Any] = {
            "pack": pack,
            "check_minutes": check_minutes,
            "window": None if window is None else msgspec.to_builtins(window),
            "next_check_at": now(),
        }
        changes: dict[str, list[Any]] = {"pack": [before.pack, pack]} if pack != before.pack else {}
        if pack != before.pack:  # the next check reads all of the page, and tells what a unit costs now
            values |= {"etag": "", "last_modified": ""}
        address = normalise(url)
        if address != before.url:
            under = await self._watch.watched_under(before.seller_id, [address])
            if address in under:
                raise WatchedAlreadyError(product=under[address][1])
            stores = await self.stores_for(before.seller_id, {domain_of(address): ("", "")})
            values |= {"url": address, "store_id": stores[domain_of(address)], "etag": "", "last_modified": ""}
            values |= {"gone_count": 0, "discontinued_at": None, "price_where": ""}
            changes["url"] = [before.url, address]
        await self._watch.change_listing(listing_id, values)
        await self._tell(before, changes or {"check_minutes": ["", check_minutes]})
        await jobs.enqueue(self._session, CheckDue(), key="due", again=True)

    async def pin(self, listing_id: UUID, pins: Sequence[Pin], *, version: int | None = None) -> None:
        """Fix for one page where a field stands, or its value where the page cannot be read.

        Raises:
            InvalidInputError: a value that the field cannot have.
            ChangedMeanwhileError: *version* is not the present one.
        """
        before = await self._lock_listing(listing_id, version)
        for one in pins:
            if one.field is Field.AVAILABILITY and one.value and one.value not in set(Availability):
                raise InvalidInputError({"availability": gettext(N_("Choose one of the availabilities."))})
        if len(pins) > MOST_PINS:
            raise InvalidInputError({"pins": gettext(N_("Fix at most 20 fields."))})
        plain: list[dict[str, Any]] = [msgspec.to_builtins(one) for one in pins]
        values = {"pins": plain, "next_check_at": now(), "etag": "", "last_modified": ""}
        await self._watch.change_listing(listing_id, values)
        await self._tell(before, {"pins": ["", [str(one["field"]) for one in plain]]})
        await jobs.enqueue(self._session, CheckDue(), key="due", again=True)

    async def accept(self, listing_id: UUID) -> None:
        """Believe what the page says from now on, also in another currency: what was known is compared no more."""
        before = await self._lock_listing(listing_id)
        values = {
            "price": None,
            "currency": "",
            "unit_price": None,
            "shipping": None,
            "price_where": "",
            "doubt": None,
            "failures": 0,
            "next_check_at": now(),
            "etag": "",
            "last_modified": "",
        }
        await self._watch.change_listing(listing_id, values)
        await self._tell(before, {"accepted": [str(before.price), "next"]})
        await jobs.enqueue(self._session, CheckDue(), key="due", again=True)

    async def pause(self, listing_id: UUID, *, paused: bool) -> None:
        """Check a page no more, or again."""
        before = await self._lock_listing(listing_id)
        if before.paused != paused:
            values: dict[str, Any] = {"paused": paused}
            if not paused:
                values |= {"next_check_at": now(), "discontinued_at": None, "gone_count": 0}
                values |= {"etag": "", "last_modified": ""} if before.discontinued_at is not None else {}
            await self._watch.change_listing(listing_id, values)
            await self._tell(before, {"paused": [before.paused, paused]})

    async def check_now(self, listing_ids: Sequence[UUID]) -> int:
        """Check pages as soon as a worker is free; return how many."""
        count = await self._watch.check_soon(listing_ids, now())
        if count:
            await jobs.enqueue(self._session, CheckDue(), key="due", again=True)
        return count

    async def move_listing(self, listing_id: UUID, watched_product_id: UUID) -> None:
        """Make a listing one of another product: two pages turned out to sell the same, or not."""
        before = await self._lock_listing(listing_id)
        if watched_product_id not in await self._watch.products([watched_product_id]):
            raise WatchedProductNotFoundError(product=watched_product_id)
        await self._watch.change_listing(listing_id, {"watched_product_id": watched_product_id})
        await self._tell(before, {"watched_product_id": [str(before.watched_product_id), str(watched_product_id)]})

    async def remove_listing(self, listing_id: UUID) -> None:
        """Stop watching a page; its history goes with it."""
        before = await self._lock_listing(listing_id)
        await self._watch.remove_listing(listing_id)
        await outbox.record(
            self._session,
            ListingRemoved(
                seller_id=before.seller_id,
                subject_id=before.watched_product_id,
                listing_id=before.id,
                store=before.store,
                url=before.url,
            ),
        )

    async def _lock_listing(self, listing_id: UUID, version: int | None = None) -> ListingRef:
        found = await self._watch.lock_listing(listing_id)
        if found is None:
            raise ListingNotFoundError(listing=listing_id)
        if version is not None and version != found.version:
            raise ChangedMeanwhileError(name=found.url)
        return found

    async def _tell(self, before: ListingRef, changes: dict[str, list[Any]]) -> None:
        await outbox.record(
            self._session,
            ListingChanged(
                seller_id=before.seller_id,
                subject_id=before.watched_product_id,
                listing_id=before.id,
                store=before.store,
                changes=changes,
            ),
        )


def _problems(pack: int, check_minutes: int | None, window: Window | None) -> dict[str, str]:
    problems: dict[str, str] = {}
    if not 1 <= pack <= LARGEST_PACK:
        problems["pack"] = gettext(N_("Enter a whole number of units from 1 to 100,000."))
    if check_minutes is not None and not 1 <= check_minutes <= LONGEST_CHECK:
        problems["check_minutes"] = gettext(N_("Enter minutes from 1 to 43,200 (30 days), or nothing."))
    if window is not None and not _makes_sense(window):
        problems["window"] = gettext(N_("Choose weekdays, and hours such as 08:00 and 20:00."))
    return problems


def _makes_sense(window: Window) -> bool:
    if window.time_zone not in time_zones():
        return False
    try:
        for clock in (window.begin, window.end):
            datetime.strptime("23:59" if clock == "24:00" else clock, "%H:%M")  # noqa: DTZ007 -- a time of day
    except ValueError:
        return False
    return bool(window.days) and set(window.days) <= set(range(7))


def read_pins(written: str, availability: str = "") -> list[Pin]:
    """Return what is fixed: selectors, one a line, and an availability.

    Raises:
        SelectorBrokenError: a line is no selector.
    """
    selectors = [parse_selector(line.strip()) for line in written.splitlines() if line.strip()]
    pins = [Pin(one.field, str(one.kind), one.expression, one.attribute) for one in selectors]
    return [*pins, Pin(Field.AVAILABILITY, value=availability)] if availability else pins
