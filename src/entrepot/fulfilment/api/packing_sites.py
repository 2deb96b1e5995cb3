"""Rules of packing, kinds of boxes, trays and groups for programs."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Controller, get, post, put
from litestar.params import FromPath, JSONBody, Parameter
from msgspec import Meta
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.fulfilment.api.packing import Containers, Why
from entrepot.fulfilment.boxing.repository import ContainerRef
from entrepot.fulfilment.boxing.trays import Trays
from entrepot.fulfilment.consolidating.grouping import Consolidating
from entrepot.fulfilment.consolidating.repository import GroupRef
from entrepot.fulfilment.consolidating.views import GroupRow, groups
from entrepot.fulfilment.packaging.repository import BoxKindRef, PackingRules
from entrepot.fulfilment.packaging.weighing import Packaging

type Limit = Annotated[int, Parameter(ge=1, le=200)]


class NewKind(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A kind of box with its inner dimensions."""

    code: Annotated[str, Meta(min_length=1, max_length=60)]
    name: Annotated[str, Meta(min_length=1, max_length=60)]
    length_mm: Annotated[int, Meta(ge=1, le=10_000)]
    width_mm: Annotated[int, Meta(ge=1, le=10_000)]
    height_mm: Annotated[int, Meta(ge=1, le=10_000)]
    own_weight_g: Annotated[int, Meta(ge=0, le=1_000_000)]
    max_weight_g: Annotated[int, Meta(ge=1, le=1_000_000)] | None = None


class KindChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether a kind of box is offered."""

    active: bool


class Kinds(msgspec.Struct, frozen=True):
    """Kinds of boxes, the smallest first."""

    items: list[BoxKindRef]
    next: str | None = None


class NewTray(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A tray by its barcode."""

    code: Annotated[str, Meta(min_length=1, max_length=60)]


class NewGroup(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Orders of one address that leave together."""

    order_ids: Annotated[list[UUID], Meta(min_length=2, max_length=50)]
    minutes: Annotated[int, Meta(ge=1, le=10_080)] | None = None
    """They wait at most; the site's rule without."""


class Groups(msgspec.Struct, frozen=True):
    """Groups that are not over."""

    items: list[GroupRow]
    next: str | None


class PackingStationApi(Controller):
    """Rules, kinds of boxes, trays and groups."""

    path = "/api/v1"
    tags = ("fulfilment",)

    @get(
        "/packing/rules",
        opt=needs(Right.FULFILMENT_READ),
        operation_id="getPackingRules",
        summary="Get the rules of packing",
    )
    async def rules(
        self, session: AsyncSession, principal: Principal, warehouse_id: UUID | None = None
    ) -> PackingRules:
        """Of a building, or of every one without its own."""
        return await Packaging(session).rules(principal.seller_id(), warehouse_id)

    @put(
        "/packing/rules",
        opt=needs(Right.FULFILMENT_SUPERVISE),
        operation_id="setPackingRules",
        summary="Set the rules of packing",
    )
    async def set_rules(
        self,
        data: JSONBody[PackingRules],
        session: AsyncSession,
        principal: Principal,
        warehouse_id: UUID | None = None,
    ) -> PackingRules:
        """All of them."""
        await Packaging(session).set_rules(principal.seller_id(), data, warehouse_id)
        return data

    @get("/box-kinds", opt=needs(Right.FULFILMENT_READ), operation_id="listBoxKinds", summary="List kinds of boxes")
    async def kinds(self, session: AsyncSession, principal: Principal) -> Kinds:
        """The smallest first."""
        return Kinds(await Packaging(session).kinds(principal.seller_id(), inactive=True))

    @post(
        "/box-kinds",
        opt=needs(Right.FULFILMENT_SUPERVISE),
        operation_id="addBoxKind",
        summary="Add a kind of box",
        status_code=201,
    )
    async def add_kind(self, data: JSONBody[NewKind], session: AsyncSession, principal: Principal) -> BoxKindRef:
        """With inner dimensions."""
        return await Packaging(session).add_kind(
            principal.seller_id(),
            code=data.code,
            name=data.name,
            size_mm=(data.length_mm, data.width_mm, data.height_mm),
            own_weight_g=data.own_weight_g,
            max_weight_g=data.max_weight_g,
        )

    @put(
        "/box-kinds/{kind_id:uuid}",
        opt=needs(Right.FULFILMENT_SUPERVISE),
        operation_id="changeBoxKind",
        summary="Offer a kind of box, or no longer",
    )
    async def set_kind(self, kind_id: FromPath[UUID], data: JSONBody[KindChange], session: AsyncSession) -> BoxKindRef:
        """Packed boxes keep it."""
        return await Packaging(session).set_active(kind_id, active=data.active)

    @get("/trays", opt=needs(Right.FULFILMENT_READ), operation_id="listTrays", summary="List trays")
    async def trays(self, session: AsyncSession, principal: Principal) -> Containers:
        """With the order that each carries."""
        return Containers(await Trays(session).all(principal.seller_id()))

    @post(
        "/trays", opt=needs(Right.FULFILMENT_SUPERVISE), operation_id="addTray", summary="Add a tray", status_code=201
    )
    async def add_tray(self, data: JSONBody[NewTray], session: AsyncSession, principal: Principal) -> ContainerRef:
        """By its barcode."""
        return await Trays(session).add(principal.seller_id(), data.code)

    @get(
        "/consolidations",
        opt=needs(Right.FULFILMENT_READ),
        operation_id="listConsolidations",
        summary="List groups of orders",
    )
    async def groups(self, session: AsyncSession, cursor: UUID | None = None, limit: Limit = 50) -> Groups:
        """Those that are not over."""
        found = await groups(session, after=cursor, limit=limit + 1)
        return Groups(found[:limit], str(found[limit - 1].id) if len(found) > limit else None)

    @post(
        "/consolidations",
        opt=needs(Right.FULFILMENT_PACK),
        operation_id="consolidateOrders",
        summary="Bring orders together",
        status_code=201,
    )
    async def group(self, data: JSONBody[NewGroup], session: AsyncSession) -> GroupRef:
        """Of one seller and one address."""
        return await Consolidating(session).group(data.order_ids, minutes=data.minutes)

    @post(
        "/consolidations/{group_id:uuid}/let-go",
        opt=needs(Right.FULFILMENT_PACK),
        operation_id="letGroupGo",
        summary="Let a group go on",
        status_code=200,
    )
    async def let_go(self, group_id: FromPath[UUID], data: JSONBody[Why], session: AsyncSession) -> GroupRef:
        """With what is there."""
        return await Consolidating(session).let_go(group_id, data.reason)

    @post(
        "/consolidations/{group_id:uuid}/orders/{order_id:uuid}/take-out",
        opt=needs(Right.FULFILMENT_PACK),
        operation_id="takeOutOfGroup",
        summary="Let an order go alone",
        status_code=204,
    )
    async def take_out(self, group_id: FromPath[UUID], order_id: FromPath[UUID], session: AsyncSession) -> None:
        """The others still wait for each other."""
        await Consolidating(session).take_out(group_id, order_id)


ROUTES = [PackingStationApi]
