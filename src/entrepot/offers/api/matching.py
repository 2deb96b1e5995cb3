"""REST API v1 of offers without a product."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Controller, get, post
from litestar.params import JSONBody, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.rights import Right
from entrepot.offers import views
from entrepot.offers.errors import BadCursorError
from entrepot.offers.service import OfferService

type Limit = Annotated[int, QueryParameter(ge=1, le=200)]
type Ids = Annotated[list[UUID], msgspec.Meta(min_length=1, max_length=1000)]


class UnmatchedOut(msgspec.Struct, kw_only=True):
    """An offer without a product, as the channel describes it."""

    id: UUID
    account_id: UUID
    channel_offer_id: str
    sku: str
    gtin: str
    title: str
    suggested_product_id: UUID | None
    suggested_sku: str | None
    suggested_by: str
    """What speaks for the suggestion: ``sku``, ``gtin``, ``title``; empty or ``none`` without one."""


class UnmatchedList(msgspec.Struct):
    """A page of offers without a product."""

    items: list[UnmatchedOut]
    next: str | None


class LinkOffers(msgspec.Struct, forbid_unknown_fields=True):
    """These offers are all one product; other offers of the same names follow by themselves."""

    offer_ids: Ids
    product_id: UUID


class PickOffers(msgspec.Struct, forbid_unknown_fields=True):
    """Some offers."""

    offer_ids: Ids


class IgnoreOffers(msgspec.Struct, forbid_unknown_fields=True):
    """Leave these offers alone, or look at them again."""

    offer_ids: Ids
    ignored: bool = True


class Changed(msgspec.Struct):
    """How many offers were changed."""

    changed: int


class MatchingApi(Controller):
    """Finding the products of offers."""

    path = "/api/v1/offer-matching"
    tags = ("offers",)

    @get(operation_id="listUnmatchedOffers", summary="List offers without product", opt=needs(Right.OFFERS_READ))
    async def show_list(
        self,
        session: AsyncSession,
        account_id: UUID | None = None,
        ignored: bool = False,  # noqa: FBT001, FBT002 -- a query parameter
        q: str = "",
        cursor: str | None = None,
        limit: Limit = 50,
    ) -> UnmatchedList:
        """List offers without a product, with what they may be, the newest first."""
        try:
            before = UUID(cursor) if cursor else None
        except ValueError:
            raise BadCursorError(cursor=(cursor or "")[:80]) from None
        rows = await views.to_match(
            session,
            account_id=account_id,
            ignored=ignored,
            query=q.replace("\0", ""),
            before=before,
            limit=limit + 1,
        )
        following = str(rows[limit - 1].facts.id) if len(rows) > limit else None
        return UnmatchedList([_out(row) for row in rows[:limit]], following)

    @post("/link", operation_id="linkOffers", summary="Link offers", opt=needs(Right.OFFERS_MANAGE), status_code=200)
    async def link(self, session: AsyncSession, data: JSONBody[LinkOffers]) -> Changed:
        """Say which product some offers are."""
        return Changed(await OfferService(session).link_many(data.offer_ids, data.product_id))

    @post(
        "/accept",
        operation_id="acceptSuggestions",
        summary="Take suggestions",
        opt=needs(Right.OFFERS_MANAGE),
        status_code=200,
    )
    async def accept(self, session: AsyncSession, data: JSONBody[PickOffers]) -> Changed:
        """Take the suggested product of each of these offers that has one."""
        return Changed(await OfferService(session).accept(data.offer_ids))

    @post(
        "/ignore", operation_id="ignoreOffers", summary="Ignore offers", opt=needs(Right.OFFERS_MANAGE), status_code=200
    )
    async def ignore(self, session: AsyncSession, data: JSONBody[IgnoreOffers]) -> Changed:
        """Leave offers without a product alone, or look at them again."""
        return Changed(await OfferService(session).ignore(data.offer_ids, ignored=data.ignored))


def _out(row: views.Unmatched) -> UnmatchedOut:
    facts = row.facts
    return UnmatchedOut(
        id=facts.id,
        account_id=facts.account_id,
        channel_offer_id=facts.channel_offer_id,
        sku=facts.sku,
        gtin=facts.gtin,
        title=facts.title,
        suggested_product_id=facts.suggested_product_id,
        suggested_sku=row.suggestion.sku if row.suggestion else None,
        suggested_by=facts.suggested_by,
    )
