"""Keep what was fetched, and replay kept pages."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

import msgspec
import structlog
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.kit.clock import now
from entrepot.kit.database import context_of
from entrepot.kit.ids import new_id
from entrepot.kit.storage import Storage, StoredFileMissingError
from entrepot.pricewatch.extracting.contract import Availability, Case, Difference, Field, Page, Recipe, plain
from entrepot.pricewatch.extracting.service import read_price, replay
from entrepot.pricewatch.snapshots.contract import FetchEvidence, FetchRecord, KeptCase
from entrepot.pricewatch.snapshots.domain import answer_digest, pack, says_the_same, unpack
from entrepot.pricewatch.snapshots.errors import SnapshotGoneError, UnknownCaseError, WrongAnswerError
from entrepot.pricewatch.snapshots.repository import SnapshotRepository

__all__ = ["FetchEvidence", "FetchRecord", "KeptCase", "SnapshotService"]

AT_ONCE = 8
"""Pages that are packed and stored at the same moment."""
AMOUNTS = {Field.PRICE, Field.ORIGINAL_PRICE, Field.SHIPPING}

log = structlog.get_logger()


class SnapshotService:
    """Evidence, pages and cases of the transaction's sellers."""

    def __init__(self, session: AsyncSession, storage: Storage) -> None:
        self._session = session
        self._storage = storage
        self._rows = SnapshotRepository(session)

    async def keep(self, record: FetchRecord) -> UUID | None:
        """Do as :meth:`keep_many` for one; return the kept page's id."""
        [snapshot_id] = await self.keep_many([record])
        return snapshot_id

    async def keep_many(self, records: Sequence[FetchRecord]) -> list[UUID | None]:
        """Write the evidence of fetches, and return for each the snapshot that shows its page.

        A page is not kept again within a day while it says the same: the one kept before is evidence for it.  Of a fetch
        that brought nothing there is no page.
        """
        listings = [one.listing_id for one in records if one.listing_id is not None and one.body]
        latest = await self._rows.latest(listings) if listings else {}
        shown: list[UUID | None] = []
        fresh: list[tuple[UUID, FetchRecord, str]] = []
        again: dict[UUID, FetchRecord] = {}
        for record in records:
            answer = answer_digest(record.answers)
            before = latest.get(record.listing_id) if record.listing_id is not None else None
            if not record.body:
                shown.append(None)
            elif before is not None and says_the_same(before[1], answer=answer, good=record.good, at=record.at):
                shown.append(before[0])
                again[before[0]] = record
            else:
                fresh.append((new_id(), record, answer))
                shown.append(fresh[-1][0])
        rows = await self._store(fresh)
        await self._rows.add(
            rows, [_fetch(record, snapshot_id) for record, snapshot_id in zip(records, shown, strict=True)]
        )
        await self._rows.seen(list(again), [record.at for record in again.values()])
        return shown

    async def page(self, snapshot_id: UUID) -> Page:
        """Return a kept page.

        Raises:
            SnapshotGoneError: it is not kept any more.
        """
        row = await self._rows.snapshot(snapshot_id)
        if row is None:
            raise SnapshotGoneError
        try:
            return await self._read(row)
        except StoredFileMissingError as error:
            raise SnapshotGoneError from error

    async def fetches(self, listing_id: UUID, *, limit: int = 20) -> list[FetchEvidence]:
        """Return the latest fetches of a listing, the newest first."""
        return [msgspec.convert(dict(row), FetchEvidence) for row in await self._rows.fetches(listing_id, limit)]

    async def cases(self, store_id: UUID) -> list[KeptCase]:
        """Return the store's cases, the newest first."""
        return [_case(row) for row in await self._rows.cases(store_id)]

    async def add_case(
        self, snapshot_id: UUID, *, truth: Mapping[Field, str], wrong: Mapping[Field, str], note: str = ""
    ) -> UUID:
        """Add a kept page to the corpus: what is right on it, or what is wrong; it is then kept for ever.

        Raises:
            SnapshotGoneError: it is not kept any more.
            WrongAnswerError: no page says such a thing in that field.
        """
        row = await self._rows.snapshot(snapshot_id)
        if row is None:
            raise SnapshotGoneError
        return await self._rows.add_case(
            {
                "id": new_id(),
                "seller_id": row["seller_id"],
                "store_id": row["store_id"],
                "snapshot_id": snapshot_id,
                "truth": {str(field): canonical(field, text) for field, text in truth.items()},
                "wrong": {str(field): text for field, text in wrong.items()},
                "note": note.strip()[:1000],
                "by": context_of(self._session).actor.name,
                "at": now(),
            }
        )

    async def remove_case(self, case_id: UUID) -> None:
        """Take a case out of the corpus.

        Raises:
            UnknownCaseError: there is none.
        """
        if not await self._rows.remove_case(case_id):
            raise UnknownCaseError

    async def check(self, store_id: UUID, old: Recipe, new: Recipe) -> list[Difference]:
        """Replay the store's corpus; return what *new* would change."""
        return await asyncio.to_thread(replay, await self.corpus(store_id), old, new)

    async def corpus(self, store_id: UUID) -> list[Case]:
        """Return what changed selectors are tried on: the store's cases, and the last good page of its listings."""
        known = [(_case(row), page) for row, page in await self._with_pages(await self._rows.cases(store_id))]
        samples = await self._with_pages(await self._rows.samples(store_id))
        return [Case(str(kept.id), page, kept.truth, kept.wrong) for kept, page in known] + [
            Case(f"snapshot {row['id']}", page) for row, page in samples
        ]

    async def _store(self, fresh: Sequence[tuple[UUID, FetchRecord, str]]) -> list[dict[str, Any]]:
        """Put pages into storage; return their rows.

        The content comes first: if the transaction does not commit, content without a row is left behind, which nobody
        sees; a row without content would be worse.
        """
        room = asyncio.Semaphore(AT_ONCE)

        async def one(snapshot_id: UUID, record: FetchRecord, answer: str) -> dict[str, Any]:
            async with room:
                packed = record.packed or await asyncio.to_thread(pack, record.body)
                key = f"pages/{record.seller_id}/{snapshot_id}.gz"
                await self._storage.put(key, packed)
            return {
                "id": snapshot_id,
                "seller_id": record.seller_id,
                "store_id": record.store_id,
                "listing_id": record.listing_id,
                "url": _text(record.url),
                "fetched_at": record.at,
                "seen_at": record.at,
                "status": record.status,
                "content_type": _text(record.content_type),
                "answer_sha256": answer,
                "good": record.good,
                "bytes": len(record.body),
                "stored_bytes": len(packed),
                "storage_key": key,
            }

        return list(await asyncio.gather(*(one(*item) for item in fresh)))

    async def _read(self, row: RowMapping) -> Page:
        packed = b"".join([piece async for piece in self._storage.read(row["storage_key"])])
        return Page(row["url"], unpack(packed, row["bytes"]), row["content_type"])

    async def _with_pages(self, rows: Iterable[RowMapping]) -> list[tuple[RowMapping, Page]]:
        """Return each row with its page; those whose content is missing are left out."""
        found: list[tuple[RowMapping, Page]] = []
        for row in rows:
            try:
                found.append((row, await self._read(row)))
            except StoredFileMissingError:
                log.warning("kept_page_missing", key=row["storage_key"])
        return found


