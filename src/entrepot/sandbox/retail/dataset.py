"""Reads the *Online Retail* extract and turns its dirty rows into orders and cancellations of a marketplace.

What becomes of each kind of row (counted by `ImportReport`, explained for users in ``docs/sandbox-data.md``):

- *Postage, fees, discounts, samples, manual entries* (``POST``, ``DOT``, ``C2``, ``M``, ``D``, ``S``,
  ``BANK CHARGES``, ``AMAZONFEE``) are no goods: dropped.
- *Zero prices* (goods given away, found or lost) were bought by nobody: dropped.
- *Negative quantities on a sales invoice* correct the shop's own stock: dropped.
- *A product repeated inside one invoice*: merged into one order item when the price is the same; a second order item
  when it is not, because a bol.com order item has one unit price.
- *Cancellations* (invoice numbers with ``C``) are matched with the latest earlier order of the same customer for
  the same product.  All of its units: the buyer asks to cancel the item.  Fewer: that many units are cancelled.
  No such order: dropped.
- *Prices* are in pounds: converted at a fixed rate, raised to bol.com's minimum of one euro where below.
- *Stray spaces* in descriptions are removed; *stock codes* are written in upper case.
- *Orders of hundreds of lines* stay whole: bol.com sets no limit to an order, only to a shipment (100 items).
- An invoice of which nothing is left is no order.
"""

import csv
import gzip
import io
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from importlib.resources import files
from itertools import groupby

import msgspec

from entrepot.sandbox.dice import Dice
from entrepot.sandbox.retail.catalogue import Bundle, Product, converted, in_euro, make_bundles, make_product
from entrepot.sandbox.retail.report import ImportReport

PSEUDO_PRODUCTS = frozenset({"POST", "DOT", "C2", "M", "D", "S", "BANK CHARGES", "AMAZONFEE"})
SHIPMENT_LIMIT = 100
"""Order items that one bol.com shipment can hold."""

_FILE = "online_retail_2010-12.csv.gz"
_BUNDLE_EVERY = 20
"""One order in so many also buys a gift set."""
_BUNDLE_DICE = Dice(0)
_SPACES = re.compile(r"\s+")


class Row(msgspec.Struct, frozen=True):
    """A row of the file, decoded and tidied."""

    invoice: str
    sku: str
    title: str
    quantity: int
    pounds: Decimal
    customer: str
    country: str


class SoldItem(msgspec.Struct):
    """A line of an order."""

    product: Product
    quantity: int
    price: Decimal


class Sale(msgspec.Struct, frozen=True):
    """An order; ``customer`` is empty when the data set does not know who bought."""

    invoice: str
    customer: str
    country: str
    items: tuple[SoldItem, ...]


class Cancellation(msgspec.Struct, frozen=True):
    """Units of item number ``item`` of an earlier sale that the buyer does not want after all."""

    invoice: str
    sku: str
    item: int
    quantity: int
    whole: bool


class Dataset(msgspec.Struct, frozen=True):
    """Everything the data set gives, in the order in which it happened."""

    steps: tuple[Sale | Cancellation, ...]
    products: tuple[Product, ...]
    bundles: tuple[Bundle, ...]
    report: ImportReport

    @property
    def sales(self) -> list[Sale]:
        return [step for step in self.steps if isinstance(step, Sale)]


@cache
def load() -> Dataset:
    """Read the extract shipped with the package, once per process."""
    report = ImportReport()
    rows = list(_read(report))
    products = _products(rows, report)
    bundles = make_bundles(list(products.values()))
    steps = tuple(_Steps(products, bundles, report).of(rows))
    return Dataset(steps=steps, products=tuple(products.values()), bundles=bundles, report=report)


def _read(report: ImportReport) -> Iterator[Row]:
    packed = files("entrepot.sandbox").joinpath("data", _FILE).read_bytes()
    with io.StringIO(gzip.decompress(packed).decode()) as text:
        for raw in csv.DictReader(text):
            report.rows += 1
            code, description = raw["StockCode"], raw["Description"]
            title = _SPACES.sub(" ", description).strip()
            report.lower_case_codes += code != code.upper()
            report.untidy_titles += title != description
            report.rows_without_customer += not raw["CustomerID"]
            yield Row(
                invoice=raw["InvoiceNo"],
                sku=code.upper(),
                title=title,
                quantity=int(raw["Quantity"]),
                pounds=Decimal(raw["UnitPrice"]),
                customer=raw["CustomerID"],
                country=raw["Country"],
            )


def _is_cancellation(row: Row) -> bool:
    return row.invoice.startswith("C")


