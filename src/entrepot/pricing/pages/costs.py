"""Pages of costs: what goods cost and must bring, entered or imported."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Controller, Request, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Stream, Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.catalog.service import CatalogService
from entrepot.channels.service import ChannelService
from entrepot.kit.clock import now
from entrepot.kit.csv_writing import BOM, Cell, csv_text
from entrepot.kit.errors import InvalidInputError
from entrepot.kit.i18n import gettext
from entrepot.kit.text import N_
from entrepot.kit.xlsx_writing import MEDIA_TYPE, Workbook
from entrepot.pricing.costs import CostService
from entrepot.pricing.costs_repository import AMOUNTS, CostRepository, CostView
from entrepot.pricing.imports import COLUMNS, EVERYTHING, LABELS
from entrepot.pricing.pages.reading import ROWS, Form, completed, plain, said, tabs, uuid_of

MOST_EXPORTED = 100_000


class CostPages(Controller):
    """Costs."""

    path = "/pricing/costs"
    opt = needs(Right.PRICING_READ)
    include_in_schema = False

    @get()
    async def show(self, session: AsyncSession, q: str = "", account: str = "", cursor: str = "") -> Template:
        """List what is entered."""
        found = await CostService(session).listed(
            query=q.replace("\0", ""), account_id=uuid_of(account), after=uuid_of(cursor), limit=ROWS + 1
        )
        query = {name: value for name, value in {"q": q, "account": account}.items() if value}
        last = str(found[ROWS - 1].id) if len(found) > ROWS else None
        suppliers = {store_id: vat for (_, store_id), vat in (await CostRepository(session).suppliers()).items()}
        context = {
            "tabs": tabs("costs"),
            "rows": found[:ROWS],
            "query": query,
            "labels": LABELS,
            "stores": await CostRepository(session).stores(),
            "suppliers": suppliers,
            "account_options": [{"value": "", "label": gettext(N_("All accounts"))}]
            + [{"value": str(one.id), "label": one.name} for one in await ChannelService(session).accounts()],
            "first": f"/pricing/costs?{urlencode(query)}" if cursor else None,
            "next": f"/pricing/costs?{urlencode({**query, 'cursor': last})}" if last else None,
        }
        return Template("pricing/costs.html", context=said(context))

    @get("/export/{kind:str}")
    async def export(self, session: AsyncSession, principal: Principal, kind: FromPath[str]) -> Stream:
        """Give everything as a table that the import reads back."""
        rows = await CostService(session).listed(limit=MOST_EXPORTED)
        table = [[column.key for column in COLUMNS], *(_cells(row) for row in rows)]
        name = f"costs-{now():%Y-%m-%d}"
        if kind == "xlsx":
            book = Workbook("Costs", principal.time_zone)
            book.write(table)
            headers = {"content-disposition": f'attachment; filename="{name}.xlsx"'}
            return Stream(book.pieces(), media_type=MEDIA_TYPE, headers=headers)
        headers = {"content-disposition": f'attachment; filename="{name}.csv"'}
        return Stream(iter([BOM + csv_text(table)]), media_type="text/csv", headers=headers)

    @get("/new", opt=needs(Right.PRICING_MANAGE))
    async def new(self, session: AsyncSession) -> Template:
        """Ask what something costs."""
        return await _form(session, None, {}, {})

    @get("/{cost_id:uuid}", opt=needs(Right.PRICING_MANAGE))
    async def edit(self, session: AsyncSession, cost_id: FromPath[UUID]) -> Template:
        """Ask what something costs now."""
        return await _form(session, await CostService(session).cost(cost_id), {}, {})

    @post(opt=needs(Right.PRICING_MANAGE), status_code=200)
    async def save(
        self, request: Request[Any, Any, Any], session: AsyncSession, principal: Principal
    ) -> Template | Redirect:
        """Keep what something costs."""
        form = await Form.of(request)
        values: dict[str, Decimal | None] = {name: form.number(name) for name in AMOUNTS}
        sku, product_id = form.text("sku"), None
        try:
            seller_id = principal.seller_id()
            if sku not in {"", EVERYTHING}:
                found = (await CatalogService(session).resolve(seller_id, [sku])).get(sku)
                if found is None:
                    form.problems["sku"] = gettext(N_("There is no product with this SKU."))
                else:
                    product_id = found.id
            form.check()
            await CostService(session).put(
                seller_id,
                values,
                product_id=product_id,
                account_id=uuid_of(form.text("account")),
                currency=form.text("currency").upper() or "EUR",
            )
        except InvalidInputError as error:
            return await _form(session, None, error.problems, form.values)
        return Redirect("/pricing/costs", status_code=303)

    @post("/{cost_id:uuid}/remove", opt=needs(Right.PRICING_MANAGE), status_code=200)
    async def remove(self, session: AsyncSession, cost_id: FromPath[UUID]) -> Redirect:
        """Remove what was said."""
        await CostService(session).remove(cost_id)
        return Redirect("/pricing/costs", status_code=303)

    @post("/suppliers", opt=needs(Right.PRICING_MANAGE), status_code=200)
    async def suppliers(self, request: Request[Any, Any, Any], session: AsyncSession, principal: Principal) -> Redirect:
        """Say which watched web shops are suppliers."""
        form = await Form.of(request)
        store_id = uuid_of(form.text("store"))
        if store_id is not None:
            repository, seller_id = CostRepository(session), principal.seller_id()
            if form.text("supplier") in {"with_vat", "without_vat"}:
                with_vat = form.text("supplier") == "with_vat"
                await repository.put_supplier(seller_id, store_id, with_vat=with_vat)
            else:
                await repository.remove_supplier(seller_id, store_id)
        return Redirect("/pricing/costs", status_code=303)


def _cells(row: CostView) -> Iterator[Cell]:
    yield row.sku or EVERYTHING
    yield row.account or ""
    yield row.currency
    for name in LABELS:
        value: Decimal | None = getattr(row, name)
        yield value


async def _form(
    session: AsyncSession, row: CostView | None, problems: dict[str, str], entered: dict[str, str]
) -> Template:
    accounts = await ChannelService(session).accounts()
    fields: list[dict[str, Any]] = [
        {
            "name": "sku",
            "label": gettext(N_("SKU of the product")),
            "value": entered.get("sku", (row.sku or "") if row else ""),
            "help": gettext(N_("Empty: the default for everything that has no costs of its own.")),
        },
        {
            "name": "account",
            "label": gettext(N_("Channel account")),
            "type": "select",
            "value": entered.get("account", str(row.account_id or "") if row else ""),
            "options": [
                {"value": "", "label": gettext(N_("All accounts"))},
                *({"value": str(one.id), "label": one.name} for one in accounts),
            ],
            "half": True,
        },
        {
            "name": "currency",
            "label": gettext(N_("Currency")),
            "value": entered.get("currency", row.currency if row else "EUR"),
            "half": True,
            "maxlength": 3,
        },
    ]
    for name, label in LABELS.items():
        value: Decimal | None = getattr(row, name) if row else None
        fields.append(
            {
                "name": name,
                "label": gettext(label),
                "value": entered.get(name, plain(value)),
                "half": True,
                "inputmode": "decimal",
            }
        )
    context = {"tabs": tabs("costs"), "fields": completed(fields, problems), "row": row}
    return Template("pricing/cost_form.html", context=said(context), status_code=422 if problems else 200)


ROUTES = [CostPages]
