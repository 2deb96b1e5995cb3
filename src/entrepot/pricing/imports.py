"""Costs from tables: which columns there are, and how their rows become costs."""

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.rights import Right
from entrepot.catalog.service import CatalogService
from entrepot.channels.service import ChannelService
from entrepot.imports.contract import Column, ImportRow, ImportSpec, Options, Outcome
from entrepot.kit.i18n import gettext
from entrepot.kit.tabular import CellError, read_decimal
from entrepot.kit.text import N_
from entrepot.pricing.costs import CostService, problems_of
from entrepot.pricing.costs_repository import AMOUNTS

LABELS = {
    "purchase": N_("Purchase price"),
    "landed": N_("Landed cost"),
    "shipping": N_("Shipping"),
    "packaging": N_("Packaging"),
    "vat_percent": N_("VAT (%)"),
    "minimum_price": N_("Lowest advertised price"),
    "margin": N_("Least margin"),
    "margin_percent": N_("Least margin (%)"),
    "commission_fixed": N_("Commission, fixed"),
    "commission_percent": N_("Commission (%)"),
}
ALIASES = {
    "purchase": ("purchase price", "cost", "inkoopprijs", "einkaufspreis", "ek"),
    "landed": ("landed cost", "kostprijs", "einstandspreis"),
    "shipping": ("shipping cost", "verzendkosten", "versandkosten"),
    "packaging": ("packaging cost", "verpakking", "verpackung"),
    "vat_percent": ("vat", "btw", "mwst"),
    "minimum_price": ("map", "minimum advertised price"),
    "margin": ("minimum margin", "minimale marge"),
    "margin_percent": ("minimum margin percent", "marge %", "margin %"),
    "commission_fixed": ("fixed commission",),
    "commission_percent": ("commission", "commissie", "provision"),
}
COLUMNS = (
    Column(
        key="sku",
        label=N_("SKU"),
        aliases=("artikelnummer", "article number"),
        required=True,
        help=N_("Your own number of the product; * means everything."),
        example="MUG-BLUE",
    ),
    Column(
        key="account",
        label=N_("Channel account"),
        aliases=("channel", "kanaal", "kanal"),
        help=N_("Name of the account, if it holds only there."),
    ),
    Column(key="currency", label=N_("Currency"), aliases=("valuta", "währung"), example="EUR"),
    *(
        Column(key=name, label=label, aliases=ALIASES[name], number=True, example="1.50" if name == "shipping" else "")
        for name, label in LABELS.items()
    ),
)
EVERYTHING = "*"


async def apply_costs(
    session: AsyncSession, seller_id: UUID, rows: Sequence[ImportRow], options: Options
) -> list[Outcome]:
    """Save rows as costs.  An empty cell clears the number; a column that the file does not have stays as it is."""
    products = await CatalogService(session).resolve(
        seller_id, [row.cells["sku"] for row in rows if row.cells.get("sku", "") not in {"", EVERYTHING}]
    )
    accounts = {
        one.name.casefold(): one.id for one in await ChannelService(session).accounts() if one.seller_id == seller_id
    }
    outcomes: list[Outcome] = []
    good: dict[tuple[UUID | None, UUID | None], tuple[UUID | None, UUID | None, str, dict[str, Decimal | None]]] = {}
    for row in rows:
        problems: dict[str, str] = {}
        sku, account = row.cells.get("sku", ""), row.cells.get("account", "")
        product_id = account_id = None
        if sku != EVERYTHING:
            found = products.get(sku)
            if found is None:
                problems["sku"] = gettext(N_("There is no product with this SKU."))
            else:
                product_id = found.id
        if account:
            account_id = accounts.get(account.casefold())
            if account_id is None:
                problems["account"] = gettext(N_("There is no channel account of this name."))
        currency = row.cells.get("currency", "").upper()
        values = _values(row, options, problems)
        problems |= problems_of(values, currency or "EUR")
        if problems:
            outcomes.append(Outcome("failed", problems))
            continue
        good[(product_id, account_id)] = (product_id, account_id, currency, values)
        outcomes.append(Outcome("updated"))
    if good:
        await CostService(session).put_many(seller_id, list(good.values()))
    return outcomes


def _values(row: ImportRow, options: Options, problems: dict[str, str]) -> dict[str, Decimal | None]:
    values: dict[str, Decimal | None] = {}
    for name in AMOUNTS:
        if name not in row.cells:
            continue
        written = row.cells[name]
        try:
            values[name] = read_decimal(written.removesuffix("%"), options.mark) if written else None
        except CellError as error:
            problems[name] = error.sentence
    return values


IMPORTS = [
    ImportSpec(
        kind="pricing-costs",
        title=N_("Import costs"),
        right=Right.PRICING_MANAGE,
        columns=COLUMNS,
        modes={"both": N_("Add new costs and change existing ones")},
        apply=apply_costs,
        back="/pricing/costs",
    )
]
