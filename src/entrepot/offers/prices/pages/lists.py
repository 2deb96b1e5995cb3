"""Price lists and their entries."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath
from litestar.response import Redirect, Response, Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.catalog.service import CatalogService
from entrepot.channels.service import ChannelService
from entrepot.imports.service import ImportService
from entrepot.kit.csv_writing import BOM, csv_text
from entrepot.kit.errors import EntrepotError, InvalidInputError
from entrepot.kit.i18n import gettext
from entrepot.offers.prices.importing import LIST_PRICES
from entrepot.offers.prices.list_repository import ListRow
from entrepot.offers.prices.lists import ListTerms, PriceLists, standing
from entrepot.offers.prices.pages.reading import (
    account_options,
    address,
    amount_of,
    field,
    moment_of,
    number_of,
    tabs,
    uuid_of,
    written,
)
from entrepot.offers.prices.wording import LISTS

ROWS = 50
UNPROCESSABLE = 422
EVERY = "every"
"""Said of accounts in the form; no account is called so."""
NOT_A_NUMBER = 1_000_000
"""A priority that no list may have."""


class PriceListPages(Controller):
    """Lists, and what products cost by them."""

    path = "/offers/prices/lists"
    opt = needs(Right.OFFERS_READ)
    include_in_schema = False

    @get()
    async def show_all(self, session: AsyncSession) -> Template:
        """List the lists."""
        names = {account.id: account.name for account in await ChannelService(session).accounts()}
        rows = [(row, entries, standing_of(row)) for row, entries in await PriceLists(session).all()]
        context = {"rows": rows, "names": names, "tabs": tabs("lists")}
        return Template("offers/prices/lists.html", context=context)

    @get("/new", opt=needs(Right.OFFERS_MANAGE))
    async def ask(self, session: AsyncSession) -> Template:
        """Ask for the terms of a new list."""
        return await _terms(session, None, {"currency": "EUR", "priority": "0", "active": "true"})

    @post(opt=needs(Right.OFFERS_MANAGE))
    async def create(
        self, request: Request[Any, Any, Any], session: AsyncSession, principal: Principal
    ) -> Redirect | Template:
        """Make a list."""
        form = {name: str(value) for name, value in (await request.form()).items()}
        try:
            list_id = await PriceLists(session).create(principal.seller_id(), _read(form))
        except InvalidInputError as error:
            return await _terms(session, None, form, problems=error.problems)
        return _back(list_id)

    @get("/{list_id:uuid}")
    async def show(self, session: AsyncSession, list_id: FromPath[UUID], q: str = "", after: str = "") -> Template:
        """Show a list and its entries."""
        return await _page(session, list_id, q=q.replace("\0", ""), after=after.replace("\0", ""))

    @get("/{list_id:uuid}/edit", opt=needs(Right.OFFERS_MANAGE))
    async def ask_terms(self, session: AsyncSession, list_id: FromPath[UUID]) -> Template:
        """Ask for other terms."""
        found = await PriceLists(session).find(list_id)
        return await _terms(session, found, _written(found))

    @post("/{list_id:uuid}", opt=needs(Right.OFFERS_MANAGE))
    async def change(
        self, request: Request[Any, Any, Any], session: AsyncSession, list_id: FromPath[UUID]
    ) -> Redirect | Template:
        """Change the terms."""
        form = {name: str(value) for name, value in (await request.form()).items()}
        lists = PriceLists(session)
        try:
            await lists.change(list_id, _read(form), version=number_of(form.get("version")))
        except InvalidInputError as error:
            return await _terms(session, await lists.find(list_id), form, problems=error.problems)
        return _back(list_id)

    @post("/{list_id:uuid}/remove", opt=needs(Right.OFFERS_MANAGE))
    async def remove(self, session: AsyncSession, list_id: FromPath[UUID]) -> Redirect:
        """Remove a list."""
        await PriceLists(session).remove(list_id)
        return Redirect("/offers/prices/lists", status_code=303)

    @post("/{list_id:uuid}/entries", opt=needs(Right.OFFERS_MANAGE))
    async def put(
        self, request: Request[Any, Any, Any], session: AsyncSession, list_id: FromPath[UUID]
    ) -> Redirect | Template:
        """Set what one product costs."""
        form = {name: str(value).strip() for name, value in (await request.form()).items()}
        lists = PriceLists(session)
        found = await lists.find(list_id)
        try:
            product_id = await _product(session, found.seller_id, form.get("sku", ""))
            await lists.put(list_id, [(product_id, amount_of(form.get("price"), "price"))])
        except InvalidInputError as error:
            return await _page(session, list_id, problems=error.problems, entered=form)
        return _back(list_id)

    @post("/{list_id:uuid}/entries/remove", opt=needs(Right.OFFERS_MANAGE))
    async def take_out(
        self, request: Request[Any, Any, Any], session: AsyncSession, list_id: FromPath[UUID]
    ) -> Redirect:
        """Take the picked products out."""
        form = await request.form()
        ids = [found for value in form.getall("ids", []) if (found := uuid_of(value)) is not None]
        await PriceLists(session).take_out(list_id, ids)
        return _back(list_id)

    @get("/{list_id:uuid}/export.csv")
    async def export(self, session: AsyncSession, list_id: FromPath[UUID]) -> Response[str]:
        """Hand out the entries as CSV that the import takes back."""
        lists = PriceLists(session)
        found = await lists.find(list_id)
        entries = await lists.entries(list_id, limit=200_000)
        content = BOM + csv_text([["sku", "price", "currency"]])
        content += csv_text([[entry.sku, entry.price, found.currency] for entry in entries])
        headers = {"content-disposition": 'attachment; filename="price-list.csv"'}
        return Response(content, media_type="text/csv; charset=utf-8", headers=headers)

    @post("/{list_id:uuid}/import", opt=needs(Right.OFFERS_MANAGE))
    async def upload(
        self, request: Request[Any, Any, Any], session: AsyncSession, list_id: FromPath[UUID]
    ) -> Redirect | Template:
        """Take a file with entries, and show what would happen."""
        form = await request.form()
        sent, pasted = form.get("file"), str(form.get("pasted", ""))
        name, content = "prices.csv", pasted.encode()
        if isinstance(sent, UploadFile) and sent.filename:
            name, content = sent.filename, await sent.read()
        found = await PriceLists(session).find(list_id)
        try:
            import_id = await ImportService(session).upload(
                found.seller_id, LIST_PRICES, name, content, subject=str(list_id)
            )
        except EntrepotError as error:
            return await _page(session, list_id, problems={"file": gettext(error.message).format(**error.facts)})
        return Redirect(f"/imports/{import_id}", status_code=303)


def standing_of(row: ListRow) -> tuple[str, str]:
    """Return label and tone of whether a list counts."""
    label, tone = LISTS[standing(row)]
    return gettext(label), tone


async def _product(session: AsyncSession, seller_id: UUID, sku: str) -> UUID:
    products = await CatalogService(session).resolve(seller_id, [sku])
    if sku not in products:
        raise InvalidInputError({"sku": gettext("There is no product with the SKU {sku}.").format(sku=sku)})
    return products[sku].id


def _read(form: dict[str, str]) -> ListTerms:
    priority = number_of(form.get("priority") or "0")
    return ListTerms(
        name=form.get("name", ""),
        currency=form.get("currency", "").strip().upper(),
        account_id=uuid_of(form.get("account", "")),
        valid_from=moment_of(form.get("valid_from"), "valid_from"),
        valid_to=moment_of(form.get("valid_to"), "valid_to"),
        priority=NOT_A_NUMBER if priority is None else priority,
        active=form.get("active") == "true",
    )


def _written(found: ListRow) -> dict[str, str]:
    return {
        "name": found.name,
        "currency": found.currency,
        "account": str(found.account_id or ""),
        "valid_from": written(found.valid_from),
        "valid_to": written(found.valid_to),
        "priority": str(found.priority),
        "active": "true" if found.active else "",
        "version": str(found.version),
    }


async def _terms(
    session: AsyncSession, found: ListRow | None, given: dict[str, str], *, problems: dict[str, str] | None = None
) -> Template:
    accounts = await ChannelService(session).accounts()
    wrong = problems or {}
    chosen = given | {"account": given.get("account") or EVERY}
    options = [{"value": EVERY, "label": gettext("Every account")}, *account_options(accounts)]
    fields = [
        field("name", gettext("Name"), given, wrong, required=True, maxlength=100),
        field("account", gettext("Only on"), chosen, wrong, "select", required=True, options=options, half=True),
        field("currency", gettext("Currency"), given, wrong, required=True, maxlength=3, half=True),
        field("valid_from", gettext("Holds from"), given, wrong, "datetime-local", half=True),
        field("valid_to", gettext("Until"), given, wrong, "datetime-local", half=True),
        field(
            "priority",
            gettext("Priority"),
            given,
            wrong,
            inputmode="numeric",
            maxlength=5,
            help=gettext("If a product is in several lists, the one with the higher number counts."),
        ),
        field("active", gettext("This list counts"), given, wrong, "checkbox"),
    ]
    context = {"found": found, "fields": fields, "version": given.get("version", ""), "tabs": tabs("lists")}
    return Template("offers/prices/terms.html", context=context, status_code=UNPROCESSABLE if problems else 200)


async def _page(
    session: AsyncSession,
    list_id: UUID,
    *,
    q: str = "",
    after: str = "",
    problems: dict[str, str] | None = None,
    entered: dict[str, str] | None = None,
) -> Template:
    lists = PriceLists(session)
    found = await lists.find(list_id)
    rows = await lists.entries(list_id, query=q, after=after, limit=ROWS + 1)
    query = {"q": q} if q else {}
    url = f"/offers/prices/lists/{list_id}"
    account = await ChannelService(session).account(found.account_id) if found.account_id else None
    context = {
        "found": found,
        "standing": standing_of(found),
        "account": account,
        "rows": rows[:ROWS],
        "query": query,
        "first": address(url, query) if after else None,
        "following": address(url, {**query, "after": rows[ROWS - 1].sku}) if len(rows) > ROWS else None,
        "problems": problems or {},
        "entered": entered or {},
        "tabs": tabs("lists"),
    }
    return Template("offers/prices/price_list.html", context=context, status_code=UNPROCESSABLE if problems else 200)


def _back(list_id: UUID) -> Redirect:
    return Redirect(f"/offers/prices/lists/{list_id}", status_code=303)