def canonical(field: Field, text: str) -> str:
    """Return an answer as extraction would give it; empty: the page does not say.

    Raises:
        WrongAnswerError: it cannot be one.
    """
    text = _text(text).strip()
    if not text:
        return ""
    if field in AMOUNTS:
        try:
            return plain(Decimal(text))
        except InvalidOperation:
            amount = read_price(text)
        if amount is None:
            raise WrongAnswerError(text=text[:60], field=str(field))
        return plain(amount.amount)
    if field is Field.AVAILABILITY and text not in set(Availability):
        raise WrongAnswerError(text=text[:60], field=str(field))
    if field is Field.PACK and not text.isdecimal():
        raise WrongAnswerError(text=text[:60], field=str(field))
    return text


def _fetch(record: FetchRecord, snapshot_id: UUID | None) -> dict[str, Any]:
    return {
        "id": record.id,
        "seller_id": record.seller_id,
        "store_id": record.store_id,
        "listing_id": record.listing_id,
        "url": _text(record.url),
        "at": record.at,
        "mode": str(record.mode),
        "status": record.status,
        "took_ms": record.took_ms,
        "size": len(record.body),
        "content_type": _text(record.content_type),
        "call_id": record.call_id,
        "problem": msgspec.to_builtins(record.problem),
        "answers": {str(field): _text(answer) for field, answer in record.answers.items()},
        "findings": [
            {
                "field": str(one.field),
                "text": _text(one.text),
                "strategy": _text(one.strategy),
                "where": _text(one.where),
            }
            for one in record.findings
        ],
        "good": record.good,
        "snapshot_id": snapshot_id,
    }


def _case(row: RowMapping) -> KeptCase:
    names = KeptCase.__struct_fields__
    return msgspec.convert({name: row[name] for name in names}, KeptCase)


def _text(given: str) -> str:
    """Return a text that a database takes."""
    return given.replace("\0", "").encode("utf-8", "replace").decode()
