"""Pages of many makes: what is declared, what is shown, what a selector points at, and pages that mean harm."""

import time
from decimal import Decimal

import pytest

from entrepot.pricewatch.extracting.contract import Availability, Case, Extraction, Field, Page, Recipe
from entrepot.pricewatch.extracting.errors import SelectorBrokenError
from entrepot.pricewatch.extracting.service import extract, parse_selector, replay, write_selector

JSON_LD = """<html lang="nl"><head><title>Boormachine X1</title><script type="application/ld+json">
{"@context": "https://schema.org", "@graph": [{"@type": "BreadcrumbList"}, {"@type": "Product", "name": "Boormachine X1", "sku": "BX-1", "gtin13": "4006381333931",
 "brand": {"@type": "Brand", "name": "Acme"}, "image": ["/x1.jpg"], "isRelatedTo": [{"@type": "Product", "name": "Boor", "offers": {"price": "1"}}],
 "offers": {"@type": "Offer", "price": "129.95", "priceCurrency": "EUR", "availability": "https://schema.org/OutOfStock",}}]}
</script></head><body><h1>Boormachine X1</h1><div class="price">€ 129,95</div></body></html>"""
MICRODATA = """<html><body><div itemscope itemtype="http://schema.org/Product"><h1 itemprop="name">Lamp</h1><span itemprop="sku">L-100</span>
<div itemprop="offers" itemscope itemtype="http://schema.org/Offer"><meta itemprop="priceCurrency" content="GBP"><span itemprop="price" content="25.00">£25</span>
<link itemprop="availability" href="http://schema.org/PreOrder"></div></div></body></html>"""
SHOWN = """<html lang="de-DE"><head><title>Regal Eiche</title></head><body><nav><span class="cart-price">0,00 €</span></nav><main><h1>Regal Eiche 3er-Pack</h1>
<div class="box"><del class="price-old">1.299,00 €</del> <span class="price-now">999<sup>95</sup> €</span></div><p class="stock">Sofort lieferbar</p><p>Versandkosten: 4,95 €</p>
<button>In den Warenkorb</button><p>Artikelnummer: R-4711</p><p>EAN: 4006381333931</p></main>
<section class="related-products"><h3>Auch gut</h3><div class="price">5,00 €</div></section></body></html>"""
SOLD_OUT = """<html><body><h1>Poster</h1><div class="price">$10.00</div><div class="stock">Sold out</div><button disabled>Add to cart</button></body></html>"""
EMBEDDED = """<html><body><h1>Chair</h1><p id="p">only <b>12,50</b></p><a class="sku" data-code="CH-9">x</a><script id="__NEXT_DATA__" type="application/json">
{"props": {"product": {"price": {"value": 49.5, "currency": "CHF"}}}}</script><script>window.__STATE__ = {"stock": {"state": "in stock"}, "s": "}{"};</script></body></html>"""


def page(text: str, url: str = "https://shop.example.nl/p/x1", content_type: str = "text/html") -> Page:
    return Page(url, text.encode(), content_type)


def test_json_ld_of_the_pages_own_product_is_read_with_its_evidence() -> None:
    found = extract(page(JSON_LD))

    assert (found.price, found.currency, found.availability) == (Decimal("129.95"), "EUR", Availability.OUT_OF_STOCK)
    assert (found.sku, found.gtin, found.brand, found.title) == ("BX-1", "4006381333931", "Acme", "Boormachine X1")
    assert found.image == "https://shop.example.nl/x1.jpg"
    assert {finding.field: (finding.strategy, finding.where) for finding in found.findings}[Field.PRICE] == (
        "json_ld",
        "Product.offers.price",
    )


def test_microdata_is_read() -> None:
    found = extract(page(MICRODATA, "https://shop.example.com/lamp"))

    assert (found.price, found.currency, found.sku, found.availability) == (
        Decimal("25.00"),
        "GBP",
        "L-100",
        Availability.PRE_ORDER,
    )


def test_a_page_that_declares_nothing_is_read_as_a_person_reads_it() -> None:
    found = extract(page(SHOWN, "https://moebel.example.de/regal"))

    assert (found.price, found.original_price, found.currency) == (Decimal("999.95"), Decimal("1299.00"), "EUR")
    assert (found.availability, found.sku, found.gtin) == (Availability.IN_STOCK, "R-4711", "4006381333931")
    assert (found.shipping, found.pack) == (Decimal("4.95"), 3)