def _is_goods(row: Row) -> bool:
    return row.sku not in PSEUDO_PRODUCTS and row.quantity > 0 and row.pounds > 0 and not _is_cancellation(row)


def _products(rows: list[Row], report: ImportReport) -> dict[str, Product]:
    """Title and price of a product are the ones most of its sales have."""
    titles: defaultdict[str, Counter[str]] = defaultdict(Counter)
    prices: defaultdict[str, Counter[Decimal]] = defaultdict(Counter)
    for row in filter(_is_goods, rows):
        titles[row.sku][row.title] += 1
        prices[row.sku][row.pounds] += 1
    products: dict[str, Product] = {}
    for sku in sorted(titles):
        pounds = prices[sku].most_common(1)[0][0]
        price = in_euro(pounds)
        report.raised_prices += price > converted(pounds)
        products[sku] = make_product(sku, titles[sku].most_common(1)[0][0], price)
    return products


class _Steps:
    """Turns rows into steps, remembering what can still be cancelled."""

    def __init__(self, products: dict[str, Product], bundles: tuple[Bundle, ...], report: ImportReport) -> None:
        self.products = products
        self.bundles = bundles
        self.report = report
        self.cancellable: defaultdict[tuple[str, str], list[Cancellation]] = defaultdict(list)

    def of(self, rows: list[Row]) -> Iterator[Sale | Cancellation]:
        for invoice, group in groupby(rows, key=lambda row: row.invoice):
            if invoice.startswith("C"):
                self.report.cancellation_invoices += 1
                yield from self._cancellations(list(group))
            else:
                self.report.sales_invoices += 1
                yield from self._sale(invoice, list(group))

    def _sale(self, invoice: str, rows: list[Row]) -> Iterator[Sale]:
        items: dict[tuple[str, Decimal], SoldItem] = {}
        codes: set[str] = set()
        for row in filter(self._keeps, rows):
            known = items.get((row.sku, row.pounds))
            if known is not None:
                self.report.merged_rows += 1
                known.quantity += row.quantity
                continue
            self.report.sold_rows += 1
            self.report.second_price_items += row.sku in codes
            codes.add(row.sku)
            items[row.sku, row.pounds] = SoldItem(self.products[row.sku], row.quantity, in_euro(row.pounds))
        if not items:
            self.report.invoices_without_goods += 1
            return
        self.report.orders += 1
        self.report.orders_over_a_shipment += len(items) > SHIPMENT_LIMIT
        customer = rows[0].customer
        if customer:
            for number, ((sku, _), item) in enumerate(items.items()):
                self.cancellable[customer, sku].append(Cancellation(invoice, sku, number, item.quantity, whole=True))
        sold = (*items.values(), *self._bundle_for(invoice))
        yield Sale(invoice=invoice, customer=customer, country=rows[0].country, items=sold)

    def _keeps(self, row: Row) -> bool:
        if row.sku in PSEUDO_PRODUCTS:
            self.report.fee_rows[row.sku] += 1
        elif row.quantity <= 0:
            self.report.adjustment_rows += 1
        elif row.pounds <= 0:
            self.report.zero_price_rows += 1
        else:
            return True
        return False

    def _bundle_for(self, invoice: str) -> Iterator[SoldItem]:
        if _BUNDLE_DICE.below(_BUNDLE_EVERY, "buys a bundle", invoice) == 0:
            bundle = _BUNDLE_DICE.pick(self.bundles, "which bundle", invoice)
            self.report.bundle_items += 1
            quantity = 1 + _BUNDLE_DICE.below(2, "how many bundles", invoice)
            yield SoldItem(bundle.product, quantity, bundle.product.price)

    def _cancellations(self, rows: list[Row]) -> Iterator[Cancellation]:
        for row in rows:
            if row.sku in PSEUDO_PRODUCTS:
                self.report.fee_cancellation_rows[row.sku] += 1
                continue
            bought = self.cancellable[row.customer, row.sku] if row.customer else []
            if not bought:
                self.report.unmatched_cancellation_rows += 1
                continue
            left, wanted = bought.pop(), -row.quantity
            self.report.capped_cancellations += wanted > left.quantity
            if wanted >= left.quantity:
                self.report.full_cancellation_rows += left.whole
                self.report.partial_cancellation_rows += not left.whole
                yield left
            else:
                self.report.partial_cancellation_rows += 1
                rest = left.quantity - wanted
                bought.append(Cancellation(left.invoice, left.sku, left.item, rest, whole=False))
                yield Cancellation(left.invoice, left.sku, left.item, wanted, whole=False)
