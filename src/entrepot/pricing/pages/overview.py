"""Pages that show how prices stand: the overview, proposals, the log, and why a price is what it is."""

from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Controller, Request, get, post
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.rights import Right
from entrepot.channels.service import ChannelService
from entrepot.kit.i18n import gettext
from entrepot.kit.text import N_
from entrepot.pricing import views
from entrepot.pricing.approving import Approving
from entrepot.pricing.errors import PricedOfferNotFoundError
from entrepot.pricing.explaining import Kept, derivation_of, lost_said
from entrepot.pricing.governor import Governor
from entrepot.pricing.groups import GroupService
from entrepot.pricing.pages.reading import ROWS, Form, moment_cursor, moment_place, said, strategy_of, tabs, uuid_of
from entrepot.pricing.rules import RuleService
from entrepot.pricing.running import touch
from entrepot.pricing.why import SKIPPED
from entrepot.pricing.wording import OUTCOMES

HISTORY = 30


class OverviewPages(Controller):
    """Reading how prices stand, and applying what is proposed."""

    path = "/pricing"
    opt = needs(Right.PRICING_READ)
    include_in_schema = False

    @get()
    async def index(self, session: AsyncSession) -> Template:
        """Show groups, modes, and what waits for somebody."""
        groups = await GroupService(session).groups()
        rules: dict[UUID, list[Any]] = {}
        for rule in await RuleService(session).rules():
            rules.setdefault(rule.group_id, []).append(rule)
        context = {
            "tabs": tabs("overview"),
            "groups": groups,
            "rules": rules,
            "sizes": await GroupService(session).sizes(),
            "figures": await views.overview(session),
            "freezes": await Governor(session).open_freezes(),
            "strategy_of": strategy_of,
        }
        return Template("pricing/overview.html", context=said(context))

    @get("/proposals")
    async def proposals(
        self, session: AsyncSession, q: str = "", group: str = "", cursor: str = "", show: str = ""
    ) -> Template:
        """List what is proposed, or stands in another way."""
        outcome = show if show in {"held", "frozen", "applied", "unchanged", "dry_run"} else "proposed"
        only = show if show in {"floor", "no_box"} else ""
        rows = await views.standings(
            session,
            outcome="" if only or show == "all" else outcome,
            only=only,
            group_id=uuid_of(group),
            query=q.replace("\0", ""),
            after=uuid_of(cursor),
            limit=ROWS + 1,
        )
        query = {name: value for name, value in {"q": q, "group": group, "show": show}.items() if value}
        after = rows[ROWS - 1].offer_id if len(rows) > ROWS else None
        context = {
            "tabs": tabs("proposals"),
            "rows": rows[:ROWS],
            "query": query,
            "group_options": [
                {"value": str(one.id), "label": one.name} for one in await GroupService(session).groups()
            ],
            "first": f"/pricing/proposals?{urlencode(query)}" if cursor else None,
            "next": f"/pricing/proposals?{urlencode({**query, 'cursor': str(after)})}" if after else None,
            "applying": outcome == "proposed" and not only and show != "all",
        }
        return Template("pricing/proposals.html", context=said(context))

    @post("/proposals/apply", opt=needs(Right.PRICING_MANAGE), status_code=200)
    async def apply(self, request: Request[Any, Any, Any], session: AsyncSession) -> Redirect:
        """Apply what is picked, or everything that is proposed."""
        form = await Form.of(request)
        await Approving(session).apply(None if form.text("all") else form.ids())
        return Redirect("/pricing/proposals", status_code=303)

    @post("/look", opt=needs(Right.PRICING_MANAGE), status_code=200)
    async def look(self, request: Request[Any, Any, Any], session: AsyncSession) -> Redirect:
        """Look at the prices of a group, or one offer, now."""
        form = await Form.of(request)
        group_id, offer_id = uuid_of(form.text("group")), uuid_of(form.text("offer"))
        if group_id is not None:
            await touch(session, await GroupService(session).member_ids(group_id), "hand")
            return Redirect(f"/pricing/groups/{group_id}", status_code=303)
        if offer_id is not None:
            await touch(session, [offer_id], "hand")
            return Redirect(f"/pricing/offers/{offer_id}", status_code=303)
        return Redirect("/pricing", status_code=303)

    @get("/decisions")
    async def decisions(
        self,
        session: AsyncSession,
        q: str = "",
        outcome: str = "",
        account: str = "",
        rule: str = "",
        cursor: str = "",
    ) -> Template:
        """List decisions, the newest first."""
        rows = await views.decisions(
            session,
            outcome=outcome,
            account_id=uuid_of(account),
            rule_id=uuid_of(rule),
            query=q.replace("\0", ""),
            before=moment_place(cursor),
            limit=ROWS + 1,
        )
        asked = {"q": q, "outcome": outcome, "account": account, "rule": rule}
        query = {name: value for name, value in asked.items() if value}
        last = rows[ROWS - 1] if len(rows) > ROWS else None
        context = {
            "tabs": tabs("decisions"),
            "rows": rows[:ROWS],
            "query": query,
            "account_options": [{"value": "", "label": gettext(N_("All accounts"))}]
            + [{"value": str(one.id), "label": one.name} for one in await ChannelService(session).accounts()],
            "outcome_options": [{"value": "", "label": gettext(N_("All"))}]
            + [{"value": key, "label": gettext(label)} for key, (label, _) in OUTCOMES.items()],
            "first": f"/pricing/decisions?{urlencode(query)}" if cursor else None,
            "next": f"/pricing/decisions?{urlencode({**query, 'cursor': moment_cursor(last.decided_at, last.id)})}"
            if last
            else None,
        }
        return Template("pricing/decisions.html", context=said(context))

    @get("/offers/{offer_id:uuid}")
    async def why(
        self,
        session: AsyncSession,
        offer_id: FromPath[UUID],
        decision: Annotated[str, QueryParameter(name="decision")] = "",
    ) -> Template:
        """Show why an offer's price is what it is: inputs, rule, limits, who lost, what would change it."""
        standing = await views.standings(session, offer_id=offer_id, limit=1)
        history = await views.decisions(session, offer_id=offer_id, limit=HISTORY)
        if not standing and not history:
            raise PricedOfferNotFoundError(offer=str(offer_id))
        chosen = uuid_of(decision) or (standing[0].decision_id if standing else None) or history[0].id
        stored = await views.derivation(session, chosen)
        kept = Kept.read(stored) if stored else None
        shown = next((one for one in history if one.id == chosen), history[0] if history else None)
        context = {
            "tabs": tabs("decisions"),
            "standing": standing[0] if standing else None,
            "history": history,
            "shown": shown,
            "kept": kept,
            "card": derivation_of(kept) if kept else None,
            "skipped": SKIPPED,
            "lost_said": lost_said,
            "prices": _path(history),
            "problem": N_("This decision was kept by another release and cannot be explained here."),
        }
        return Template("pricing/why.html", context=said(context))


def _path(history: list[views.DecisionView]) -> dict[str, Any]:
    """Return prices, floors and ceilings over time for a chart."""
    rows = [one for one in reversed(history) if one.price_after is not None]
    return {
        "x": [int(one.decided_at.timestamp()) for one in rows],
        "series": [
            {
                "label": gettext(label),
                "values": [None if value is None else float(value) for value in values],  # a picture, no money
            }
            for label, values in (
                (N_("Price"), [one.price_after for one in rows]),
                (N_("Price floor"), [one.floor for one in rows]),
                (N_("Ceiling"), [one.ceiling for one in rows]),
            )
        ],
        **({"currency": rows[-1].currency} if rows else {}),
    }


ROUTES = [OverviewPages]