def test_a_dead_button_means_sold_out_and_nobodys_dollars_are_no_currency() -> None:
    found = extract(page(SOLD_OUT, "https://art.example.com/poster"))

    assert (found.availability, found.currency) == (Availability.OUT_OF_STOCK, "")
    assert "currency" in found.problems[0]
    assert extract(page(SOLD_OUT, "https://art.example.com.au/poster")).currency == "AUD"


def test_a_page_in_euro_is_never_stored_as_dollars() -> None:
    found = extract(page(JSON_LD), Recipe(currency="USD", locale="en_US"))

    assert (found.price, found.currency) == (Decimal("129.95"), "EUR")
    assert "EUR" in found.problems[0]


@pytest.mark.parametrize(
    ("written", "answer"),
    [
        ("price=json:$.props.product.price.value", "49.5"),
        ("price=css:#p b", "12.5"),
        ("price=xpath://p[@id='p']/b/text()", "12.5"),
        (r"price=regex:only <b>([\d,]+)", "12.5"),
        ("sku=attribute:a.sku@data-code", "CH-9"),
        ("sku=css:a.sku@data-code", "CH-9"),
        ("availability=json:$.stock.state", "in_stock"),
        ("currency=json:$.props.product.price.currency", "CHF"),
    ],
)
def test_a_selector_of_each_kind_finds_its_value(written: str, answer: str) -> None:
    selector = parse_selector(written)
    found = extract(page(EMBEDDED), Recipe(selectors=(selector,), locale="de"))

    assert found.answers()[selector.field] == answer
    assert parse_selector(write_selector(selector)) == selector
    assert next(each for each in found.findings if each.field is selector.field).strategy == selector.kind.value


def test_a_path_to_siblings_starts_at_few_elements() -> None:
    one = parse_selector("price=xpath://dt[.='Price: //']/following-sibling::dd[1]")
    many = parse_selector("price=xpath://p/following-sibling::p")
    body = "<dl><dt>Price: //</dt><dd>12,50 EUR</dd></dl>" + "<p>3,50 EUR</p>" * 20_000
    answered = [extract(page(body), Recipe(selectors=(each,), generic=False)).price for each in (one, many)]
    assert answered == [Decimal("12.50"), None]


def test_declared_data_can_be_pointed_at() -> None:
    for written in ("price=json_ld:", "price=json-ld:offers.price"):
        assert extract(page(JSON_LD), Recipe(selectors=(parse_selector(written),), generic=False)).price == Decimal(
            "129.95"
        )
    assert (
        extract(page(MICRODATA), Recipe(selectors=(parse_selector("sku=microdata:sku"),), generic=False)).sku == "L-100"
    )


def test_a_selector_that_finds_nothing_is_a_problem_and_the_next_one_counts() -> None:
    recipe = Recipe(
        selectors=(parse_selector("price=css:.gone"), parse_selector("price=css:#p b")), generic=False, currency="EUR"
    )
    broken = Recipe(selectors=(parse_selector("price=css:.gone"),), generic=False)

    assert (extract(page(EMBEDDED), recipe).price, extract(page(EMBEDDED), recipe).currency) == (
        Decimal("12.50"),
        "EUR",
    )
    assert "price=css:.gone" in extract(page(EMBEDDED), broken).problems[0]


