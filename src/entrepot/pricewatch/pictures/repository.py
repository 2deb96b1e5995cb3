"""Every statement about pictures."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.kit.sql import text


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A watched product whose picture is to be fetched."""

    watched_product_id: UUID
    seller_id: UUID
    url: str
    tries: int
    interval_ms: int
    """Between two requests to the store."""
    locale: str


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A picture that is there."""

    media_type: str
    bytes: int
    sha256: str
    storage_key: str


class PictureRepository:
    """Pictures in the running transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def wanted(self, present: datetime, *, limit: int) -> list[Wanted]:
        """Return products whose pages name a picture that was not fetched, or did not come; the newest first."""
        found = await self._session.execute(
            text(
                """
                SELECT p.id AS watched_product_id, p.seller_id, p.image_url AS url,
                    CASE WHEN i.url = p.image_url THEN i.tries ELSE 0 END AS tries, s.interval_ms, s.locale
                FROM watched_product p
                LEFT JOIN watched_picture i ON i.watched_product_id = p.id
                CROSS JOIN LATERAL (
                    SELECT s.interval_ms, s.locale FROM price_listing l JOIN price_store s ON s.id = l.store_id
                    WHERE l.watched_product_id = p.id ORDER BY l.image_url <> p.image_url, l.id LIMIT 1
                ) s
                WHERE p.image_url ~ '^https?://'
                    AND (i.watched_product_id IS NULL OR i.url <> p.image_url OR i.next_try_at <= :present)
                ORDER BY p.id DESC LIMIT :limit
                """
            ),
            {"present": present, "limit": limit},
        )
        return [Wanted(**row) for row in found.mappings()]

    async def store(self, row: Mapping[str, Any]) -> bool:
        """Keep what came of asking for a picture; false: its product is not watched any more."""
        found = await self._session.execute(
            text(
                """
                INSERT INTO watched_picture (watched_product_id, seller_id, url, media_type, bytes, sha256, storage_key,
                    tries, asked_at, next_try_at)
                SELECT p.id, p.seller_id, :url, :media_type, :bytes, :sha256, :storage_key, :tries, :asked_at,
                    CAST(:next_try_at AS timestamptz)
                FROM watched_product p WHERE p.id = :id FOR KEY SHARE
                ON CONFLICT (watched_product_id) DO UPDATE SET url = excluded.url, media_type = excluded.media_type,
                    bytes = excluded.bytes, sha256 = excluded.sha256, storage_key = excluded.storage_key,
                    tries = excluded.tries, asked_at = excluded.asked_at, next_try_at = excluded.next_try_at
                RETURNING watched_product_id
                """
            ),
            row,
        )
        return found.scalar_one_or_none() is not None

    async def kept(self, watched_product_id: UUID) -> Kept | None:
        """Return a product's picture; None: none is kept."""
        found = await self._session.execute(
            text(
                "SELECT media_type, bytes, sha256, storage_key FROM watched_picture"
                " WHERE watched_product_id = :id AND storage_key <> ''"
            ),
            {"id": watched_product_id},
        )
        row = found.mappings().one_or_none()
        return None if row is None else Kept(**row)
