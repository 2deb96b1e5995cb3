"""REST API v1 of price groups and rules."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Response, delete, get, post, put
from litestar.params import FromPath, JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.kit.errors import InvalidInputError
from entrepot.pricing.domain.rules import Mode, Rule
from entrepot.pricing.exchange import Exchange, Planned, PricingFile
from entrepot.pricing.groups import GroupService
from entrepot.pricing.refs import GroupDraft, GroupRef, RuleDraft, RuleRef
from entrepot.pricing.rules import RuleService
from entrepot.pricing.selecting import EVERYTHING, Selection

type Ids = Annotated[list[UUID], msgspec.Meta(min_length=1, max_length=5000)]


class GroupIn(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What a group says."""

    name: str
    kind: str = "filter"
    selection: Selection = EVERYTHING
    country: str = ""
    time_zone: str = "Europe/Amsterdam"
    windows: list[str] = []
    market_minutes: int = 60
    losing_minutes: int = 20
    winning_minutes: int = 1440
    version: int | None = None
    """If given, a change is refused unless it is the present one."""


class GroupOut(msgspec.Struct, kw_only=True):
    """A price group."""

    id: UUID
    name: str
    mode: str
    kind: str
    selection: Selection
    country: str
    time_zone: str
    windows: list[str]
    paused: bool
    paused_until: datetime | None
    market_minutes: int
    losing_minutes: int
    winning_minutes: int
    version: int


class GroupList(msgspec.Struct):
    """Every group."""

    items: list[GroupOut]


