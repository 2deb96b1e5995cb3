"""Watched products with listings, and what happens to them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.principal import SellerRef
from entrepot.kit.ids import new_id
from entrepot.kit.outbox import RecordedEvent

START = datetime(2026, 11, 1, 9, tzinfo=UTC)


class Watched:
    """One product of a seller, in two stores."""

    def __init__(self, seller: SellerRef) -> None:
        self.seller = seller
        self.product_id = new_id()
        self.stores = [new_id(), new_id()]
        self.listings = [new_id(), new_id()]
        self._said: dict[int, dict[str, Any]] = {}
        self._number = 0

    async def store(self, session: AsyncSession, *, title: str = "Blue mug", group_id: UUID | None = None) -> None:
        await session.execute(
            text(
                "INSERT INTO watched_product (id, seller_id, title, group_id, created_by)"
                " VALUES (:id, :seller, :title, :group, 'Tess')"
            ),
            {"id": self.product_id, "seller": self.seller.id, "title": title, "group": group_id},
        )
        for at, name in enumerate(["Alpha", "Beta"]):
            await session.execute(
                text("INSERT INTO price_store (id, seller_id, name) VALUES (:id, :seller, :name)"),
                {"id": self.stores[at], "seller": self.seller.id, "name": name},
            )
            await session.execute(
                text(
                    "INSERT INTO price_listing (id, seller_id, watched_product_id, store_id, url, next_check_at, created_at)"
                    " VALUES (:id, :seller, :product, :store, :url, now(), :at)"
                ),
                {
                    "id": self.listings[at],
                    "seller": self.seller.id,
                    "product": self.product_id,
                    "store": self.stores[at],
                    "url": f"https://{name.lower()}.example/{self.product_id}",
                    "at": START,
                },
            )

    async def observe(
        self, session: AsyncSession, hour: float, price: str, *, listing: int = 0, stock: str = "in_stock"
    ) -> None:
        """Write an observation, and what the listing says with it."""
        row = {
            "id": new_id(),
            "seller": self.seller.id,
            "listing": self.listings[listing],
            "at": START + timedelta(hours=hour),
            "price": Decimal(price),
            "stock": stock,
        }
        await session.execute(
            text(
                "INSERT INTO price_observation"
                " (id, seller_id, listing_id, observed_at, price, currency, availability, unit_price, reason)"
                " VALUES (:id, :seller, :listing, :at, :price, 'EUR', :stock, :price, 'changed')"
            ),
            row,
        )
        await session.execute(
            text(
                "UPDATE price_listing SET price = :price, unit_price = :price, currency = 'EUR', availability = :stock,"
                " changed_at = :at, observed_at = :at, checked_at = :at WHERE id = :listing"
            ),
            {name: row[name] for name in ("price", "stock", "at", "listing")},
        )
        self._said[listing] = {"price": price, "unit_price": price, "currency": "EUR", "availability": stock}

    def priced(
        self, hour: float, price: str | None, *, listing: int = 0, stock: str = "in_stock", currency: str = "EUR"
    ) -> RecordedEvent:
        """Return the event that a listing says something else."""
        before = self._said.get(listing)
        now = {"price": price, "unit_price": price, "currency": currency if price else "", "availability": stock}
        self._said[listing] = now
        payload = {f"before_{name}": value for name, value in (before or {}).items()}
        return self._event("pricewatch.price_observed", hour, listing, now | payload | {"first": before is None})

    def failed(self, hour: float, *, listing: int = 0) -> RecordedEvent:
        return self._event("pricewatch.check_failed", hour, listing, {"problem": "HTTP 500"})

    def recovered(self, hour: float, *, listing: int = 0) -> RecordedEvent:
        return self._event("pricewatch.check_recovered", hour, listing, {})

    def _event(self, topic: str, hour: float, listing: int, payload: dict[str, Any]) -> RecordedEvent:
        self._number += 1
        common = {"listing_id": str(self.listings[listing]), "store": "Alpha", "title": "Blue mug"}
        return RecordedEvent(
            id=self._number,
            seller_id=self.seller.id,
            topic=topic,
            subject_kind="watched_product",
            subject_id=self.product_id,
            payload=common | payload,
            actor_kind="job",
            actor_id="",
            actor_name="",
            request_id="",
            recorded_at=START + timedelta(hours=hour),
        )


@pytest.fixture
def watch(seller: SellerRef) -> Callable[[], Watched]:
    return lambda: Watched(seller)
