"""Stores: the list, one store, sharing."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.kit import outbox
from entrepot.kit.errors import EntrepotError, InvalidInputError
from entrepot.kit.i18n import gettext
from entrepot.kit.text import N_
from entrepot.pricewatch.extracting.contract import Difference
from entrepot.pricewatch.fetching.contract import FetchMode
from entrepot.pricewatch.watching import views
from entrepot.pricewatch.watching.addresses import normalise
from entrepot.pricewatch.watching.importing import told
from entrepot.pricewatch.watching.looking import Secrets, open_secrets
from entrepot.pricewatch.watching.pages.reading import (
    asked_number,
    box_of,
    field,
    glance,
    number_of,
    own_transaction,
    stores_of,
    texts_of,
    uuid_of,
)
from entrepot.pricewatch.watching.refs import StoreRef
from entrepot.pricewatch.watching.stores import (
    OldAnswersChangedError,
    StoreDraft,
    draft_of,
    read_pairs,
    read_shared,
)
from entrepot.pricewatch.watching.wording import MODES, attention, availability, field_label, timeline

ROWS = 50
EVENTS = 30


class StorePages(Controller):
    """Stores."""

    path = "/prices/stores"
    opt = needs(Right.PRICEWATCH_READ)
    include_in_schema = False

    @get()
    async def index(self, request: Request[Any, Any, Any], session: AsyncSession) -> Template:
        """List stores."""
        query = request.query_params.get("q", "").replace("\0", "")[:200]
        before = uuid_of(request.query_params.get("cursor", ""))
        rows = await views.store_rows(session, query=query, before=before, limit=ROWS + 1)
        kept = {"q": query} if query else {}
        following = None
        if len(rows) > ROWS:
            following = "/prices/stores?" + urlencode({**kept, "cursor": rows[ROWS - 1].store.id})
        return Template(
            "pricewatch/watching/stores.html",
            context={
                "rows": rows[:ROWS],
                "query": kept,
                "first": f"/prices/stores?{urlencode(kept)}" if before else None,
                "following": following,
                "modes": {mode: gettext(label) for mode, (label, _) in MODES.items()},
            },
        )

    @get("/new", opt=needs(Right.PRICEWATCH_MANAGE))
    async def blank(self) -> Template:
        """Ask for a new store."""
        return _form(None, StoreDraft(name=""), {}, {})

    @post("/new", opt=needs(Right.PRICEWATCH_MANAGE))
    async def create(
        self, request: Request[Any, Any, Any], session: AsyncSession, principal: Principal
    ) -> Redirect | Template:
        """Add a store."""
        form = await texts_of(request)
        draft = _draft(form)
        try:
            store_id = await stores_of(request, session).create(
                principal.seller_id(), draft, secrets=_secrets(form, Secrets())
            )
        except EntrepotError as error:
            return _form(None, draft, form, _problems(error))
        return Redirect(f"/prices/stores/{store_id}", status_code=303)

    @get("/import", opt=needs(Right.PRICEWATCH_MANAGE))
    async def ask_shared(self) -> Template:
        """Ask for the definition of a store."""
        return _shared("", None)

    @post("/import", opt=needs(Right.PRICEWATCH_MANAGE))
    async def read_shared(
        self, request: Request[Any, Any, Any], session: AsyncSession, principal: Principal
    ) -> Redirect | Template:
        """Show what a definition says; or add the store, once that has been seen."""
        sent = await request.form()
        file = sent.get("file")
        content = await file.read() if isinstance(file, UploadFile) and file.filename else b""
        written = content.decode("utf-8", "replace") if content else str(sent.get("definition", ""))
        try:
            draft = read_shared(written.encode())
            if sent.get("confirmed") == "yes":
                service = stores_of(request, session)
                store_id = await service.create(principal.seller_id(), draft, made_by="import")
                return Redirect(f"/prices/stores/{store_id}", status_code=303)
        except EntrepotError as error:
            return _shared(written, None, " ".join(_problems(error).values()))
        return _shared(written, draft)

    @get("/{store_id:uuid}")
    async def show(self, request: Request[Any, Any, Any], session: AsyncSession, store_id: FromPath[UUID]) -> Template:
        """Show a store and its pages."""
        service = stores_of(request, session)
        store = await service.store(store_id)
        secrets = open_secrets(store, box_of(request))
        events = await outbox.read_subjects(session, [store_id], limit=EVENTS)
        return Template(
            "pricewatch/watching/store.html",
            context={
                "store": store,
                "draft": draft_of(store),
                "listings": await views.listings_in(session, store_id),
                "waiting": await views.waiting_rows(session, store_id=store_id),
                "secrets": sorted(secrets.headers) + sorted(secrets.cookies),
                "events": timeline(events),
                "mode": gettext(MODES[store.fetch_mode][0]),
                "availability": availability,
                "attention": attention,
            },
        )

    @get("/{store_id:uuid}/edit", opt=needs(Right.PRICEWATCH_MANAGE))
    async def edit(self, request: Request[Any, Any, Any], session: AsyncSession, store_id: FromPath[UUID]) -> Template:
        """Ask how a store is fetched and read."""
        store = await stores_of(request, session).store(store_id)
        return _form(store, draft_of(store), {}, {}, secrets=open_secrets(store, box_of(request)))

    @post("/{store_id:uuid}/edit", opt=needs(Right.PRICEWATCH_MANAGE))
    async def change(
        self, request: Request[Any, Any, Any], session: AsyncSession, store_id: FromPath[UUID]
    ) -> Redirect | Template:
        """Change how a store is fetched and read."""
        form = await texts_of(request)
        service = stores_of(request, session)
        store = await service.store(store_id)
        before = open_secrets(store, box_of(request))
        draft = _draft(form)
        try:
            await service.change(
                store_id, draft, secrets=_secrets(form, before), version=number_of(form.get("version"))
            )
        except OldAnswersChangedError as error:
            problems = {"selectors": told(error)}
            return _form(store, draft, form, problems, secrets=before, differences=list(error.differences))
        except EntrepotError as error:
            return _form(store, draft, form, _problems(error), secrets=before)
        return Redirect(f"/prices/stores/{store_id}", status_code=303)

    @post("/{store_id:uuid}/try", opt=needs(Right.PRICEWATCH_MANAGE), status_code=200)
    async def try_page(
        self, request: Request[Any, Any, Any], principal: Principal, store_id: FromPath[UUID]
    ) -> Template:
        """Fetch a page as the store is set up now, and show what is found on it; nothing is stored."""
        form = await texts_of(request)
        written, problem, seen = form.get("url", ""), "", None
        async with own_transaction(request, principal) as session:
            store = await stores_of(request, session).store(store_id)
        try:
            seen, _ = await glance(request, store, normalise(written))
        except EntrepotError as error:
            problem = told(error)
        return Template(
            "pricewatch/watching/_tried.html",
            context={
                "url": written,
                "look": seen,
                "found": seen.extraction if seen else None,
                "problem": problem or (seen.problem.shown if seen and seen.problem else ""),
                "field_label": field_label,
                "availability": availability,
            },
        )

    @get("/{store_id:uuid}/export")
    async def export(
        self, request: Request[Any, Any, Any], session: AsyncSession, store_id: FromPath[UUID]
    ) -> Response[bytes]:
        """Hand the store's definition out, without cookies and headers."""
        shared = await stores_of(request, session).export(store_id)
        name = "".join(
            letter if letter.isalnum() or letter in "-." else "-" for letter in shared.domains[0:1] or ["store"]
        )
        return Response(
            msgspec.json.format(msgspec.json.encode(shared), indent=2),
            media_type="application/json",
            headers={"content-disposition": f'attachment; filename="{name}.json"'},
        )

    @post("/{store_id:uuid}/remove", opt=needs(Right.PRICEWATCH_MANAGE))
    async def remove(
        self, request: Request[Any, Any, Any], session: AsyncSession, store_id: FromPath[UUID]
    ) -> Redirect:
        """Remove a store without listings."""
        await stores_of(request, session).remove(store_id)
        return Redirect("/prices/stores", status_code=303)


