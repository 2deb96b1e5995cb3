"""Fetching pictures, outside of every transaction, and finding the one of a product."""

import asyncio
import hashlib
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.jobs.run import Run
from entrepot.kit.clock import now
from entrepot.kit.errors import EntrepotError
from entrepot.kit.scope import Scope
from entrepot.kit.storage import Storage
from entrepot.pricewatch.fetching.errors import FetchRefusedError
from entrepot.pricewatch.fetching.service import Fetcher, FetchPlan
from entrepot.pricewatch.pictures.domain import LARGEST, MOST_TRIES, again, kind_of
from entrepot.pricewatch.pictures.errors import NoPictureError
from entrepot.pricewatch.pictures.repository import Kept, PictureRepository, Wanted

AT_ONCE = 8
BATCH = 100
PATIENCE = 20
"""Seconds a picture waits for its host: pages come first, and pictures come again."""


async def picture_of(session: AsyncSession, watched_product_id: UUID) -> Kept:
    """Return the picture of a watched product.

    Raises:
        NoPictureError: none is kept, or the product is not the caller's.
    """
    found = await PictureRepository(session).kept(watched_product_id)
    if found is None:
        raise NoPictureError
    return found


async def fetch_wanted(run: Run, fetcher: Fetcher, storage: Storage) -> dict[str, int]:
    """Fetch pictures that pages name and nobody fetched yet, a hundred at most; return how many came, and did not.

    No cookie of a store is sent, and nothing is asked for twice: what is kept is kept as long as its product is watched.
    """
    async with run.transaction(Scope.all_sellers()) as session:
        wanted = await PictureRepository(session).wanted(now(), limit=BATCH)
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(each: Wanted) -> bool:
        async with gate:
            return await _fetch(run, fetcher, storage, each)

    came = await asyncio.gather(*(one(each) for each in wanted))
    return {"came": sum(came), "missing": len(came) - sum(came)}


async def _fetch(run: Run, fetcher: Fetcher, storage: Storage, wanted: Wanted) -> bool:
    plan = FetchPlan(
        url=wanted.url,
        seller_id=wanted.seller_id,
        locale=wanted.locale,
        interval_ms=wanted.interval_ms,
        patience=PATIENCE,
        why="picture of a watched product",
        run_id=run.id,
        picture=True,
    )
    content, tries = b"", wanted.tries + 1
    try:
        content = (await fetcher.fetch(plan)).body
    except FetchRefusedError:
        tries = MOST_TRIES  # it would be refused again
    except EntrepotError:
        pass
    at, kind, key = now(), "", ""
    if content and len(content) <= LARGEST:
        kind = kind_of(content)
    if kind:
        key = f"pictures/{wanted.seller_id}/{wanted.watched_product_id}"
        await storage.put(key, content)
    elif content:
        tries = MOST_TRIES
    wait = None if kind else again(tries)
    async with run.transaction(Scope.all_sellers()) as session:
        stored = await PictureRepository(session).store(
            {
                "id": wanted.watched_product_id,
                "url": wanted.url,
                "media_type": kind,
                "bytes": len(content) if kind else 0,
                "sha256": hashlib.sha256(content).hexdigest() if kind else "",
                "storage_key": key,
                "tries": 0 if kind else tries,
                "asked_at": at,
                "next_try_at": at + wait if wait is not None else None,
            }
        )
    if not stored and key:
        await storage.remove(key)
    return stored and bool(kind)
