"""Changing many prices at once."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.channels.service import ChannelService
from entrepot.kit.errors import InvalidInputError, RefusedError
from entrepot.kit.i18n import gettext
from entrepot.kit.sentence import Sentence
from entrepot.offers.prices.browsing import Filters, count_prices, price_lines
from entrepot.offers.prices.changing import ChangeKind, PriceChange
from entrepot.offers.prices.editing import MOST_OFFERS, PriceEditing
from entrepot.offers.prices.pages.reading import (
    address,
    amount_of,
    field,
    filters_of,
    number_of,
    query_of,
    tabs,
    uuid_of,
)
from entrepot.offers.prices.rounding import Ending
from entrepot.offers.prices.wording import ENDINGS, KINDS, change_said

ROWS = 100
WITHOUT_VALUE = frozenset({ChangeKind.ROUND, ChangeKind.RELEASE})


class PriceEditPages(Controller):
    """Preview, apply and undo."""

    path = "/offers/prices"
    opt = needs(Right.OFFERS_READ)
    include_in_schema = False

    @get("/edits")
    async def show_list(self, session: AsyncSession) -> Template:
        """List the last changes."""
        recent = await PriceEditing(session).recent(ROWS)
        rows = [(head, _said(head.change), counts) for head, counts in recent]
        return Template("offers/prices/edits.html", context={"rows": rows, "tabs": tabs("edits")})

    @get("/edit", opt=needs(Right.OFFERS_MANAGE))
    async def ask(self, request: Request[Any, Any, Any], session: AsyncSession, principal: Principal) -> Template:
        """Ask what is to change, for every offer that fits the filters."""
        return await _form(session, principal, dict(request.query_params), [])

    @post("/edit", opt=needs(Right.OFFERS_MANAGE))
    async def ask_for_picked(
        self, request: Request[Any, Any, Any], session: AsyncSession, principal: Principal
    ) -> Template:
        """Ask what is to change, for the picked offers."""
        form = await request.form()
        ids = [found for value in form.getall("ids", []) if (found := uuid_of(value)) is not None]
        return await _form(session, principal, {}, ids)

    @post("/edits", opt=needs(Right.OFFERS_MANAGE))
    async def draft(
        self, request: Request[Any, Any, Any], session: AsyncSession, principal: Principal
    ) -> Redirect | Template:
        """Work out what would happen."""
        form = await request.form()
        ids = [found for value in form.getall("ids", []) if (found := uuid_of(value)) is not None]
        given = {name: str(value) for name, value in form.items() if name != "ids"}
        try:
            filters = filters_of(given)
            seller_id = await _seller(session, filters, ids)
            edit_id = await PriceEditing(session).draft(
                seller_id or principal.seller_id(),
                _change(given),
                filters=filters,
                offer_ids=ids or None,
                reason=given.get("reason", ""),
            )
        except InvalidInputError as error:
            return await _form(session, principal, given, ids, problems=error.problems)
        except RefusedError as error:
            return await _form(session, principal, given, ids, problems={"": error.detail})
        return Redirect(f"/offers/prices/edits/{edit_id}", status_code=303)

    @get("/edits/{edit_id:uuid}")
    async def show(self, session: AsyncSession, edit_id: FromPath[UUID], after: str = "") -> Template:
        """Show what would happen, or what happened."""
        editing = PriceEditing(session)
        head = await editing.find(edit_id)
        place = number_of(after)
        lines = await editing.lines(edit_id, after=-1 if place is None else place, limit=ROWS + 1)
        names = {
            line.offer_id: line
            for line in await price_lines(
                session, filters_of({}), offer_ids=[line.offer_id for line in lines], limit=ROWS + 1
            )
        }
        url = f"/offers/prices/edits/{edit_id}"
        context = {
            "head": head,
            "said": _said(head.change),
            "counts": await editing.counts(edit_id),
            "lines": [(line, names.get(line.offer_id), _shown(line.refused)) for line in lines[:ROWS]],
            "first": url if place is not None else None,
            "following": f"{url}?after={lines[ROWS - 1].place}" if len(lines) > ROWS else None,
            "release": head.change.get("kind") == ChangeKind.RELEASE,
            "tabs": tabs("edits"),
        }
        return Template("offers/prices/edit.html", context=context)

    @post("/edits/{edit_id:uuid}/apply", opt=needs(Right.OFFERS_MANAGE))
    async def apply(self, session: AsyncSession, edit_id: FromPath[UUID]) -> Redirect:
        """Do it."""
        await PriceEditing(session).apply(edit_id)
        return Redirect(f"/offers/prices/edits/{edit_id}", status_code=303)

    @post("/edits/{edit_id:uuid}/undo", opt=needs(Right.OFFERS_MANAGE))
    async def undo(self, session: AsyncSession, edit_id: FromPath[UUID]) -> Redirect:
        """Put every price back."""
        await PriceEditing(session).undo(edit_id)
        return Redirect(f"/offers/prices/edits/{edit_id}", status_code=303)


def _change(given: dict[str, str]) -> PriceChange:
    kind, ending = given.get("kind", ""), given.get("ending", "")
    chosen = ChangeKind(kind) if kind in set(ChangeKind) else ChangeKind.SET
    change = PriceChange(kind=chosen, ending=Ending(ending) if ending in set(Ending) else Ending.NONE)
    if chosen in WITHOUT_VALUE:
        return change
    return msgspec.structs.replace(change, value=amount_of(given.get("value"), "value"))


def _said(stored: dict[str, Any]) -> str:
    return change_said(msgspec.convert(stored, PriceChange))


def _shown(refused: dict[str, Any] | None) -> str:
    return "" if refused is None else msgspec.convert(refused, Sentence).shown


async def _seller(session: AsyncSession, filters: Filters, ids: list[UUID]) -> UUID | None:
    """Return the one seller whose offers are meant, if they tell."""
    if ids:
        found = {line.seller_id for line in await price_lines(session, Filters(), offer_ids=ids, limit=len(ids))}
        return found.pop() if len(found) == 1 else None
    if filters.account_id is not None:
        return (await ChannelService(session).account(filters.account_id)).seller_id
    return None


async def _form(
    session: AsyncSession,
    principal: Principal,
    given: dict[str, str],
    ids: list[UUID],
    *,
    problems: dict[str, str] | None = None,
) -> Template:
    filters = filters_of(given)
    count = len(ids) or await count_prices(session, filters, most=MOST_OFFERS + 1)
    query = query_of(filters)
    wrong = problems or {}
    accounts = {str(one.id): one.name for one in await ChannelService(session).accounts()}
    context = {
        "ids": ids,
        "query": query,
        "account_name": accounts.get(query.get("account", "")),
        "count": count,
        "most": MOST_OFFERS,
        "one_seller": principal.seller is not None
        or len(principal.sellers) == 1
        or await _seller(session, filters, ids),
        "general": wrong.get(""),
        "back": address("/offers/prices", query),
        "fields": _fields(given, wrong),
        "tabs": tabs("edits"),
    }
    return Template("offers/prices/change.html", context=context, status_code=422 if problems else 200)


def _fields(given: dict[str, str], problems: dict[str, str]) -> list[dict[str, Any]]:
    chosen = {"kind": str(ChangeKind.RAISE_PERCENT), "ending": str(Ending.NONE)} | {k: v for k, v in given.items() if v}
    kinds = [{"value": str(key), "label": gettext(label)} for key, label in KINDS.items()]
    endings = [{"value": str(key), "label": gettext(label)} for key, label in ENDINGS.items()]
    return [
        field("kind", gettext("What to do"), chosen, problems, "select", required=True, options=kinds, half=True),
        field(
            "value",
            gettext("Price, percentage or amount"),
            chosen,
            problems,
            inputmode="decimal",
            maxlength=20,
            help=gettext("Not needed to round or to let go."),
            half=True,
        ),
        field(
            "ending", gettext("Round the result"), chosen, problems, "select", required=True, options=endings, half=True
        ),
        field(
            "reason",
            gettext("Reason"),
            chosen,
            problems,
            maxlength=500,
            help=gettext("Shown with every price that this sets."),
            half=True,
        ),
    ]
