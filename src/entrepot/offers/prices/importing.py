"""Prices from tables: set by hand for offers, or the entries of a price list."""

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.rights import Right
from entrepot.catalog.service import CatalogService
from entrepot.imports.contract import Column, ImportRow, ImportSpec, Options, Outcome
from entrepot.kit.errors import InvalidInputError
from entrepot.kit.i18n import gettext
from entrepot.kit.tabular import CellError, read_decimal, read_flag, shorten
from entrepot.kit.text import N_
from entrepot.offers.prices.import_repository import Named, find_offers
from entrepot.offers.prices.lists import PriceLists
from entrepot.offers.prices.service import PriceService, checked_price
from entrepot.offers.prices.wanting import WantedPrice

OFFER_PRICES = "offer-prices"
LIST_PRICES = "price-list"
WHICH = N_("Name the offer: its number here, the channel's number, or account and SKU.")
NO_SUCH = N_("No offer fits. Compare with the export of prices.")
SEVERAL = N_("Several offers have the SKU {sku}. Name the account, too, or the channel's number.")
NO_PRICE = N_("Enter a price.")
TWICE = N_("Another row of the file is about the same offer.")
NO_PRODUCT = N_("There is no product with the SKU {sku}.")
OTHER_CURRENCY = N_("The list is in {currency}.")

PRICE = Column(
    key="price",
    label=N_("Price"),
    aliases=("prijs", "preis", "verkoopprijs", "verkaufspreis", "unit price", "new price", "nieuwe prijs"),
    required=True,
    number=True,
    example="12.49",
)
CURRENCY = Column(key="currency", label=N_("Currency"), aliases=("valuta", "waehrung", "währung"), example="EUR")
SKU = Column(
    key="sku",
    label=N_("SKU"),
    aliases=("artikelnummer", "item number", "article number", "productcode", "code", "reference", "referentie"),
    example="MUG-BLUE",
)


async def apply_offer_prices(
    session: AsyncSession, seller_id: UUID, rows: Sequence[ImportRow], options: Options
) -> list[Outcome]:
    """Set prices of offers by hand, or let go of them where ``release`` says yes.

    A price that is as it was sets nothing: who exports everything and changes ten prices locks ten.
    """
    outcomes: dict[int, Outcome] = {}
    found = await find_offers(session, seller_id, [row.cells for row in rows])
    wanted: list[tuple[int, WantedPrice]] = []
    released: list[tuple[int, UUID]] = []
    seen: set[UUID] = set()
    for index, row in enumerate(rows):
        try:
            named = _offer(row, found[index], seen)
            if row.cells.get("release") and read_flag(row.cells["release"]):
                released.append((index, named.offer_id))
                continue
            price = _wanted(row, named, options)
            if price.price == named.price and price.currency == named.currency:
                outcomes[index] = Outcome("unchanged")
            else:
                wanted.append((index, price))
        except CellError as error:
            outcomes[index] = Outcome("failed", {_column(error.template): error.sentence})
    service = PriceService(session)
    for (index, _), outcome in zip(wanted, await service.want([one for _, one in wanted]), strict=True):
        if outcome.refused is not None:
            outcomes[index] = Outcome("failed", {"price": outcome.refused.shown})
        else:
            outcomes[index] = Outcome("updated" if outcome.changed else "unchanged")
    for index, offer_id in released:
        outcomes[index] = Outcome("updated" if await service.release([offer_id]) else "unchanged")
    return [outcomes[index] for index in range(len(rows))]


def _offer(row: ImportRow, found: list[Named], seen: set[UUID]) -> Named:
    if not any(row.cells.get(key) for key in ("offer", "channel_offer_id", "sku")):
        raise CellError(WHICH)
    if not found:
        raise CellError(NO_SUCH)
    if len(found) > 1:
        raise CellError(SEVERAL, sku=shorten(row.cells.get("sku", "")))
    if found[0].offer_id in seen:
        raise CellError(TWICE)
    seen.add(found[0].offer_id)
    return found[0]


