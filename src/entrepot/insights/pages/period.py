"""Which days and which building a report is asked for."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.principal import Principal
from entrepot.fulfilment.boards.days import Days, read_days, today
from entrepot.fulfilment.boards.errors import BadDaysError, SiteNotFoundError
from entrepot.fulfilment.boards.sites import Site, site_called, sites
from entrepot.kit.errors import EntrepotError


class Period(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for."""

    days: Days
    site: Site | None
    sites: list[Site]
    error: EntrepotError | None = None

    @property
    def site_id(self) -> UUID | None:
        return self.site.id if self.site else None

    @property
    def query(self) -> dict[str, str]:
        """The same period as parameters of an address."""
        chosen = {"first": self.days.first.isoformat(), "last": self.days.last.isoformat()}
        return chosen | ({"warehouse": str(self.site.id)} if self.site else {})


async def read_period(request: Request[Any, Any, Any], session: AsyncSession, principal: Principal) -> Period:
    """Return the period of a page; one that cannot be read is today, with the error to show."""
    given = request.query_params
    known = await sites(session)
    error: EntrepotError | None = None
    site: Site | None = None
    try:
        site = site_called(known, as_id(given, "warehouse"))
    except SiteNotFoundError as wrong:
        error = wrong
    zone = zone_of(site, known, principal)
    try:
        days = read_days(given.get("first", ""), given.get("last", ""), zone)
    except BadDaysError as wrong:
        days, error = today(zone), wrong
    return Period(days=days, site=site, sites=known, error=error)


def zone_of(site: Site | None, known: list[Site], principal: Principal) -> str:
    """Return whose midnight counts: the building's, the only building's, else the reader's own."""
    if site is not None:
        return site.time_zone
    return known[0].time_zone if len(known) == 1 else principal.time_zone


def as_id(given: Mapping[str, str], name: str) -> UUID | None:
    """Return a parameter as an id.

    Raises:
        SiteNotFoundError: it is none.
    """
    value = given.get(name, "")
    try:
        return UUID(value) if value else None
    except ValueError:
        raise SiteNotFoundError from None