@pytest.mark.parametrize(
    "written",
    [
        "price=css:", "price=css:p[", "price=xpath://p[", "price=json:$[", "price=regex:(a+)+b", "price=regex:(a|aa)*b", r"price=regex:(a)\1", "price=regex:[",
        "price=regex:.*.*.*x", "price=attribute:.price", "price=hope:x", "cost=css:p", "css:p", f"price=css:{'p ' * 400}", "price=xpath://a//b//c//d//e//f//g",
        "price=xpath://p[count(//p[count(//p)>9])>0]", "price=xpath://p[following::p]", "price=xpath:(//p)[.//b]", "price=xpath://p/following::p",
        "price=xpath://a/following-sibling::a/following-sibling::a", "price=json:$..[?$..[?$..c]]", "price=json:$..[?@.name =~ /(a+)+$/]",
        "price=json:$..[?search(@.name, '(a+)+$')]", "price=json:$..[?match(@.name, 'a')]", "price=json:$..[?@..a]", "price=xpath://following-sibling::p", "price=xpath:string(//p/ following-sibling::p)",
        r"price=json:$..[?@.a == '\'' && search(@.b, 'a')]", "price=json:$..[?@[?@.a]]", "price=json:$..*..*..*",
    ],
)  # fmt: skip
def test_a_selector_that_cannot_work_is_refused_with_the_reason(written: str) -> None:
    with pytest.raises(SelectorBrokenError):
        parse_selector(written)


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("<h1>Käse</h1>".encode("cp1252"), "text/html; charset=ISO-8859-1"),
        ("<meta charset=windows-1252><h1>Käse</h1>".encode("cp1252"), ""),
        ("<h1>Käse</h1>".encode(), "text/html; charset=iso-8859-1"),
        ("<h1>Käse</h1>".encode("utf-8-sig"), ""),
        ("<h1>Käse</h1>".encode("utf-16"), ""),
        ("<h1>Käse</h1>".encode("cp1252"), "text/html; charset=nonsense"),
    ],
)
def test_every_alphabet_is_read(body: bytes, content_type: str) -> None:
    assert extract(Page("https://shop.example.de/", body, content_type)).title == "Käse"


HOSTILE = {
    "nothing": b"",
    "nul": b"\0" * 10_000,
    "nested": b"<div>" * 200_000,
    "nested and closed": b"<div>" * 100_000 + b"</div>" * 100_000,
    "closed in attributes": b'<div title="</div>">' * 100_000,
    "closed in comments": b"<div><!--</div>-->" * 100_000,
    "formatting": b"".join(b"<p><b a=%d>x</p>" % number for number in range(20_000)),
    "attributes": b"<div " + b" ".join(b"a%d=1" % number for number in range(50_000)) + b">",
    "json": b'<script type="application/ld+json">' + b'{"a":' * 100_000 + b"</script>",
    "many objects": b'<script type="application/ld+json">['
    + b'{"@type":"Product","offers":[{}]},' * 20_000
    + b"{}]</script>",
    "prices": b"<h1>x</h1>" + b'<span class="price">1,1,1,1,1</span>' * 20_000,
    "digits": b'<h1>x</h1><span class="price">' + b"9" * 100_000 + b"</span>",
    "labels": b"<h1>x</h1><p>" + b"sku: " * 20_000,
    "types": b'<script type="application/ld+json">{"@type":["Product",{}],"offers":{"price":{"a":[]},"availability":[[[]]],"url":"http://[x"},"image":[[]],"name":{"@value":[1]}}</script>',
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_page_that_means_harm_neither_raises_nor_hangs(kind: str) -> None:
    start = time.process_time()
    found = extract(Page("http://[broken", HOSTILE[kind]))

    assert isinstance(found, Extraction)
    assert time.process_time() - start < 2
    assert found.problems


def test_a_pattern_that_would_run_for_ever_is_given_up() -> None:
    start = time.process_time()
    found = extract(
        Page("https://x.example/", b"a" * 400_000), Recipe(selectors=(parse_selector("price=regex:a.*a.*b"),))
    )

    assert found.price is None
    assert time.process_time() - start < 4


def test_a_changed_recipe_is_replayed_over_kept_pages() -> None:
    old, new = Recipe(), Recipe(selectors=(parse_selector("price=css:.price-old"),))
    kept = Case("1", page(SHOWN, "https://moebel.example.de/regal"))
    corrected = Case("2", kept.page, truth={Field.PRICE: "1299"})
    disputed = Case("3", kept.page, wrong={Field.PRICE: "999.95"})

    assert replay([kept], old, old) == []
    changed = replay([kept, corrected, disputed], old, new)
    assert [
        (each.case_id, each.field, each.expected, each.got, each.by_person)
        for each in changed
        if each.field is Field.PRICE
    ] == [("1", Field.PRICE, "999.95", "1299", False)]
    assert [(each.case_id, each.expected, each.by_person) for each in replay([corrected, disputed], old, old)] == [
        ("2", "1299", True),
        ("3", "not 999.95", True),
    ]
