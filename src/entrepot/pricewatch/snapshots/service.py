"""Keep what was fetched, and replay kept pages."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.kit.storage import Storage
from entrepot.pricewatch.extracting.contract import Difference, Field, Page, Recipe
from entrepot.pricewatch.snapshots.contract import FetchEvidence, FetchRecord, KeptCase

__all__ = ["FetchEvidence", "FetchRecord", "KeptCase", "SnapshotService"]


class SnapshotService:
    """Evidence, pages and cases of the transaction's sellers."""

    def __init__(self, session: AsyncSession, storage: Storage) -> None:
        self._session = session
        self._storage = storage

    async def keep(self, record: FetchRecord) -> UUID | None:
        """Do as :meth:`keep_many` for one; return the kept page's id."""
        [snapshot_id] = await self.keep_many([record])
        return snapshot_id

    async def keep_many(self, records: Sequence[FetchRecord]) -> list[UUID | None]:
        """Write the evidence of fetches, and return for each the snapshot that shows its page."""
        raise NotImplementedError(records)

    async def page(self, snapshot_id: UUID) -> Page:
        """Return a kept page.

        Raises:
            SnapshotGoneError: it is not kept any more.
        """
        raise NotImplementedError(snapshot_id)

    async def fetches(self, listing_id: UUID, *, limit: int = 20) -> list[FetchEvidence]:
        """Return the latest fetches of a listing, the newest first."""
        raise NotImplementedError(listing_id, limit)

    async def cases(self, store_id: UUID) -> list[KeptCase]:
        """Return the store's cases, the newest first."""
        raise NotImplementedError(store_id)

    async def add_case(
        self, snapshot_id: UUID, *, truth: Mapping[Field, str], wrong: Mapping[Field, str], note: str = ""
    ) -> UUID:
        """Add a kept page to the corpus: what is right on it, or what is wrong; it is then kept for ever."""
        raise NotImplementedError(snapshot_id, truth, wrong, note)

    async def remove_case(self, case_id: UUID) -> None:
        """Take a case out of the corpus."""
        raise NotImplementedError(case_id)

    async def check(self, store_id: UUID, old: Recipe, new: Recipe) -> list[Difference]:
        """Replay the store's cases, and the last good page of its listings; return what *new* would change."""
        raise NotImplementedError(store_id, old, new)
