"""What became of the rows of the data set."""

from collections import Counter
from decimal import Decimal
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from entrepot.sandbox.retail.catalogue import MINIMUM_PRICE, ean13, ean_of, in_euro
from entrepot.sandbox.retail.dataset import PSEUDO_PRODUCTS, Cancellation, load
from entrepot.sandbox.retail.export import bundles, catalogue_rows, units_sold
from entrepot.sandbox.retail.people import Population


def test_every_row_is_accounted_for() -> None:
    report = load().report
    assert report.rows == report.accounted_rows() == 14_594


def test_dirty_rows_are_counted_by_kind() -> None:
    report = load().report
    assert report.fee_rows == {"POST": 23, "M": 16, "DOT": 9, "C2": 3, "BANK CHARGES": 1}
    assert report.fee_cancellation_rows == {"D": 3, "S": 2, "POST": 1, "BANK CHARGES": 1, "AMAZONFEE": 1}
    assert (report.zero_price_rows, report.adjustment_rows, report.merged_rows) == (79, 45, 449)
    assert (report.full_cancellation_rows, report.partial_cancellation_rows) == (15, 13)
    assert report.unmatched_cancellation_rows == 138


def test_orders_are_the_sales_invoices_with_goods() -> None:
    data = load()
    assert (data.report.sales_invoices, data.report.cancellation_invoices) == (629, 70)
    assert data.report.orders + data.report.invoices_without_goods == 629
    assert len(data.sales) == data.report.orders == 561
    assert len({sale.invoice for sale in data.sales}) == 561


def test_an_order_holds_a_product_once_per_price_and_no_fees() -> None:
    for sale in load().sales:
        keys = Counter((item.product.sku, item.price) for item in sale.items if item.price > MINIMUM_PRICE)
        assert set(keys.values()) <= {1}
        assert not PSEUDO_PRODUCTS & {item.product.sku for item in sale.items}
        assert all(item.quantity > 0 and item.price >= MINIMUM_PRICE for item in sale.items)


def test_large_orders_stay_whole() -> None:
    sizes = [len(sale.items) for sale in load().sales]
    assert max(sizes) > 600
    assert load().report.orders_over_a_shipment == 11


def test_cancellations_never_take_more_than_was_bought() -> None:
    data = load()
    sales = {sale.invoice: sale for sale in data.sales}
    taken: Counter[tuple[str, int]] = Counter()
    for step in data.steps:
        if isinstance(step, Cancellation):
            item = sales[step.invoice].items[step.item]
            assert item.product.sku == step.sku
            taken[step.invoice, step.item] += step.quantity
            assert taken[step.invoice, step.item] <= item.quantity
            assert step.quantity == item.quantity or not step.whole


def test_titles_are_tidy() -> None:
    titles = [product.title for product in load().products]
    assert all(title == " ".join(title.split()) != "" for title in titles)


def test_eans_are_valid_unique_and_for_internal_use() -> None:
    rows = catalogue_rows()
    eans = [row["gtin"] for row in rows] + [bundle.product.ean for bundle in bundles()]
    assert len(set(eans)) == len(eans) == 2180 + 3
    for ean in eans:
        assert len(ean) == 13
        assert ean.startswith("2")
        assert sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(ean)) % 10 == 0


@given(st.text(alphabet="0123456789", min_size=12, max_size=12))
def test_check_digits_make_the_sum_round(digits: str) -> None:
    assert sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(ean13(digits))) % 10 == 0


def test_an_ean_never_changes() -> None:
    assert ean_of("85123A") == ean_of("85123A") == next(r["gtin"] for r in catalogue_rows() if r["sku"] == "85123A")


def test_prices_are_euros_and_at_least_one() -> None:
    assert in_euro(Decimal("2.55")) == Decimal("3.01")
    assert in_euro(Decimal("0.42")) == Decimal("1.00")


def test_the_catalogue_has_what_a_hub_needs() -> None:
    for row in catalogue_rows():
        assert list(row) == ["sku", "gtin", "title", "price", "cost", "weight"]
        assert Decimal(0) < Decimal(row["cost"]) < Decimal(row["price"])
        assert int(row["weight"]) > 0


def test_bundles_consist_of_products_that_are_sold_alone_too() -> None:
    skus = {row["sku"] for row in catalogue_rows()}
    sold = Counter(item.product.sku for sale in load().sales for item in sale.items)
    assert [bundle.product.sku for bundle in bundles()] == ["BUNDLE-TEATIME", "BUNDLE-JAM", "BUNDLE-WINTER"]
    for bundle in bundles():
        assert sold[bundle.product.sku] > 3
        assert {component.sku for component in bundle.components} <= skus
        assert all(sold[component.sku] for component in bundle.components)


def test_units_sold_count_the_parts_of_bundles() -> None:
    sold = units_sold()
    alone = sum(item.quantity for sale in load().sales for item in sale.items if item.product.sku == "22423")
    in_sets = sum(item.quantity for sale in load().sales for item in sale.items if item.product.sku == "BUNDLE-TEATIME")
    assert sold["22423"] == alone + in_sets > alone
    assert "BUNDLE-TEATIME" not in sold


def test_a_customer_always_lives_at_the_same_address() -> None:
    assert Population(7).buyer("0/17850", "United Kingdom") == Population(7).buyer("0/17850", "United Kingdom")
    assert Population(8).buyer("0/17850", "United Kingdom") != Population(7).buyer("0/17850", "United Kingdom")


def test_buyers_live_in_the_netherlands_belgium_and_germany() -> None:
    people = [Population(7).buyer(str(number), "United Kingdom") for number in range(400)]
    countries = Counter(person.country for person in people)
    assert countries["NL"] > countries["BE"] > countries["DE"] > 0
    for person in people:
        letters = person.postcode.lstrip("0123456789")
        assert (len(person.postcode), len(letters)) == {"NL": (6, 2), "BE": (4, 0), "DE": (5, 0)}[person.country]
    assert Population(7).buyer("1", "Germany").country == "DE"
    assert Population(7).buyer("1", "Belgium").country == "BE"


def test_the_manual_says_what_became_of_the_rows() -> None:
    report = load().report
    manual = (Path(__file__).parents[2] / "docs" / "sandbox-data.md").read_text()
    counted = {
        "goods sold": report.sold_rows,
        "the same product at the same price": report.merged_rows,
        "postage and fees": report.fee_rows.total(),
        "a price of zero": report.zero_price_rows,
        "a negative quantity": report.adjustment_rows,
        "a cancellation of all units": report.full_cancellation_rows,
        "a cancellation of some units": report.partial_cancellation_rows,
        "a cancellation without": report.unmatched_cancellation_rows,
        "cancelled fees": report.fee_cancellation_rows.total(),
    }
    assert sum(counted.values()) == report.rows
    for what, rows in counted.items():
        assert f"| {rows:,} | {what}" in manual
    for words in (
        f"{report.rows:,} rows",
        f"**{report.orders} of the {report.sales_invoices} sales become orders**; of the other 68",
        f"{report.sold_rows + report.bundle_items:,} order items of {len(load().products):,} products",
        f"({report.second_price_items} times)",
        f"the {report.orders_over_a_shipment} orders",
        f"{report.lower_case_codes} rows had lower-case letters",
        f"({report.untidy_titles:,} rows)",
        f"the offers of {report.raised_prices} products",
        f"{report.rows_without_customer:,} rows without a customer number",
        f"({report.bundle_items} items in all)",
        *(f"| {bundle.product.price} |" for bundle in bundles()),
    ):
        assert words in manual