class SwitchIn(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """How far the hub may go: ``off``, ``dry_run``, ``approve`` (one click) or ``automatic``."""

    mode: Mode
    version: int | None = None


class PauseIn(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Let prices rest; without ``paused`` they move again."""

    paused: bool = True
    until: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    price: Decimal | None = None
    currency: str = "EUR"


class MembersIn(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Put offers in, keep them out, or let the filter decide again."""

    offer_ids: Ids
    do: str = "include"


class Changed(msgspec.Struct):
    """How many offers were changed."""

    changed: int


class RuleIn(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What a rule says: the same fields as in the export of groups."""

    name: str
    body: dict[str, Any]
    selection: Selection = EVERYTHING
    note: str = ""
    active: bool | None = None
    version: int | None = None


class RuleOut(msgspec.Struct, kw_only=True):
    """A rule at its present version."""

    id: UUID
    group_id: UUID
    name: str
    position: int
    active: bool
    version: int
    body: dict[str, Any]
    selection: Selection
    note: str
    changed_by: str
    changed_at: datetime


class RuleList(msgspec.Struct):
    """Rules, or versions of one."""

    items: list[RuleOut]


class PlanList(msgspec.Struct):
    """What a file would bring."""

    items: list[Planned]


class Made(msgspec.Struct):
    """The names of the groups that were made."""

    made: list[str]


class GroupApi(Controller):
    """Groups."""

    path = "/api/v1/pricing/groups"
    tags = ("pricing",)
    opt = needs(Right.PRICING_READ)

    @get(operation_id="listPriceGroups", summary="List price groups")
    async def show_list(self, session: AsyncSession) -> GroupList:
        """List every price group by name."""
        return GroupList([_group(one) for one in await GroupService(session).groups()])

    @post(operation_id="makePriceGroup", summary="Make a price group", opt=needs(Right.PRICING_MANAGE))
    async def make(self, session: AsyncSession, principal: Principal, data: JSONBody[GroupIn]) -> GroupOut:
        """Make a group, switched off."""
        return _group(await GroupService(session).create(principal.seller_id(), _draft(data)))

    @get("/{group_id:uuid}", operation_id="getPriceGroup", summary="Get a price group")
    async def show(self, session: AsyncSession, group_id: FromPath[UUID]) -> GroupOut:
        """Return one group."""
        return _group(await GroupService(session).group(group_id))

    @put(
        "/{group_id:uuid}",
        operation_id="changePriceGroup",
        summary="Change a price group",
        opt=needs(Right.PRICING_MANAGE),
    )
    async def change(self, session: AsyncSession, group_id: FromPath[UUID], data: JSONBody[GroupIn]) -> GroupOut:
        """Change what a group says."""
        return _group(await GroupService(session).change(group_id, _draft(data), version=data.version))

    @delete(
        "/{group_id:uuid}",
        operation_id="removePriceGroup",
        summary="Remove a price group",
        opt=needs(Right.PRICING_MANAGE),
    )
    async def remove(self, session: AsyncSession, group_id: FromPath[UUID]) -> None:
        """Remove a group; prices stay as they are."""
        await GroupService(session).remove(group_id)

    @post(
        "/{group_id:uuid}/mode",
        operation_id="switchPriceGroup",
        summary="Switch a price group",
        opt=needs(Right.PRICING_MANAGE),
        status_code=200,
    )
    async def switch(self, session: AsyncSession, group_id: FromPath[UUID], data: JSONBody[SwitchIn]) -> GroupOut:
        """Let the hub go further, or less far, with a group's prices."""
        await GroupService(session).switch(group_id, data.mode, version=data.version)
        return _group(await GroupService(session).group(group_id))

    @post(
        "/{group_id:uuid}/pause",
        operation_id="pausePriceGroup",
        summary="Pause a price group",
        opt=needs(Right.PRICING_MANAGE),
        status_code=200,
    )
    async def pause(self, session: AsyncSession, group_id: FromPath[UUID], data: JSONBody[PauseIn]) -> GroupOut:
        """Let prices rest, or move again."""
        groups = GroupService(session)
        if data.paused:
            await groups.pause(group_id, until=data.until, price=data.price, currency=data.currency)
        else:
            await groups.resume(group_id)
        return _group(await groups.group(group_id))

    @post(
        "/{group_id:uuid}/members",
        operation_id="changePriceGroupMembers",
        summary="Put offers in or keep them out",
        opt=needs(Right.PRICING_MANAGE),
        status_code=200,
    )
    async def members(self, session: AsyncSession, group_id: FromPath[UUID], data: JSONBody[MembersIn]) -> Changed:
        """``include`` puts offers in by hand, ``exclude`` keeps them out, ``forget`` lets the filter decide again."""
        groups = GroupService(session)
        if data.do == "exclude":
            return Changed(await groups.exclude(group_id, data.offer_ids))
        if data.do == "forget":
            await groups.forget(group_id, data.offer_ids)
            return Changed(len(data.offer_ids))
        return Changed(await groups.include(group_id, data.offer_ids))

    @get("/export", operation_id="exportPriceGroups", summary="Export groups and rules")
    async def export(self, session: AsyncSession) -> Response[bytes]:
        """Return every group with its rules, to be imported elsewhere."""
        return Response(await Exchange(session).export(), media_type="application/json")

    @post(
        "/import",
        operation_id="importPriceGroups",
        summary="Import groups and rules",
        opt=needs(Right.PRICING_MANAGE),
        status_code=200,
    )
    async def bring_in(
        self, session: AsyncSession, principal: Principal, data: JSONBody[PricingFile], *, dry_run: bool = False
    ) -> Made | PlanList:
        """Make the groups of an export that are not here, switched off; with ``dry_run`` only say what would happen."""
        raw = msgspec.json.encode(data)
        if dry_run:
            return PlanList(await Exchange(session).plan(raw))
        return Made(await Exchange(session).bring_in(principal.seller_id(), raw))


class RuleApi(Controller):
    """Rules."""

    path = "/api/v1/pricing"
    tags = ("pricing",)
    opt = needs(Right.PRICING_READ)

    @get("/groups/{group_id:uuid}/rules", operation_id="listPriceRules", summary="List rules of a group")
    async def show_list(self, session: AsyncSession, group_id: FromPath[UUID]) -> RuleList:
        """List a group's rules in their order."""
        await GroupService(session).group(group_id)
        return RuleList([_rule(one) for one in await RuleService(session).rules(group_id)])

    @post(
        "/groups/{group_id:uuid}/rules",
        operation_id="makePriceRule",
        summary="Add a rule",
        opt=needs(Right.PRICING_MANAGE),
    )
    async def make(self, session: AsyncSession, group_id: FromPath[UUID], data: JSONBody[RuleIn]) -> RuleOut:
        """Add a rule behind the others of a group."""
        return _rule(await RuleService(session).add(group_id, _rule_draft(data)))

    @put(
        "/rules/{rule_id:uuid}",
        operation_id="changePriceRule",
        summary="Change a rule",
        opt=needs(Right.PRICING_MANAGE),
    )
    async def change(self, session: AsyncSession, rule_id: FromPath[UUID], data: JSONBody[RuleIn]) -> RuleOut:
        """Make a new version of a rule."""
        rules = RuleService(session)
        rule = await rules.change(rule_id, _rule_draft(data), version=data.version)
        return _rule(rule if data.active is None else await rules.switch(rule_id, active=data.active))

    @delete(
        "/rules/{rule_id:uuid}",
        operation_id="removePriceRule",
        summary="Remove a rule",
        opt=needs(Right.PRICING_MANAGE),
    )
    async def remove(self, session: AsyncSession, rule_id: FromPath[UUID]) -> None:
        """Remove a rule; its versions stay."""
        await RuleService(session).remove(rule_id)

    @get("/rules/{rule_id:uuid}/versions", operation_id="listPriceRuleVersions", summary="List versions of a rule")
    async def versions(self, session: AsyncSession, rule_id: FromPath[UUID]) -> RuleList:
        """List everything a rule ever said, the newest first."""
        return RuleList([_rule(one) for one in await RuleService(session).versions(rule_id)])


def _draft(data: GroupIn) -> GroupDraft:
    return GroupDraft(
        name=data.name,
        kind=data.kind,
        selection=data.selection,
        country=data.country,
        time_zone=data.time_zone,
        windows=tuple(data.windows),
        market_minutes=data.market_minutes,
        losing_minutes=data.losing_minutes,
        winning_minutes=data.winning_minutes,
    )


def _rule_draft(data: RuleIn) -> RuleDraft:
    try:
        rule = msgspec.convert({**data.body, "rule_id": ""}, Rule)
    except msgspec.ValidationError as error:
        raise InvalidInputError({"body": str(error)}) from None
    return RuleDraft(name=data.name, rule=rule, selection=data.selection, note=data.note)


def _group(one: GroupRef) -> GroupOut:
    return GroupOut(
        id=one.id,
        name=one.name,
        mode=str(one.mode),
        kind=one.kind,
        selection=one.selection,
        country=one.country,
        time_zone=one.time_zone,
        windows=list(one.windows),
        paused=one.resting,
        paused_until=one.paused_until,
        market_minutes=one.market_minutes,
        losing_minutes=one.losing_minutes,
        winning_minutes=one.winning_minutes,
        version=one.version,
    )


def _rule(one: RuleRef) -> RuleOut:
    return RuleOut(
        id=one.id,
        group_id=one.group_id,
        name=one.name,
        position=one.position,
        active=one.active,
        version=one.version,
        body=one.body,
        selection=one.selection,
        note=one.note,
        changed_by=one.changed_by_name,
        changed_at=one.changed_at,
    )


ROUTES = [GroupApi, RuleApi]
