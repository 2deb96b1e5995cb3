"""Fetch pages of web shops.  One :class:`Fetcher` per process or job."""

import asyncio
from typing import Self, assert_never

from entrepot.kit.call_log import CallLog
from entrepot.kit.database import Database
from entrepot.kit.http import OutsideHttp
from entrepot.kit.settings import Settings
from entrepot.pricewatch.fetching.browser import Browser
from entrepot.pricewatch.fetching.contract import Fetched, FetchMode, FetchPlan
from entrepot.pricewatch.fetching.direct import Direct
from entrepot.pricewatch.fetching.hosts import Hosts
from entrepot.pricewatch.fetching.leases import LocalLeases
from entrepot.pricewatch.fetching.repository import DatabaseLeases
from entrepot.pricewatch.fetching.scraper import Scraper

__all__ = ["FetchMode", "FetchPlan", "Fetched", "Fetcher"]

MB = 1_000_000


class Fetcher:
    """Fetches pages within the limits of each host, which all processes of the instance share.

    ``async with Fetcher.of(database, settings) as fetcher: await fetcher.fetch(plan)``; ask for many pages at once, it
    lets each wait for its turn.
    """

    def __init__(self, outside: OutsideHttp, hosts: Hosts, settings: Settings) -> None:
        self._outside = outside
        self._hosts = hosts
        self._handing_out = asyncio.Lock()
        largest = settings.fetch_largest_mb
        self._direct = Direct(outside, hosts, user_agent=settings.fetch_user_agent, largest_mb=largest)
        self._browser = Browser(
            hosts,
            allowed=settings.outside_allow,
            path=settings.browser_path,
            pages=settings.browser_pages,
            largest_mb=largest,
            calls=outside.calls,
        )
        service = settings.scraper_url.get_secret_value() if settings.scraper_url else ""
        self._scraper = Scraper(outside, hosts, allowed=settings.outside_allow, address=service, largest_mb=largest)

    @classmethod
    def of(cls, database: Database | None, settings: Settings) -> Self:
        """Return the fetcher of a process; without a database nothing is recorded and limits are its own."""
        outside = OutsideHttp(
            CallLog(database) if database is not None else None,
            settings.outside_allow,
            largest=settings.fetch_largest_mb * MB,
            many_hosts=True,
        )
        return cls(outside, Hosts(DatabaseLeases(database) if database is not None else LocalLeases()), settings)

    async def fetch(self, plan: FetchPlan) -> Fetched:
        """Fetch one page.

        Raises:
            FetchRefusedError: trying again brings the same.
            FetchAwayError: later it may work; ``retry_after`` says when, if the store did.
        """
        match plan.mode:
            case FetchMode.HTTP:
                fetched = await self._direct.fetch(plan)
            case FetchMode.BROWSER:
                fetched = await self._browser.fetch(plan)
            case FetchMode.SERVICE:
                fetched = await self._scraper.fetch(plan)
            case _:
                assert_never(plan.mode)
        # Whoever gets a page reads it at once, for tens of milliseconds.  One by one, so that others are heard between:
        # many in a row would hold up requests on their way, and the leases of their hosts.
        with self._direct.room.waiting():
            async with self._handing_out:
                await asyncio.sleep(0)
        return fetched

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close connections and the browser, give hosts back, and write the calls that are not written yet."""
        await self._browser.aclose()
        await self._hosts.aclose()
        await self._outside.aclose()
