"""REST API v1 of how prices stand: proposals, decisions, approvals, costs, the governor."""

from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, get, post, put
from litestar.params import FromPath, JSONBody, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.catalog.service import CatalogService
from entrepot.channels.service import ChannelService
from entrepot.kit.errors import InvalidInputError
from entrepot.kit.i18n import gettext
from entrepot.kit.text import N_
from entrepot.pricing import views
from entrepot.pricing.approving import Approving
from entrepot.pricing.costs import CostService
from entrepot.pricing.costs_repository import AMOUNTS, CostView
from entrepot.pricing.errors import BadCursorError, PricedOfferNotFoundError
from entrepot.pricing.governing import Allowed
from entrepot.pricing.governor import Governor
from entrepot.pricing.governor_repository import NUMBERS, FreezeRow
from entrepot.pricing.limits import LimitService
from entrepot.pricing.pages.reading import moment_cursor, moment_place
from entrepot.pricing.running import touch
from entrepot.pricing.views import ApprovalView, DecisionView, StandingView

type Limit = Annotated[int, QueryParameter(ge=1, le=200)]
type Ids = Annotated[list[UUID], msgspec.Meta(min_length=1, max_length=5000)]


class StandingList(msgspec.Struct):
    """A page of how pricing stands with offers."""

    items: list[StandingView]
    next: str | None


class DecisionList(msgspec.Struct):
    """A page of decisions, the newest first."""

    items: list[DecisionView]
    next: str | None


class WhyOut(msgspec.Struct):
    """Why a price is what it is."""

    decision: DecisionView
    derivation: dict[str, Any] | None


class ApprovalList(msgspec.Struct):
    """Changes that wait, or waited, for a second person."""

    items: list[ApprovalView]
    next: str | None


