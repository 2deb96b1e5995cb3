"""Pages of rules: the editor with its preview, and every version."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.rights import Right
from entrepot.channels.service import ChannelService
from entrepot.kit.clock import now
from entrepot.kit.errors import InvalidInputError
from entrepot.kit.sentence import Sentence
from entrepot.pricewatch.competing.service import CompetingService
from entrepot.pricing.costs_repository import CostRepository
from entrepot.pricing.domain.rules import Rule, Strategy
from entrepot.pricing.errors import NameTakenError
from entrepot.pricing.explaining import derivation_of
from entrepot.pricing.groups import GroupService
from entrepot.pricing.judging import Judged, Judging
from entrepot.pricing.pages.reading import Form, said, selection_fields, tabs
from entrepot.pricing.pages.rule_form import rule_fields, rule_of
from entrepot.pricing.refs import GroupRef, RuleDraft, RuleRef, body_of
from entrepot.pricing.rules import RuleService
from entrepot.pricing.rules import said as sentence
from entrepot.pricing.selecting import EVERYTHING, Selection
from entrepot.pricing.wording import STRATEGIES

TRIED = 20
NAMED = 12
"""Competitors whose numbers are named beside the form."""


class RulePages(Controller):
    """Making and changing rules."""

    path = "/pricing"
    opt = needs(Right.PRICING_READ)
    include_in_schema = False

    @get("/groups/{group_id:uuid}/rules/new", opt=needs(Right.PRICING_MANAGE))
    async def new(self, session: AsyncSession, group_id: FromPath[UUID]) -> Template:
        """Ask what a new rule says."""
        group = await GroupService(session).group(group_id)
        return await _form(session, group, None, Rule(rule_id=""), "", EVERYTHING, "", {})

    @post("/groups/{group_id:uuid}/rules", opt=needs(Right.PRICING_MANAGE), status_code=200)
    async def add(
        self, request: Request[Any, Any, Any], session: AsyncSession, group_id: FromPath[UUID]
    ) -> Template | Redirect:
        """Make a rule, or show what it would do."""
        group = await GroupService(session).group(group_id)
        return await self._save(request, session, group, None)

    @get("/rules/{rule_id:uuid}")
    async def show(self, session: AsyncSession, rule_id: FromPath[UUID]) -> Template:
        """Show a rule with its history, and its form to those who may change it."""
        rule = await RuleService(session).rule(rule_id)
        group = await GroupService(session).group(rule.group_id)
        return await _form(session, group, rule, rule.rule, rule.name, rule.selection, "", {})

    @post("/rules/{rule_id:uuid}", opt=needs(Right.PRICING_MANAGE), status_code=200)
    async def change(
        self, request: Request[Any, Any, Any], session: AsyncSession, rule_id: FromPath[UUID]
    ) -> Template | Redirect:
        """Make a new version of a rule, or show what it would do."""
        rule = await RuleService(session).rule(rule_id)
        group = await GroupService(session).group(rule.group_id)
        return await self._save(request, session, group, rule)

    @post("/rules/{rule_id:uuid}/restore", opt=needs(Right.PRICING_MANAGE), status_code=200)
    async def restore(
        self, request: Request[Any, Any, Any], session: AsyncSession, rule_id: FromPath[UUID]
    ) -> Redirect:
        """Let a rule say again what it said before."""
        form = await Form.of(request)
        await RuleService(session).restore(rule_id, form.whole("version") or 0)
        return Redirect(f"/pricing/rules/{rule_id}", status_code=303)

    @post("/rules/{rule_id:uuid}/switch", opt=needs(Right.PRICING_MANAGE), status_code=200)
    async def switch(self, request: Request[Any, Any, Any], session: AsyncSession, rule_id: FromPath[UUID]) -> Redirect:
        """Let a rule count, or not; or put it at another place."""
        form = await Form.of(request)
        rules = RuleService(session)
        if (place := form.whole("to")) is not None:
            await rules.move(rule_id, place)
        else:
            await rules.switch(rule_id, active=form.flag("active"))
        rule = await rules.rule(rule_id)
        return Redirect(f"/pricing/groups/{rule.group_id}", status_code=303)

    @post("/rules/{rule_id:uuid}/remove", opt=needs(Right.PRICING_MANAGE), status_code=200)
    async def remove(self, session: AsyncSession, rule_id: FromPath[UUID]) -> Redirect:
        """Remove a rule."""
        rule = await RuleService(session).rule(rule_id)
        await RuleService(session).remove(rule_id)
        return Redirect(f"/pricing/groups/{rule.group_id}", status_code=303)

    @staticmethod
    async def _save(
        request: Request[Any, Any, Any], session: AsyncSession, group: GroupRef, before: RuleRef | None
    ) -> Template | Redirect:
        form = await Form.of(request)
        rule = rule_of(form, before.rule if before else Rule(rule_id=""))
        selection = form.selection()
        draft = RuleDraft(name=form.text("name"), rule=rule, selection=selection, note=form.text("note"))
        problems, tried = form.problems, None
        try:
            form.check()
            if form.text("preview"):
                RuleService.check(draft)
                tried = await try_out(session, group, draft)
            elif before is None:
                made = await RuleService(session).add(group.id, draft)
                return Redirect(f"/pricing/rules/{made.id}", status_code=303)
            else:
                await RuleService(session).change(before.id, draft, version=form.whole("version"))
                return Redirect(f"/pricing/rules/{before.id}", status_code=303)
        except InvalidInputError as error:
            problems = error.problems
        except NameTakenError as error:
            problems = {"name": sentence(error)}
        return await _form(session, group, before, rule, draft.name, selection, draft.note, problems, tried)


async def try_out(session: AsyncSession, group: GroupRef, draft: RuleDraft) -> list[Judged]:
    """Return what a rule would do now with the first offers of its group; nothing is kept."""
    selection = draft.selection if draft.selection.criteria else None
    members, _ = await GroupService(session).preview(group.id, selection=selection, limit=TRIED)
    rule = RuleRef(
        id=UUID(int=0),
        seller_id=group.seller_id,
        group_id=group.id,
        name=draft.name,
        position=1,
        active=True,
        selection=draft.selection,
        version=1,
        body=body_of(draft.rule),
        note="",
        changed_by="",
        changed_by_name="",
        changed_at=now(),
    )
    return await Judging(session).as_if(group, rule, [member.offer_id for member in members])


def steps_of(one: Judged) -> tuple[Sentence, ...]:
    """Return the way to a price."""
    return derivation_of(one.kept).steps


async def _form(  # noqa: PLR0913, PLR0917 -- what the page shows
    session: AsyncSession,
    group: GroupRef,
    rule: RuleRef | None,
    shown: Rule,
    name: str,
    selection: Selection,
    note: str,
    problems: dict[str, str],
    tried: list[Judged] | None = None,
) -> Template:
    accounts = await ChannelService(session).accounts()
    context = {
        "tabs": tabs("overview"),
        "group": group,
        "rule": rule,
        "shown": shown,
        "strategy": STRATEGIES[Strategy(shown.strategy)],
        "parts": rule_fields(
            shown,
            name,
            note,
            problems,
            await CostRepository(session).stores(),
            await CompetingService(session).known_competitors(limit=NAMED),
        ),
        "narrow": selection_fields(selection, accounts, problems, of_rule=True),
        "problems": problems,
        "versions": await RuleService(session).versions(rule.id) if rule else [],
        "tried": tried,
        "steps_of": steps_of,
    }
    return Template("pricing/rule.html", context=said(context), status_code=422 if problems else 200)


ROUTES = [RulePages]
