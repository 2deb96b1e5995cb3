"""Fetch pages of web shops.  One :class:`Fetcher` per process or job."""

from typing import Self

from entrepot.kit.database import Database
from entrepot.kit.settings import Settings
from entrepot.pricewatch.fetching.contract import Fetched, FetchMode, FetchPlan

__all__ = ["FetchMode", "FetchPlan", "Fetched", "Fetcher"]


class Fetcher:
    """Fetches pages within the limits of each host, which all processes of the instance share.

    ``async with Fetcher.of(database, settings) as fetcher: await fetcher.fetch(plan)``; ask for many pages at once, it
    lets each wait for its turn.
    """

    @classmethod
    def of(cls, database: Database | None, settings: Settings) -> Self:
        """Return the fetcher of a process; without a database nothing is recorded and limits are its own."""
        del database, settings
        return cls()

    async def fetch(self, plan: FetchPlan) -> Fetched:
        """Fetch one page.

        Raises:
            FetchRefusedError: trying again brings the same.
            FetchAwayError: later it may work; ``retry_after`` says when, if the store did.
        """
        raise NotImplementedError(plan)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close connections and the browser, and write the calls that are not written yet."""
