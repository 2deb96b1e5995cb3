"""The audit log: who did what, when, from the event log."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.response import Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access import views
from entrepot.access.guards import needs
from entrepot.access.principal import Principal
from entrepot.access.rights import Right

PAGE = 50
SLICES = ("access", "catalog", "channels", "erp", "fulfilment", "inventory", "jobs", "offers", "orders")


class AuditController(Controller):
    """The audit log, of the sellers one looks at."""

    path = "/audit"
    include_in_schema = False
    opt = needs(Right.AUDIT_READ)

    @get()
    async def show(
        self,
        principal: NamedDependency[Principal],
        session: NamedDependency[AsyncSession],
        q: str = "",
        topic: str = "",
        seller: str = "",
        since: str = "",
        until: str = "",
        cursor: int | None = None,
    ) -> Template:
        """List events, the latest first."""
        zone = ZoneInfo(principal.time_zone)
        end = _day(until, zone)
        found = await views.audit(
            session,
            shared=Right.AUDIT_READ in principal.instance_rights,
            seller_id=_uuid(seller),
            actor=q,
            topic=topic,
            since=_day(since, zone),
            until=end + timedelta(days=1) if end else None,
            before=cursor,
            limit=PAGE + 1,
        )
        rows = found[:PAGE]
        query = {"q": q, "topic": topic, "seller": seller, "since": since, "until": until}
        query = {name: value for name, value in query.items() if value}
        more = urlencode({**query, "cursor": rows[-1].id}) if len(found) > PAGE else None
        context = {
            "rows": rows,
            "query": query,
            "q": q,
            "topic": topic,
            "seller": seller,
            "since": since,
            "until": until,
            "topics": SLICES,
            "sellers": principal.sellers,
            "names": {known.id: known.name for known in principal.sellers},
            "next": f"/audit?{more}" if more else None,
        }
        return Template("access/audit.html", context=context)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _day(text: str, zone: ZoneInfo) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=zone).astimezone(UTC)
    except ValueError:
        return None


ROUTES = [AuditController]
