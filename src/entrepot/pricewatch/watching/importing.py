"""Pages to watch, from tables and from pasted lines, each with its fate before anything is stored."""

import re
from collections.abc import Sequence
from typing import Literal
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.rights import Right
from entrepot.catalog.service import CatalogService
from entrepot.imports.contract import Column, ImportRow, ImportSpec, Options, Outcome
from entrepot.kit.errors import EntrepotError
from entrepot.kit.i18n import gettext
from entrepot.kit.money import CURRENCIES
from entrepot.kit.tabular import CellError, read_whole
from entrepot.kit.text import N_
from entrepot.pricewatch.watching.addresses import domain_of, normalise
from entrepot.pricewatch.watching.errors import AddressUnusableError, CatalogProductNotFoundError, TooManyLinesError
from entrepot.pricewatch.watching.service import NewListing, WatchService

MOST_LINES = 1000

COLUMNS = (
    Column(
        key="url",
        label=N_("Address"),
        aliases=("url", "link", "page", "adres", "adresse", "website"),
        required=True,
        help=N_("Of the product's page in the shop."),
        example="https://shop.example/products/blue-mug",
    ),
    Column(
        key="title",
        label=N_("Title"),
        aliases=("name", "naam", "titel", "product", "bezeichnung"),
        help=N_("Lines with the same title become one watched product. Empty: as the page says."),
        example="Mug, blue, 300 ml",
    ),
    Column(
        key="sku",
        label=N_("SKU"),
        aliases=("artikelnummer", "item number", "code"),
        help=N_("Of your own product that it is."),
        example="MUG-BLUE",
    ),
    Column(key="gtin", label=N_("GTIN"), aliases=("ean", "barcode", "upc"), example="8712345678906"),
    Column(key="group", label=N_("Group"), aliases=("groep", "gruppe", "category"), example="Kitchen"),
    Column(key="tags", label=N_("Tags"), aliases=("labels", "keywords"), help=N_("Separated by commas.")),
    Column(
        key="pack",
        label=N_("Units in a pack"),
        aliases=("pack", "pack size", "verpakking", "packung"),
        help=N_("How many units one piece there holds; its price is divided by it."),
        example="1",
    ),
    Column(key="check_minutes", label=N_("Minutes between checks"), aliases=("interval",), example="240"),
    Column(key="locale", label=N_("Locale"), help=N_("Of a store that is new, such as de_DE."), example="nl_NL"),
    Column(key="currency", label=N_("Currency"), help=N_("Of a store that is new, such as EUR."), example="EUR"),
)


class Fate(msgspec.Struct, frozen=True, kw_only=True):
    """What would become of one pasted line."""

    line: int
    url: str
    kind: Literal["new", "known", "twice", "wrong"]
    store: str = ""
    new_store: bool = False
    sentence: str = ""
    """Why it would not be added."""


def read_lines(pasted: str) -> list[str]:
    """Return the addresses in *pasted*: one a line, or the first that a line holds.

    Raises:
        TooManyLinesError: more than one request takes.
    """
    lines = [line.strip() for line in pasted.splitlines() if line.strip()]
    if len(lines) > MOST_LINES:
        raise TooManyLinesError(count=len(lines), most=MOST_LINES)
    return [(found[0] if (found := re.search(r"https?://\S+", line)) else line).rstrip(",;") for line in lines]


async def fates(session: AsyncSession, seller_id: UUID, written: Sequence[str]) -> list[Fate]:
    """Return what would become of each line; nothing is stored."""
    service = WatchService(session)
    addresses: dict[int, str] = {}
    found: dict[int, Fate] = {}
    for number, line in enumerate(written, start=1):
        try:
            addresses[number] = normalise(line)
        except AddressUnusableError as error:
            found[number] = Fate(line=number, url=line[:300], kind="wrong", sentence=told(error))
    under = await service.watched_under(seller_id, list(addresses.values()))
    stores = await service.stores_of(seller_id, {domain_of(url) for url in addresses.values()})
    seen: set[str] = set()
    for number, url in addresses.items():
        store = stores.get(domain_of(url))
        if url in under:
            sentence = gettext(N_("You watch this already under “{product}”.")).format(product=under[url][1])
            found[number] = Fate(line=number, url=url, kind="known", store=store or "", sentence=sentence)
        elif url in seen:
            sentence = gettext(N_("The same page is in an earlier line."))
            found[number] = Fate(line=number, url=url, kind="twice", sentence=sentence)
        else:
            name = store or domain_of(url)
            found[number] = Fate(line=number, url=url, kind="new", store=name, new_store=store is None)
        seen.add(url)
    return [found[number] for number in sorted(found)]


async def apply_rows(
    session: AsyncSession, seller_id: UUID, rows: Sequence[ImportRow], options: Options
) -> list[Outcome]:
    """Watch the pages of a table."""
    del options
    skus = {row.cells.get("sku", "") for row in rows} - {""}
    known = await CatalogService(session).resolve(seller_id, sorted(skus)) if skus else {}
    read = [_read(row, set(known)) for row in rows]
    good = [line for line in read if isinstance(line, NewListing)]
    added = {one.url: one for one in await WatchService(session).add_many(seller_id, good)} if good else {}
    outcomes: list[Outcome] = []
    seen: set[str] = set()
    for line in read:
        if isinstance(line, NewListing):
            new = added[line.url].listing_id is not None and line.url not in seen
            outcomes.append(Outcome("created" if new else "unchanged"))
            seen.add(line.url)
        else:
            outcomes.append(Outcome("failed", line))
    return outcomes


def _read(row: ImportRow, skus: set[str]) -> NewListing | dict[str, str]:
    """Return what *row* means, or column -> what is wrong with it."""
    cells = row.cells
    problems: dict[str, str] = {}
    numbers: dict[str, int | None] = {"pack": 1, "check_minutes": None}
    for name, most in (("pack", 100_000), ("check_minutes", 43_200)):
        try:
            numbers[name] = read_whole(cells[name]) if cells.get(name) else numbers[name]
        except CellError as error:
            problems[name] = error.sentence
        entered = numbers[name]
        if entered is not None and not 1 <= entered <= most:
            problems[name] = gettext(N_("Enter a whole number from {least} to {most}.")).format(least=1, most=most)
    try:
        url = normalise(cells.get("url", ""))
    except AddressUnusableError as error:
        url = ""
        problems["url"] = told(error)
    if (sku := cells.get("sku", "")) and sku not in skus:
        problems["sku"] = told(CatalogProductNotFoundError(product=sku))
    currency = cells.get("currency", "").upper()
    if currency and currency not in CURRENCIES:
        problems["currency"] = gettext(N_("Enter a currency such as EUR, or nothing."))
    if problems:
        return problems
    return NewListing(
        url=url,
        title=cells.get("title", ""),
        sku=sku,
        gtin=cells.get("gtin", ""),
        group=cells.get("group", ""),
        tags=tuple(tag.strip() for tag in cells.get("tags", "").split(",") if tag.strip()),
        pack=numbers["pack"] or 1,
        check_minutes=numbers["check_minutes"],
        locale=cells.get("locale", ""),
        currency=currency,
    )


def told(error: EntrepotError) -> str:
    """Return the sentence of *error* in the language of the request."""
    template, facts = error.told
    return gettext(template).format(**facts)


IMPORT = ImportSpec(
    kind="watched_products",
    title=N_("Import watched products"),
    right=Right.PRICEWATCH_MANAGE,
    columns=COLUMNS,
    modes={"create": N_("Watch what is new, leave the rest as it is")},
    apply=apply_rows,
    back="/prices/products",
)
