"""Products from tables: which columns there are, and how their rows become products."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.rights import Right
from entrepot.catalog.fields import read_fields, read_sku
from entrepot.catalog.writing import Draft, Mode, ProductWriter
from entrepot.imports.contract import Column, ImportRow, ImportSpec, Options, Outcome
from entrepot.kit.tabular import CellError, read_whole, shorten
from entrepot.kit.text import N_

OPTIONAL_TEXT = frozenset({"kind", "active", "buffer", "purchase_currency", "sales_currency", "vat_class"})
"""Fields that always have a value: an empty cell leaves them as they are."""

COLUMNS = (
    Column(
        key="sku",
        label=N_("SKU"),
        aliases=("artikelnummer", "item number", "article number", "productcode", "code", "artikelcode", "reference"),
        required=True,
        help=N_("Your own number of the product; each once."),
        example="MUG-BLUE",
    ),
    Column(
        key="title",
        label=N_("Title"),
        aliases=("name", "naam", "titel", "product name", "productnaam", "bezeichnung", "description", "omschrijving"),
        help=N_("Needed for new products."),
        example="Mug, blue, 300 ml",
    ),
    Column(
        key="gtin",
        label=N_("GTIN"),
        aliases=("ean", "ean13", "ean code", "barcode", "upc", "streepjescode", "isbn"),
        help=N_("8, 12, 13 or 14 digits; the last is checked."),
        example="8712345678906",
    ),
    Column(
        key="kind",
        label=N_("Kind"),
        aliases=("type", "soort", "art"),
        help=N_("simple, bundle or parent."),
        example="simple",
    ),
    Column(
        key="components",
        label=N_("Components"),
        aliases=("bundle", "bill of materials", "stueckliste", "onderdelen", "samenstelling"),
        help=N_("Of a bundle: SKU and quantity, like MUG-BLUE:2, BOX:1. List the components above the bundle."),
        example="",
    ),
    Column(
        key="parent_sku",
        label=N_("Parent SKU"),
        aliases=("parent", "hoofdproduct", "vaterartikel"),
        help=N_("Of a variant: the SKU of a product of the kind parent, listed above it."),
    ),
    Column(
        key="options",
        label=N_("Options"),
        aliases=("variant", "opties"),
        help=N_("Of a variant, like Colour: red; Size: L."),
    ),
    Column(
        key="weight_g",
        label=N_("Weight (g)"),
        aliases=("weight", "gewicht", "weight grams", "gewicht g"),
        help=N_("Whole grams."),
        example="350",
    ),
    Column(key="length_mm", label=N_("Length (mm)"), aliases=("length", "lengte", "laenge", "länge"), example="120"),
    Column(key="width_mm", label=N_("Width (mm)"), aliases=("width", "breedte", "breite"), example="90"),
    Column(key="height_mm", label=N_("Height (mm)"), aliases=("height", "hoogte", "hoehe", "höhe"), example="100"),
    Column(
        key="purchase_price",
        label=N_("Purchase price"),
        aliases=("cost", "cost price", "inkoopprijs", "einkaufspreis", "ek"),
        number=True,
        example="2.10",
    ),
    Column(key="purchase_currency", label=N_("Purchase currency"), aliases=("cost currency",), example="EUR"),
    Column(
        key="sales_price",
        label=N_("Sales price"),
        aliases=("price", "prijs", "verkoopprijs", "preis", "verkaufspreis", "vk", "unit price"),
        number=True,
        example="7.95",
    ),
    Column(
        key="sales_currency",
        label=N_("Sales currency"),
        aliases=("currency", "valuta", "waehrung", "währung"),
        example="EUR",
    ),
    Column(
        key="vat_class",
        label=N_("VAT class"),
        aliases=("vat", "btw", "mwst", "tax class"),
        help=N_("standard, reduced, second_reduced, zero or exempt."),
        example="standard",
    ),
    Column(key="image_url", label=N_("Image address"), aliases=("image", "afbeelding", "bild", "picture", "image url")),
    Column(
        key="tags",
        label=N_("Tags"),
        aliases=("labels", "keywords", "tag"),
        help=N_("Separated by commas."),
        example="kitchen, gift",
    ),
    Column(
        key="active", label=N_("Active"), aliases=("actief", "aktiv", "enabled"), help=N_("yes or no."), example="yes"
    ),
    Column(
        key="buffer",
        label=N_("Buffer"),
        aliases=("safety stock", "buffervoorraad", "puffer"),
        help=N_("Units withheld from channels."),
        example="0",
    ),
)


def read_components(text: str) -> dict[str, int]:
    """Return SKU -> units from text like ``MUG-BLUE:2, BOX``; without a number one unit is meant.

    Raises:
        CellError: a quantity is none, or a SKU comes twice.
    """
    components: dict[str, int] = {}
    for part in filter(None, map(str.strip, text.replace("\n", ",").replace(";", ",").split(","))):
        name, found, quantity = part.rpartition(":")
        sku = read_sku(name if found else part)
        if sku in components:
            raise CellError(
                N_("{sku} is listed twice among the components. List it once with the whole quantity."), sku=sku
            )
        units = read_whole(quantity) if found else 1
        if units < 1:
            raise CellError(N_("“{part}”: a component needs a quantity of at least 1."), part=shorten(part))
        components[sku] = units
    return components


async def apply_products(
    session: AsyncSession, seller_id: UUID, rows: Sequence[ImportRow], options: Options
) -> list[Outcome]:
    """Save rows as products.  An empty cell leaves optional fields of settled meaning alone and clears the others."""
    outcomes: dict[int, Outcome] = {}
    drafts: list[tuple[int, Draft]] = []
    for index, row in enumerate(rows):
        draft, problems = _draft(row, options)
        if problems:
            outcomes[index] = Outcome("failed", problems)
        else:
            drafts.append((index, draft))
    saved = await ProductWriter(session).save(seller_id, [draft for _, draft in drafts], Mode(options.mode))
    for (index, _), result in zip(drafts, saved, strict=True):
        outcomes[index] = Outcome(result.result, result.problems)
    return [outcomes[index] for index in range(len(rows))]


def _draft(row: ImportRow, options: Options) -> tuple[Draft, dict[str, str]]:
    raw = {
        key: text
        for key, text in row.cells.items()
        if text or key == "sku" or not (key in OPTIONAL_TEXT or key in {"title", "components", "parent_sku"})
    }
    reading = read_fields(raw, options.mark)
    components: dict[str, int] | None = None
    if raw.get("components"):
        try:
            components = read_components(raw["components"])
        except CellError as error:
            reading.problems["components"] = error.sentence
    draft = Draft(values=reading.values, components=components, parent_sku=raw.get("parent_sku") or None)
    return draft, reading.problems


IMPORTS = [
    ImportSpec(
        kind="products",
        title=N_("Import products"),
        right=Right.CATALOG_WRITE,
        columns=COLUMNS,
        modes={
            "both": N_("Add new products and update existing ones"),
            "create": N_("Only add new products"),
            "update": N_("Only update existing products"),
        },
        apply=apply_products,
        back="/products",
    )
]
