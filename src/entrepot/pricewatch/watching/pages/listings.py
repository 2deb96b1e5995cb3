"""One listing: its settings, and what its last fetches brought, down to where each value came from."""

from collections.abc import Sequence
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
from entrepot.kit.clock import now
from entrepot.kit.errors import EntrepotError, InvalidInputError
from entrepot.kit.i18n import gettext
from entrepot.kit.text import N_
from entrepot.pricewatch.extracting.contract import (
    Availability,
    Difference,
    Extraction,
    Field,
    Kind,
    Page,
    Selector,
)
from entrepot.pricewatch.extracting.service import extract, write_selector
from entrepot.pricewatch.snapshots.contract import FetchEvidence
from entrepot.pricewatch.snapshots.service import SnapshotService
from entrepot.pricewatch.watching import views
from entrepot.pricewatch.watching.correcting import corrected
from entrepot.pricewatch.watching.domain import Pin, Window, pinned, recipe_for
from entrepot.pricewatch.watching.importing import told
from entrepot.pricewatch.watching.looking import cleaned
from entrepot.pricewatch.watching.pages.reading import (
    asked_number,
    field,
    number_of,
    stores_of,
    texts_of,
    uuid_of,
)
from entrepot.pricewatch.watching.refs import ListingRef
from entrepot.pricewatch.watching.service import WatchService
from entrepot.pricewatch.watching.settling import read_pins
from entrepot.pricewatch.watching.stores import OldAnswersChangedError, draft_of
from entrepot.pricewatch.watching.wording import FIELDS, attention, availability, field_label

SHOWN = 300_000
"""Characters of a page's source."""
FETCHES = 15
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
        return await _debug(request, session, listing_id)

    @post("/try", opt=needs(Right.PRICEWATCH_MANAGE), status_code=200)
    async def try_selectors(
        self, request: Request[Any, Any, Any], session: AsyncSession, listing_id: FromPath[UUID]
    ) -> Template:
        """Read the kept page by other selectors, and show beside each answer what it was; nothing is stored."""
        form = await texts_of(request)
        return await _debug(request, session, listing_id, entered=form)

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
            return await _debug(
                request, session, listing_id, entered=form, differences=error.differences, problem=told(error)
            )
        except EntrepotError as error:
            return await _debug(request, session, listing_id, entered=form, problem=_sentence(error))
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
            return await _debug(request, session, listing_id, problem=gettext(N_("This page is not kept any more.")))
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
            return await _debug(request, session, listing_id, problem=_sentence(error))
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


def _sentence(error: EntrepotError) -> str:
    if isinstance(error, InvalidInputError):
        return " ".join(error.problems.values())
    return told(error)


async def _debug(
    request: Request[Any, Any, Any],
    session: AsyncSession,
    listing_id: UUID,
    *,
    entered: dict[str, str] | None = None,
    differences: Sequence[Difference] = (),
    problem: str = "",
) -> Template:
    service = WatchService(session)
    listing = await service.listing(listing_id)
    store = await stores_of(request, session).store(listing.store_id)
    fixed = await views.settled(session, listing_id)
    pins = tuple(_pin(pin) for pin in fixed.pins)
    snapshots = SnapshotService(session, storage_of(request))
    fetches = await snapshots.fetches(listing_id, limit=FETCHES)
    asked = uuid_of((entered or dict(request.query_params)).get("fetch", ""))
    chosen = next((one for one in fetches if one.id == asked), fetches[0] if fetches else None)
    page, tried = await _kept(snapshots, chosen), None
    if entered is not None and page is not None:
        try:
            draft = corrected(draft_of(store), entered)
            tried = cleaned(pinned(extract(page, recipe_for(draft.recipe(), pins)), pins))
        except EntrepotError as error:
            problem = problem or _sentence(error)
    source = page.body[: SHOWN * 4].decode("utf-8", "replace")[:SHOWN] if page is not None else ""
    product = await service.product(listing.watched_product_id)
    return Template(
        "pricewatch/watching/listing.html",
        context={
            "listing": listing,
            "product": product,
            "store": store,
            "fixed": fixed,
            "pins": "\n".join(_written(pin) for pin in pins if pin.kind),
            "pinned_availability": next((pin.value for pin in pins if pin.value), ""),
            "fetches": fetches,
            "chosen": chosen,
            "answers": _answers(chosen, tried),
            "tried": tried is not None,
            "source": source.replace("\0", ""),
            "cut": page is not None and len(page.body) > SHOWN,
            "selectors": (entered or {}).get("selectors", "\n".join(draft_of(store).selectors)),
            "locale_entered": (entered or {}).get("locale", store.locale),
            "currency_entered": (entered or {}).get("currency", store.currency),
            "differences": differences,
            "problem": problem,
            "saved": request.query_params.get("saved", ""),
            "noted": request.query_params.get("noted", ""),
            "availabilities": [(str(state), availability(str(state))[0]) for state in Availability],
            "fields": [(str(name), gettext(label)) for name, label in FIELDS.items()],
            "availability": availability,
            "attention": attention,
            "field_label": field_label,
            "now": now(),
        },
        status_code=422 if problem else 200,
    )


def _pin(stored: dict[str, Any]) -> Pin:
    return Pin(**{**stored, "field": Field(stored["field"])})


def _written(pin: Pin) -> str:
    return write_selector(Selector(pin.field, Kind(pin.kind), pin.expression, pin.attribute))


async def _kept(snapshots: SnapshotService, chosen: FetchEvidence | None) -> Page | None:
    if chosen is None or chosen.snapshot_id is None:
        return None
    try:
        return await snapshots.page(chosen.snapshot_id)
    except EntrepotError:
        return None


def _answers(chosen: FetchEvidence | None, tried: Extraction | None) -> list[dict[str, str]]:
    """Return a line for each field: what was answered, from where, and what would be answered now."""
    found = {item.field: item for item in chosen.findings} if chosen else {}
    fresh = {item.field: item for item in tried.findings} if tried else {}
    old = dict(chosen.answers) if chosen else {}
    new = {str(name): value for name, value in tried.answers().items()} if tried else {}
    return [
        {
            "field": str(name),
            "label": field_label(str(name)),
            "value": old.get(str(name), ""),
            "text": found[name].text if name in found else "",
            "strategy": found[name].strategy if name in found else "",
            "where": found[name].where if name in found else "",
            "new": new.get(str(name), ""),
            "new_strategy": fresh[name].strategy if name in fresh else "",
            "new_where": fresh[name].where if name in fresh else "",
        }
        for name in Field
        if str(name) in old or str(name) in new or name in {Field.PRICE, Field.CURRENCY, Field.AVAILABILITY}
    ]


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
