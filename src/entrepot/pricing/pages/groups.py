"""Pages of price groups: what they say, who is in them, how far the hub may go."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from litestar import Controller, Request, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.channels.service import ChannelService
from entrepot.kit.errors import InvalidInputError
from entrepot.kit.i18n import gettext
from entrepot.kit.text import N_
from entrepot.pricing.domain.rules import Mode
from entrepot.pricing.errors import NameTakenError
from entrepot.pricing.groups import GroupService
from entrepot.pricing.pages.reading import (
    TIME_ZONES,
    Form,
    completed,
    plain,
    said,
    selection_fields,
    strategy_of,
    tabs,
    uuid_of,
)
from entrepot.pricing.refs import GroupDraft, GroupRef
from entrepot.pricing.rules import RuleService
from entrepot.pricing.rules import said as sentence

NEW = GroupDraft(name="")
SHOWN = 20


class GroupPages(Controller):
    """Making and steering groups."""

    path = "/pricing/groups"
    opt = needs(Right.PRICING_READ)
    include_in_schema = False

    @get("/new", opt=needs(Right.PRICING_MANAGE))
    async def new(self, session: AsyncSession, principal: Principal) -> Template:
        """Ask what a new group says."""
        draft = GroupDraft(name="", time_zone=principal.time_zone)
        return await _form(session, draft, {})

    @post(opt=needs(Right.PRICING_MANAGE), status_code=200)
    async def create(
        self, request: Request[Any, Any, Any], session: AsyncSession, principal: Principal
    ) -> Template | Redirect:
        """Make a group, switched off."""
        form = await Form.of(request)
        draft = _draft(form)
        try:
            form.check()
            group = await GroupService(session).create(principal.seller_id(), draft)
        except InvalidInputError as error:
            return await _form(session, draft, error.problems)
        except NameTakenError as error:
            return await _form(session, draft, {"name": sentence(error)})
        return Redirect(f"/pricing/groups/{group.id}", status_code=303)

    @get("/{group_id:uuid}")
    async def show(
        self, session: AsyncSession, group_id: FromPath[UUID], cursor: str = "", matched: str = ""
    ) -> Template:
        """Show a group: mode, rules, offers."""
        groups = GroupService(session)
        group = await groups.group(group_id)
        members, number = await groups.preview(group_id, limit=SHOWN + 1, after=uuid_of(cursor))
        after = members[SHOWN - 1].offer_id if len(members) > SHOWN else None
        context = {
            "tabs": tabs("overview"),
            "group": group,
            "rules": await RuleService(session).rules(group_id),
            "members": members[:SHOWN],
            "number": number,
            "matched": matched if matched.isdecimal() else "",
            "first": f"/pricing/groups/{group_id}" if cursor else None,
            "next": f"/pricing/groups/{group_id}?{urlencode({'cursor': str(after)})}" if after else None,
            "strategy": strategy_of,
            "mode_keys": [str(mode) for mode in Mode],
        }
        return Template("pricing/group.html", context=said(context))

    @get("/{group_id:uuid}/edit", opt=needs(Right.PRICING_MANAGE))
    async def edit(self, session: AsyncSession, group_id: FromPath[UUID]) -> Template:
        """Ask what a group is to say."""
        group = await GroupService(session).group(group_id)
        return await _form(session, _as_draft(group), {}, group)

    @post("/{group_id:uuid}/edit", opt=needs(Right.PRICING_MANAGE), status_code=200)
    async def change(
        self, request: Request[Any, Any, Any], session: AsyncSession, group_id: FromPath[UUID]
    ) -> Template | Redirect:
        """Change what a group says, or only show which offers it would have."""
        form = await Form.of(request)
        groups = GroupService(session)
        group = await groups.group(group_id)
        draft = _draft(form)
        try:
            form.check()
            if form.text("preview"):
                members, number = await groups.preview(group_id, selection=draft.selection, limit=SHOWN)
                return await _form(session, draft, {}, group, found=members, number=number)
            await groups.change(group_id, draft, version=form.whole("version"))
        except InvalidInputError as error:
            return await _form(session, draft, error.problems, group)
        except NameTakenError as error:
            return await _form(session, draft, {"name": sentence(error)}, group)
        return Redirect(f"/pricing/groups/{group_id}", status_code=303)

    @post("/{group_id:uuid}/mode", opt=needs(Right.PRICING_MANAGE), status_code=200)
    async def switch(
        self, request: Request[Any, Any, Any], session: AsyncSession, group_id: FromPath[UUID]
    ) -> Redirect:
        """Let the hub go further, or less far."""
        form = await Form.of(request)
        mode = form.text("mode")
        if mode not in set(Mode):
            raise InvalidInputError({"mode": gettext(N_("Choose one of the modes."))})
        await GroupService(session).switch(group_id, Mode(mode), version=form.whole("version"))
        return Redirect(f"/pricing/groups/{group_id}", status_code=303)

    @post("/{group_id:uuid}/pause", opt=needs(Right.PRICING_MANAGE), status_code=200)
    async def pause(self, request: Request[Any, Any, Any], session: AsyncSession, group_id: FromPath[UUID]) -> Redirect:
        """Let prices rest, or move again."""
        form = await Form.of(request)
        groups = GroupService(session)
        if form.text("resume"):
            await groups.resume(group_id)
            return Redirect(f"/pricing/groups/{group_id}", status_code=303)
        group = await groups.group(group_id)
        until = _moment(form.text("until"), group.time_zone)
        price = form.number("price")
        form.check()
        await groups.pause(group_id, until=until, price=price, currency=form.text("currency") or "EUR")
        return Redirect(f"/pricing/groups/{group_id}", status_code=303)

    @post("/{group_id:uuid}/members", opt=needs(Right.PRICING_MANAGE), status_code=200)
    async def members(
        self, request: Request[Any, Any, Any], session: AsyncSession, group_id: FromPath[UUID]
    ) -> Redirect:
        """Put offers in by their numbers, keep picked ones out, or let the filter decide about them again."""
        form = await Form.of(request)
        groups = GroupService(session)
        if request.query_params.get("do") == "exclude":
            number = await groups.exclude(group_id, form.ids())
        elif request.query_params.get("do") == "forget":
            await groups.forget(group_id, form.ids())
            number = len(form.ids())
        else:
            number = await groups.include_named(group_id, form.names("names"))
        return Redirect(f"/pricing/groups/{group_id}?matched={number}", status_code=303)

    @post("/{group_id:uuid}/remove", opt=needs(Right.PRICING_MANAGE), status_code=200)
    async def remove(self, session: AsyncSession, group_id: FromPath[UUID]) -> Redirect:
        """Remove a group."""
        await GroupService(session).remove(group_id)
        return Redirect("/pricing", status_code=303)


def _draft(form: Form) -> GroupDraft:
    return GroupDraft(
        name=form.text("name"),
        kind=form.text("kind") or "filter",
        selection=form.selection(),
        country=form.text("country"),
        time_zone=form.text("time_zone"),
        windows=tuple(line for line in form.text("windows").splitlines() if line.strip()),
        market_minutes=form.whole("market_minutes") or NEW.market_minutes,
        losing_minutes=form.whole("losing_minutes") or NEW.losing_minutes,
        winning_minutes=form.whole("winning_minutes") or NEW.winning_minutes,
    )


def _as_draft(group: GroupRef) -> GroupDraft:
    return GroupDraft(
        name=group.name,
        kind=group.kind,
        selection=group.selection,
        country=group.country,
        time_zone=group.time_zone,
        windows=group.windows,
        market_minutes=group.market_minutes,
        losing_minutes=group.losing_minutes,
        winning_minutes=group.winning_minutes,
    )


async def _form(
    session: AsyncSession,
    draft: GroupDraft,
    problems: dict[str, str],
    group: GroupRef | None = None,
    *,
    found: list[Any] | None = None,
    number: int = 0,
) -> Template:
    zones = list(dict.fromkeys([draft.time_zone, *TIME_ZONES]))
    accounts = await ChannelService(session).accounts()
    first: list[dict[str, Any]] = [
        {"name": "name", "label": gettext(N_("Name")), "value": draft.name, "required": True, "maxlength": 100},
        {
            "name": "kind",
            "label": gettext(N_("Which offers")),
            "type": "radio",
            "value": draft.kind,
            "options": [
                {"value": "filter", "label": gettext(N_("Those that fit the filter below, also new ones"))},
                {"value": "list", "label": gettext(N_("Only those that are put in by hand"))},
            ],
        },
    ]
    pace: list[dict[str, Any]] = [
        {
            "name": "losing_minutes",
            "label": gettext(N_("Without the buy box, look every … minutes")),
            "value": plain(draft.losing_minutes),
            "half": True,
            "inputmode": "numeric",
        },
        {
            "name": "winning_minutes",
            "label": gettext(N_("With the buy box, look every … minutes")),
            "value": plain(draft.winning_minutes),
            "half": True,
            "inputmode": "numeric",
        },
        {
            "name": "market_minutes",
            "label": gettext(N_("While nobody knows, look every … minutes")),
            "value": plain(draft.market_minutes),
            "half": True,
            "inputmode": "numeric",
        },
        {
            "name": "time_zone",
            "label": gettext(N_("Time zone")),
            "type": "select",
            "value": draft.time_zone,
            "half": True,
            "options": [{"value": zone, "label": zone} for zone in zones],
        },
        {
            "name": "windows",
            "label": gettext(N_("When prices may move")),
            "type": "textarea",
            "rows": 2,
            "value": "\n".join(draft.windows),
            "help": gettext(N_("One per line, such as 1-5 08:00-22:00 (1 is Monday). Empty: always.")),
        },
        {"name": "country", "type": "hidden", "label": "", "value": draft.country},
    ]
    context = {
        "tabs": tabs("overview"),
        "group": group,
        "fields": [
            *completed(first, problems),
            *selection_fields(draft.selection, accounts, problems),
            *completed(pace, problems),
        ],
        "found": found,
        "number": number,
    }
    return Template("pricing/group_form.html", context=said(context), status_code=422 if problems else 200)


def _moment(written: str, zone: str) -> datetime | None:
    if not written:
        return None
    try:
        found = datetime.fromisoformat(written)
    except ValueError:
        raise InvalidInputError(
            {"until": gettext(N_("Choose a moment in the future, or none to pause until you resume."))}
        ) from None
    return found if found.tzinfo else found.replace(tzinfo=ZoneInfo(zone))


ROUTES = [GroupPages]