def _wanted(row: ImportRow, named: Named, options: Options) -> WantedPrice:
    if not row.cells.get("price"):
        raise CellError(NO_PRICE)
    return WantedPrice(
        offer_id=named.offer_id,
        price=_trimmed(read_decimal(row.cells["price"], options.mark)),
        currency=row.cells.get("currency", "").upper() or named.currency,
        source="manual",
        derivation={},
        reason=row.cells.get("reason", ""),
    )


def _column(template: str) -> str:
    return "price" if template not in {WHICH, NO_SUCH, SEVERAL, TWICE} else "offer"


def _trimmed(price: Decimal) -> Decimal:
    """Return 12.50 for 12.5000: what a spreadsheet wrote too exactly."""
    whole = price.normalize()
    exponent = whole.as_tuple().exponent
    return whole.quantize(Decimal("0.01")) if isinstance(exponent, int) and exponent >= -2 else whole  # noqa: PLR2004


async def apply_list_prices(
    session: AsyncSession, seller_id: UUID, rows: Sequence[ImportRow], options: Options
) -> list[Outcome]:
    """Set what products cost by the list that the import is about."""
    lists = PriceLists(session)
    found = await lists.find(UUID(options.subject))
    products = await CatalogService(session).resolve(seller_id, [row.cells.get("sku", "") for row in rows])
    known = await lists.prices_of(found.id, {product.id for product in products.values()})
    outcomes: list[Outcome] = []
    prices: dict[UUID, Decimal] = {}
    for row in rows:
        sku = row.cells.get("sku", "")
        currency = row.cells.get("currency", "").upper()
        problems: dict[str, str] = {}
        if sku not in products:
            problems["sku"] = gettext(NO_PRODUCT).format(sku=shorten(sku))
        if currency not in {"", found.currency}:
            problems["currency"] = gettext(OTHER_CURRENCY).format(currency=found.currency)
        try:
            price = checked_price(_trimmed(read_decimal(row.cells.get("price", ""), options.mark)), found.currency)
        except CellError as error:
            problems["price"] = error.sentence
        except InvalidInputError as error:
            problems |= error.problems
        else:
            if not problems:
                before = prices.get(products[sku].id, known.get(products[sku].id))
                prices[products[sku].id] = price
                outcomes.append(Outcome("created" if before is None else "unchanged" if before == price else "updated"))
                continue
        outcomes.append(Outcome("failed", problems))
    await lists.put(found.id, list(prices.items()))
    return outcomes


IMPORTS = [
    ImportSpec(
        kind=OFFER_PRICES,
        title=N_("Import prices of offers"),
        right=Right.OFFERS_MANAGE,
        columns=(
            Column(key="offer", label=N_("Offer"), help=N_("Its number here, as the export has it.")),
            Column(
                key="channel_offer_id",
                label=N_("Channel's number"),
                aliases=("channel offer id", "offer id", "offerid", "aanbod", "angebot"),
            ),
            Column(key="account", label=N_("Channel account"), aliases=("channel", "kanaal", "kanal")),
            SKU,
            PRICE,
            CURRENCY,
            Column(
                key="release",
                label=N_("Let go"),
                aliases=("loslaten", "freigeben"),
                help=N_("yes: let go of a price set by hand, instead of setting one."),
                example="no",
            ),
            Column(key="reason", label=N_("Reason"), aliases=("reden", "grund"), example=""),
        ),
        modes={"set": N_("Set prices by hand")},
        apply=apply_offer_prices,
        back="/offers/prices",
    ),
    ImportSpec(
        kind=LIST_PRICES,
        title=N_("Import a price list"),
        right=Right.OFFERS_MANAGE,
        columns=(
            Column(key=SKU.key, label=SKU.label, aliases=SKU.aliases, required=True, example=SKU.example),
            PRICE,
            CURRENCY,
        ),
        modes={"set": N_("Set what products cost by the list")},
        apply=apply_list_prices,
        back="/offers/prices/lists",
        start="/offers/prices/lists",
    ),
]
