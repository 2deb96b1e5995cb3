"""One listing: its settings, and what its last fetches brought, down to where each value came from."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.documents.pages import storage_of
from entrepot.kit.call_log import CallLog
from entrepot.kit.errors import EntrepotError, InvalidInputError
from entrepot.kit.http import OutsideHttp
from entrepot.kit.i18n import gettext
from entrepot.kit.text import N_
from entrepot.pricewatch.extracting.contract import (
    Field,
)
from entrepot.pricewatch.extracting.service import write_selector
from entrepot.pricewatch.extracting.untrusted import Proposal
from entrepot.pricewatch.extracting_ai.service import ModelReader
from entrepot.pricewatch.snapshots.service import SnapshotService
from entrepot.pricewatch.watching import views
from entrepot.pricewatch.watching.correcting import corrected
from entrepot.pricewatch.watching.domain import Window
from entrepot.pricewatch.watching.importing import told
from entrepot.pricewatch.watching.pages.debugging import FETCHES, debug_view, kept_page, sentence_of
from entrepot.pricewatch.watching.pages.reading import (
    asked_number,
    field,
    number_of,
    own_transaction,
    stores_of,
    texts_of,
    uuid_of,
)
from entrepot.pricewatch.watching.refs import ListingRef
from entrepot.pricewatch.watching.service import WatchService
from entrepot.pricewatch.watching.settling import read_pins
from entrepot.pricewatch.watching.stores import OldAnswersChangedError, draft_of

DAYS = (N_("Mon"), N_("Tue"), N_("Wed"), N_("Thu"), N_("Fri"), N_("Sat"), N_("Sun"))


class ListingPages(Controller):
    """Listings."""

    path = "/prices/listings/{listing_id:uuid}"
    opt = needs(Right.PRICEWATCH_READ)
    include_in_schema = False

    @get()
    async def show(
        self, request: Request[Any, Any, Any], session: AsyncSession, listing_id: FromPath[UUID]
    ) -> Template:
        """Show what the fetches of a listing brought, and where each value came from."""
        return await debug_view(request, session, listing_id)

    @post("/try", opt=needs(Right.PRICEWATCH_MANAGE), status_code=200)
    async def try_selectors(
        self, request: Request[Any, Any, Any], session: AsyncSession, listing_id: FromPath[UUID]
    ) -> Template:
        """Read the kept page by other selectors, and show beside each answer what it was; nothing is stored."""
        form = await texts_of(request)
        return await debug_view(request, session, listing_id, entered=form)

    @post("/propose", opt=needs(Right.PRICEWATCH_MANAGE), status_code=200)
    async def propose(
        self, request: Request[Any, Any, Any], principal: Principal, listing_id: FromPath[UUID]
    ) -> Template:
        """Let a language model propose selectors for one field of the kept page; nothing is stored."""
        form = await texts_of(request)
        wanted = {Field(name) for name in (form.get("field", ""),) if name in set(Field)} or {Field.PRICE}
        state, problem = request.app.state, ""
        async with own_transaction(request, principal) as session:
            listing = await WatchService(session).listing(listing_id)
            draft = draft_of(await stores_of(request, session).store(listing.store_id))
            snapshots = SnapshotService(session, storage_of(request))
            fetches = await snapshots.fetches(listing_id, limit=FETCHES)
            asked = uuid_of(form.get("fetch", ""))
            page = await kept_page(snapshots, next((one for one in fetches if one.id == asked), None))
            corpus = await snapshots.corpus(listing.store_id) if page is not None else []
        found: Proposal | None = None
        if page is None:
            problem = gettext(N_("This page is not kept any more."))
        else:
            try:
                async with OutsideHttp(CallLog(state.database), state.settings.outside_allow) as outside:
                    reader = ModelReader(outside, state.settings, principal.seller_id())
                    found = await reader.proposal(page, draft.recipe(), wanted, corpus)
            except EntrepotError as error:
                problem = sentence_of(error)
        if found is not None and not found.is_safe:
            problem = gettext(N_("The language model proposes selectors that would not do. They are shown, not saved."))
        lines = [write_selector(one) for one in found.selectors] if found else []
        async with own_transaction(request, principal) as session:
            return await debug_view(
                request,
                session,
                listing_id,
                entered={"selectors": "\n".join([*lines, *draft.selectors]), "fetch": form.get("fetch", "")},
                differences=found.differences if found else (),
                problem=problem,
                proposed=len(lines),
            )

    @post("/selectors", opt=needs(Right.PRICEWATCH_MANAGE), status_code=200)
    async def save_selectors(
        self, request: Request[Any, Any, Any], session: AsyncSession, listing_id: FromPath[UUID]
    ) -> Template | Redirect:
        """Give the store these selectors, unless kept pages would be read differently; then check the page again."""
        form = await texts_of(request)
        service, stores = WatchService(session), stores_of(request, session)
        listing = await service.listing(listing_id)
        store = await stores.store(listing.store_id)
        draft = corrected(draft_of(store), form)
        try:
            await stores.change(store.id, draft, version=number_of(form.get("version")))
        except OldAnswersChangedError as error:
            return await debug_view(
                request, session, listing_id, entered=form, differences=error.differences, problem=told(error)
            )
        except EntrepotError as error:
            return await debug_view(request, session, listing_id, entered=form, problem=sentence_of(error))
        await service.check_now([listing.id])
        return Redirect(f"/prices/listings/{listing_id}?saved=yes", status_code=303)

    @post("/wrong", opt=needs(Right.PRICEWATCH_MANAGE), status_code=200)
    async def wrong(
        self, request: Request[Any, Any, Any], session: AsyncSession, listing_id: FromPath[UUID]
    ) -> Template | Redirect:
        """Note what is right on a kept page, or that an answer was wrong: selectors have to get it right from now on."""
        form = await texts_of(request)
        await WatchService(session).listing(listing_id)
        snapshot_id, name = uuid_of(form.get("snapshot_id", "")), form.get("field", Field.PRICE)
        if snapshot_id is None or name not in set(Field):
            return await debug_view(
                request, session, listing_id, problem=gettext(N_("This page is not kept any more."))
            )
        right, was = form.get("right", "").strip(), form.get("was", "")
        service = SnapshotService(session, storage_of(request))
        await service.add_case(
            snapshot_id,
            truth={Field(name): right} if right else {},
            wrong={Field(name): was} if not right and was else {},
            note=form.get("note", ""),
        )
        return Redirect(f"/prices/listings/{listing_id}?noted=yes", status_code=303)

    @post("/pins", opt=needs(Right.PRICEWATCH_MANAGE), status_code=200)
    async def pin(
        self, request: Request[Any, Any, Any], session: AsyncSession, listing_id: FromPath[UUID]
    ) -> Template | Redirect:
        """Fix for this page alone where fields stand, or what they are."""
        form = await texts_of(request)
        try:
            pins = read_pins(form.get("pins", ""), form.get("availability", ""))
            await WatchService(session).pin(listing_id, pins, version=number_of(form.get("version")))
        except EntrepotError as error:
            return await debug_view(request, session, listing_id, problem=sentence_of(error))
        return Redirect(f"/prices/listings/{listing_id}?saved=yes", status_code=303)

    @post("/accept", opt=needs(Right.PRICEWATCH_MANAGE))
    async def accept(self, session: AsyncSession, listing_id: FromPath[UUID]) -> Redirect:
        """Believe what the page says from now on."""
        await WatchService(session).accept(listing_id)
        return Redirect(f"/prices/listings/{listing_id}", status_code=303)

    @post("/check", opt=needs(Right.PRICEWATCH_MANAGE))
    async def check(
        self, request: Request[Any, Any, Any], session: AsyncSession, listing_id: FromPath[UUID]
    ) -> Redirect:
        """Check it now."""
        service = WatchService(session)
        await service.listing(listing_id)
        await service.check_now([listing_id])
        return await _back(request, listing_id)

    @post("/pause", opt=needs(Right.PRICEWATCH_MANAGE))
    async def pause(
        self, request: Request[Any, Any, Any], session: AsyncSession, listing_id: FromPath[UUID]
    ) -> Redirect:
        """Check it no more, or again."""
        form = await texts_of(request)
        await WatchService(session).pause(listing_id, paused=form.get("paused") == "true")
        return await _back(request, listing_id)

    @post("/remove", opt=needs(Right.PRICEWATCH_MANAGE))
    async def remove(self, session: AsyncSession, listing_id: FromPath[UUID]) -> Redirect:
        """Stop watching the page."""
        service = WatchService(session)
        listing = await service.listing(listing_id)
        await service.remove_listing(listing_id)
        return Redirect(f"/prices/products/{listing.watched_product_id}", status_code=303)

    @get("/edit", opt=needs(Right.PRICEWATCH_MANAGE))
    async def edit(self, session: AsyncSession, listing_id: FromPath[UUID]) -> Template:
        """Ask how the page is watched."""
        return await _form(session, listing_id, {}, {})

    @post("/edit", opt=needs(Right.PRICEWATCH_MANAGE))
    async def change(
        self, request: Request[Any, Any, Any], session: AsyncSession, principal: Principal, listing_id: FromPath[UUID]
    ) -> Redirect | Template:
        """Change how the page is watched."""
        sent = await request.form()
        form = {name: str(value).replace("\0", "") for name, value in sent.items()}
        days = tuple(sorted({int(str(day)) for day in sent.getall("days", []) if str(day) in set("0123456")}))
        begin, end = form.get("begin", "").strip(), form.get("end", "").strip()
        window = None
        if begin or end or (days and len(days) < len(DAYS)):
            window = Window(days=days, begin=begin or "00:00", end=end or "24:00", time_zone=principal.time_zone)
        try:
            await WatchService(session).change_listing(
                listing_id,
                url=form.get("url", ""),
                pack=asked_number(form.get("pack", ""), default=1) or 0,
                check_minutes=asked_number(form.get("check_minutes", "")),
                window=window,
                version=number_of(form.get("version")),
            )
        except InvalidInputError as error:
            return await _form(session, listing_id, form, error.problems)
        except EntrepotError as error:
            if error.code not in {"pricewatch.address_unusable", "pricewatch.watched_already"}:
                raise
            return await _form(session, listing_id, form, {"url": told(error)})
        return Redirect(f"/prices/listings/{listing_id}", status_code=303)


async def _back(request: Request[Any, Any, Any], listing_id: UUID) -> Redirect:
    form = await texts_of(request)
    product_id = uuid_of(form.get("product_id", ""))
    where = f"/prices/products/{product_id}" if product_id else f"/prices/listings/{listing_id}"
    return Redirect("/prices/attention" if form.get("back") == "attention" else where, status_code=303)


async def _form(session: AsyncSession, listing_id: UUID, entered: dict[str, str], problems: dict[str, str]) -> Template:
    listing: ListingRef = await WatchService(session).listing(listing_id)
    fixed = await views.settled(session, listing_id)
    window = fixed.window or {}
    days = set(window.get("days", range(len(DAYS))))
    values = {
        "url": listing.url,
        "pack": listing.pack,
        "check_minutes": fixed.check_minutes or "",
        "begin": window.get("begin", ""),
        "end": window.get("end", ""),
    } | entered
    fields = [
        field(
            "url",
            gettext(N_("Address")),
            values["url"],
            required=True,
            help=gettext(N_("A new address keeps the history: for pages that moved.")),
        ),
        field(
            "pack",
            gettext(N_("Units in a pack")),
            values["pack"],
            type="number",
            min=1,
            half=True,
            help=gettext(N_("Its price is divided by it before it is compared.")),
        ),
        field(
            "check_minutes",
            gettext(N_("Minutes between checks")),
            values["check_minutes"],
            type="number",
            min=1,
            half=True,
            help=gettext(N_("Empty: as the store says.")),
        ),
        field("begin", gettext(N_("Checked from")), values["begin"], type="time", half=True),
        field("end", gettext(N_("until")), values["end"], type="time", half=True),
    ]
    for one in fields:
        one["error"] = problems.get(str(one["name"]), "") or (
            problems.get("window", "") if one["name"] == "begin" else ""
        )
    return Template(
        "pricewatch/watching/listing_edit.html",
        context={
            "listing": listing,
            "fields": fields,
            "days": [(number, gettext(label), number in days) for number, label in enumerate(DAYS)],
        },
        status_code=422 if problems else 200,
    )
