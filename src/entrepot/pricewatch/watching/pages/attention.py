"""Listings that a person should look at."""

from typing import Any

from litestar import Controller, Request, get
from litestar.response import Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.rights import Right
from entrepot.pricewatch.watching import views
from entrepot.pricewatch.watching.pages.reading import uuid_of
from entrepot.pricewatch.watching.wording import attention, availability

ROWS = 50


class AttentionPages(Controller):
    """What needs attention."""

    path = "/prices/attention"
    opt = needs(Right.PRICEWATCH_READ)
    include_in_schema = False

    @get()
    async def index(self, request: Request[Any, Any, Any], session: AsyncSession) -> Template:
        """List what could not be fetched or read, or is not believed."""
        after = uuid_of(request.query_params.get("cursor", ""))
        rows = await views.attention_rows(session, after=after, limit=ROWS + 1)
        following = f"/prices/attention?cursor={rows[ROWS - 1].listing.id}" if len(rows) > ROWS else None
        return Template(
            "pricewatch/watching/attention.html",
            context={
                "rows": rows[:ROWS],
                "waiting": await views.waiting_rows(session),
                "first": "/prices/attention" if after else None,
                "following": following,
                "total": await views.attention_count(session),
                "attention": attention,
                "availability": availability,
            },
        )