def _draft(form: dict[str, str]) -> StoreDraft:
    mode = form.get("fetch_mode", "http")
    return StoreDraft(
        name=form.get("name", ""),
        domains=tuple(form.get("domains", "").replace(",", "\n").split()),
        locale=form.get("locale", "").strip(),
        currency=form.get("currency", "").strip().upper(),
        selectors=tuple(line for line in form.get("selectors", "").splitlines() if line.strip()),
        generic=form.get("generic") == "true",
        fetch_mode=FetchMode(mode) if mode in set(FetchMode) else FetchMode.HTTP,
        interval_ms=asked_number(form.get("interval_ms", ""), default=1000) or 0,
        concurrency=asked_number(form.get("concurrency", ""), default=1) or 0,
        check_minutes=asked_number(form.get("check_minutes", ""), default=240) or 0,
        largest_jump=asked_number(form.get("largest_jump", ""), default=40) or 0,
    )


def _secrets(form: dict[str, str], before: Secrets) -> Secrets | None:
    """Return the secrets entered; a field left empty keeps what is stored, unless it is to be forgotten."""
    if form.get("forget_secrets") == "true":
        return Secrets()
    headers, cookies = read_pairs(form.get("headers", "")), read_pairs(form.get("cookies", ""))
    address = form.get("service_url", "").strip()
    if not headers and not cookies and address == before.service_url:
        return None
    return Secrets(headers=headers or before.headers, cookies=cookies or before.cookies, service_url=address)