class ApplyIn(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Apply these proposals; without ids: all of them."""

    offer_ids: Ids | None = None


class LookIn(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Look at the prices of these offers soon."""

    offer_ids: Ids


class Outcomes(msgspec.Struct):
    """How often each outcome came."""

    outcomes: dict[str, int]


class CostIn(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What something costs; without a product: the default."""

    product_id: UUID | None = None
    account_id: UUID | None = None
    currency: str = "EUR"
    values: dict[str, Decimal | None]
    """``purchase``, ``landed``, ``shipping``, ``packaging``, ``vat_percent``, ``minimum_price``, ``margin``,
    ``margin_percent``, ``commission_fixed``, ``commission_percent``; those left out stay."""


class CostList(msgspec.Struct):
    """A page of costs."""

    items: list[CostView]
    next: str | None


class GovernorOut(msgspec.Struct):
    """What is allowed, and what is frozen."""

    allowed: Allowed
    freezes: list[FreezeRow]


class LimitsIn(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What is allowed; what is left out, or null, is as the next wider scope says."""

    account_id: UUID | None = None
    limits: dict[str, Decimal | None]


class PriceApi(Controller):
    """How prices stand."""

    path = "/api/v1/pricing"
    tags = ("pricing",)
    opt = needs(Right.PRICING_READ)

    @get("/prices", operation_id="listPricedOffers", summary="List how pricing stands with offers")
    async def prices(
        self, session: AsyncSession, outcome: str = "", cursor: str | None = None, limit: Limit = 50
    ) -> StandingList:
        """List offers with what was decided last; ``outcome=proposed``: what waits to be applied."""
        rows = await views.standings(session, outcome=outcome.replace("\0", ""), after=_id(cursor), limit=limit + 1)
        return StandingList(rows[:limit], str(rows[limit - 1].offer_id) if len(rows) > limit else None)

    @post(
        "/prices/apply",
        operation_id="applyProposals",
        summary="Apply proposals",
        opt=needs(Right.PRICING_MANAGE),
        status_code=200,
    )
    async def apply(self, session: AsyncSession, data: JSONBody[ApplyIn]) -> Outcomes:
        """Apply proposed prices; the governor looks at them, too."""
        return Outcomes((await Approving(session).apply(data.offer_ids)).plain())

    @post(
        "/prices/look",
        operation_id="repriceOffers",
        summary="Look at prices now",
        opt=needs(Right.PRICING_MANAGE),
        status_code=202,
    )
    async def look(self, session: AsyncSession, data: JSONBody[LookIn]) -> None:
        """Have the prices of offers looked at soon."""
        await touch(session, data.offer_ids, "hand")

    @get("/prices/{offer_id:uuid}/why", operation_id="explainPrice", summary="Explain a price")
    async def why(self, session: AsyncSession, offer_id: FromPath[UUID]) -> WhyOut:
        """Return the newest decision about an offer with everything it was worked out from."""
        found = await views.decisions(session, offer_id=offer_id, limit=1)
        if not found:
            raise PricedOfferNotFoundError(offer=str(offer_id))
        return WhyOut(found[0], await views.derivation(session, found[0].id))

    @get("/decisions", operation_id="listPriceDecisions", summary="List price decisions")
    async def decisions(
        self,
        session: AsyncSession,
        offer_id: UUID | None = None,
        rule_id: UUID | None = None,
        outcome: str = "",
        cursor: str | None = None,
        limit: Limit = 50,
    ) -> DecisionList:
        """List decisions, the newest first."""
        place = moment_place(cursor) if cursor else None
        if cursor and place is None:
            raise BadCursorError(cursor=cursor[:80])
        rows = await views.decisions(
            session,
            offer_id=offer_id,
            rule_id=rule_id,
            outcome=outcome.replace("\0", ""),
            before=place,
            limit=limit + 1,
        )
        last = rows[limit - 1] if len(rows) > limit else None
        return DecisionList(rows[:limit], moment_cursor(last.decided_at, last.id) if last else None)

    @get("/approvals", operation_id="listPriceApprovals", summary="List changes for a second person")
    async def approvals(
        self, session: AsyncSession, waiting: str = "waiting", cursor: str | None = None, limit: Limit = 50
    ) -> ApprovalList:
        """List changes that are too large for one person; ``waiting`` is ``waiting``, ``approved``, ``refused`` or ``overtaken``."""
        rows = await views.approvals(session, state=waiting.replace("\0", ""), before=_id(cursor), limit=limit + 1)
        return ApprovalList(rows[:limit], str(rows[limit - 1].row.id) if len(rows) > limit else None)

    @post(
        "/approvals/{approval_id:uuid}/approve",
        operation_id="approvePrice",
        summary="Agree to a change",
        opt=needs(Right.PRICING_APPROVE),
        status_code=200,
    )
    async def approve(self, session: AsyncSession, approval_id: FromPath[UUID]) -> None:
        """Agree to a change that somebody else asked for; the price changes at once."""
        await Approving(session).agree(approval_id)

    @post(
        "/approvals/{approval_id:uuid}/refuse",
        operation_id="refusePrice",
        summary="Refuse a change",
        opt=needs(Right.PRICING_APPROVE),
        status_code=200,
    )
    async def refuse(self, session: AsyncSession, approval_id: FromPath[UUID]) -> None:
        """Do not agree; the price stays."""
        await Approving(session).refuse(approval_id)

    @get("/costs", operation_id="listCosts", summary="List costs")
    async def costs(self, session: AsyncSession, q: str = "", cursor: str | None = None, limit: Limit = 50) -> CostList:
        """List what goods cost, the defaults first."""
        rows = await CostService(session).listed(query=q.replace("\0", ""), after=_id(cursor), limit=limit + 1)
        return CostList(rows[:limit], str(rows[limit - 1].id) if len(rows) > limit else None)

    @put("/costs", operation_id="putCosts", summary="Set costs", opt=needs(Right.PRICING_MANAGE), status_code=204)
    async def put_costs(self, session: AsyncSession, principal: Principal, data: JSONBody[CostIn]) -> None:
        """Say what one product, one account or everything costs."""
        values = {name: value for name, value in data.values.items() if name in AMOUNTS}
        if data.account_id is not None:
            await ChannelService(session).account(data.account_id)
        if data.product_id is not None and not await CatalogService(session).products([data.product_id]):
            raise InvalidInputError({"product_id": gettext(N_("There is no such product."))})
        await CostService(session).put(
            principal.seller_id(),
            values,
            product_id=data.product_id,
            account_id=data.account_id,
            currency=data.currency,
        )

    @get("/governor", operation_id="getGovernor", summary="Get limits and freezes")
    async def governor(
        self, session: AsyncSession, principal: Principal, account_id: UUID | None = None
    ) -> GovernorOut:
        """Return what is allowed, and what is frozen now."""
        seller_id = principal.seller.id if principal.seller else None
        if account_id is not None:
            seller_id = (await ChannelService(session).account(account_id)).seller_id
        return GovernorOut(
            await LimitService(session).allowed(seller_id, account_id), await Governor(session).open_freezes()
        )

    @put(
        "/governor", operation_id="putGovernor", summary="Set limits", opt=needs(Right.PRICING_APPROVE), status_code=204
    )
    async def put_limits(self, session: AsyncSession, principal: Principal, data: JSONBody[LimitsIn]) -> None:
        """Set what is allowed for the seller, or one account."""
        seller_id = principal.seller_id()
        if data.account_id is not None:
            seller_id = (await ChannelService(session).account(data.account_id)).seller_id
        values = {name: value for name, value in data.limits.items() if name in NUMBERS}
        await LimitService(session).put(values, seller_id=seller_id, account_id=data.account_id)

    @post(
        "/governor/freeze",
        operation_id="freezePrices",
        summary="Freeze prices",
        opt=needs(Right.PRICING_MANAGE),
        status_code=200,
    )
    async def freeze(self, session: AsyncSession, principal: Principal) -> None:
        """Stop every price change of the seller."""
        await Governor(session).freeze(seller_id=principal.seller_id())

    @post(
        "/governor/freezes/{freeze_id:uuid}/resume",
        operation_id="resumePrices",
        summary="Resume prices",
        opt=needs(Right.PRICING_APPROVE),
        status_code=200,
    )
    async def resume(self, session: AsyncSession, freeze_id: FromPath[UUID]) -> None:
        """Let prices move again."""
        await Approving(session).resume(freeze_id)


def _id(cursor: str | None) -> UUID | None:
    if not cursor:
        return None
    try:
        return UUID(cursor)
    except ValueError:
        raise BadCursorError(cursor=cursor[:80]) from None


ROUTES = [PriceApi]