def _problems(error: EntrepotError) -> dict[str, str]:
    """Return field -> sentence."""
    if isinstance(error, InvalidInputError):
        return error.problems
    places = {"pricewatch.domain_taken": "domains", "pricewatch.selector_broken": "selectors"}
    if error.code in places or error.code.startswith("pricewatch."):
        return {places.get(error.code, "name"): told(error)}
    raise error


def _form(
    store: StoreRef | None,
    draft: StoreDraft,
    entered: dict[str, str],
    problems: dict[str, str],
    *,
    secrets: Secrets | None = None,
    differences: list[Difference] | None = None,
) -> Template:
    kept = gettext(N_("Stored ones are never shown; leave it empty to keep them.")) if secrets else ""
    basics = [
        field("name", gettext(N_("Name")), draft.name, help=gettext(N_("Empty: its first host."))),
        field(
            "domains",
            gettext(N_("Hosts")),
            "\n".join(draft.domains),
            type="textarea",
            rows=2,
            required=True,
            help=gettext(N_("One a line: shop.example. Pages of these hosts belong to this store.")),
        ),
        field(
            "locale",
            gettext(N_("Locale")),
            draft.locale,
            half=True,
            placeholder="nl_NL",
            help=gettext(N_("How its pages write numbers. Empty: as each page says.")),
        ),
        field(
            "currency",
            gettext(N_("Currency")),
            draft.currency,
            half=True,
            placeholder="EUR",
            help=gettext(N_("Of prices whose page names none.")),
        ),
    ]
    reading = [
        field(
            "selectors",
            gettext(N_("Selectors")),
            "\n".join(draft.selectors),
            type="textarea",
            rows=6,
            help=gettext(
                N_(
                    "One a line, tried in their order: price=css:.price, price=json:$.offers.price,"
                    " availability=xpath://link[@itemprop='availability']/@href, price=regex:Prijs: ([0-9,]+)."
                )
            ),
        ),
        field("generic", gettext(N_("Look for fields that no selector answers")), draft.generic, type="checkbox"),
    ]
    fetching = [
        {
            **field("fetch_mode", gettext(N_("Fetched by")), str(draft.fetch_mode), type="radio", required=True),
            "options": [
                {"value": str(mode), "label": gettext(label), "help": gettext(hint)}
                for mode, (label, hint) in MODES.items()
            ],
        },
        field(
            "interval_ms",
            gettext(N_("Milliseconds between requests")),
            draft.interval_ms,
            type="number",
            min=0,
            half=True,
        ),
        field("concurrency", gettext(N_("Requests at once")), draft.concurrency, type="number", min=1, half=True),
        field(
            "check_minutes",
            gettext(N_("Minutes between checks")),
            draft.check_minutes,
            type="number",
            min=1,
            half=True,
        ),
        field(
            "largest_jump",
            gettext(N_("Largest believed jump")),
            draft.largest_jump,
            type="number",
            min=1,
            half=True,
            suffix="%",
            help=gettext(N_("A price that moved further is stored once a second fetch finds it, too.")),
        ),
    ]
    private = [
        field(
            "cookies",
            gettext(N_("Cookies")),
            "",
            type="textarea",
            rows=2,
            help=kept or gettext(N_("One a line: name=value.")),
        ),
        field(
            "headers",
            gettext(N_("Headers")),
            "",
            type="textarea",
            rows=2,
            help=kept or gettext(N_("One a line: name: value.")),
        ),
        field(
            "service_url",
            gettext(N_("Address of its scraper service")),
            entered.get("service_url", secrets.service_url if secrets else ""),
            type="url",
            help=gettext(N_("Empty: as the instance's settings say.")),
        ),
    ]
    if secrets:
        private.append(field("forget_secrets", gettext(N_("Forget stored cookies and headers")), "", type="checkbox"))
    for one in (*basics, *reading, *fetching, *private):
        one["error"] = problems.get(str(one["name"]), "")
    return Template(
        "pricewatch/watching/store_edit.html",
        context={
            "store": store,
            "basics": basics,
            "reading": reading,
            "fetching": fetching,
            "private": private,
            "wrong": bool(problems),
            "differences": differences or [],
            "field_label": field_label,
        },
        status_code=422 if problems else 200,
    )


def _shared(written: str, draft: StoreDraft | None, problem: str = "") -> Template:
    return Template(
        "pricewatch/watching/store_import.html",
        context={"definition": written, "draft": draft, "problem": problem},
        status_code=422 if problem else 200,
    )
