"""What shops declare, in all the shapes that they give it; and their words about stock."""

import json
from decimal import Decimal

import pytest

from entrepot.pricewatch.extracting.contract import Availability, Extraction, Page, Recipe
from entrepot.pricewatch.extracting.service import extract, parse_selector
from entrepot.pricewatch.extracting.visible_stock import state_in_words

URL = "https://shop.example.com/p/cup?color=red"
BODY = "<html lang=en><title>Cup</title>{head}<h1>Cup</h1>{body}"


def read(offers: object = None, *, head: str = "", body: str = "", **more: object) -> Extraction:
    product = {"@type": ["Product"], "name": "Cup", **({} if offers is None else {"offers": offers}), **more}
    script = f'<script type="application/ld+json">{json.dumps(product)}</script>' if offers is not None or more else ""
    return extract(Page(URL, BODY.format(head=head + script, body=body).encode()))


def offer(price: object = 10, **more: object) -> dict[str, object]:
    return {"@type": "Offer", "price": price, "priceCurrency": "EUR", **more}


@pytest.mark.parametrize(
    ("offers", "price"),
    [
        (offer(), "10"),
        (offer("10.50"), "10.50"),
        (offer("1.299,00 €"), "1299"),
        ([offer(12, availability="SoldOut"), offer(11, availability="InStock")], "11"),
        ([offer(12, url="/p/cup?color=blue"), offer(13, url="https://shop.example.com/p/cup?color=red")], "13"),
        ({"@type": "AggregateOffer", "lowPrice": "9", "highPrice": "20", "priceCurrency": "EUR"}, "9"),
        ({"@type": "AggregateOffer", "priceCurrency": "EUR", "offers": [offer(8), offer(9)]}, "8"),
        ({"priceSpecification": [{"price": 15, "priceType": "https://schema.org/ListPrice"}, {"price": 12, "priceCurrency": "EUR"}]}, "12"),
        (["nonsense", None], None),
        ({"price": {"@value": "5"}, "priceCurrency": "eur"}, "5"),
        ({"price": "on request"}, None),
        ({"price": 0}, None),
    ],
    ids=str,
)  # fmt: skip
def test_offers_of_every_shape(offers: object, price: str | None) -> None:
    found = read(offers)

    assert found.price == (None if price is None else Decimal(price))
    assert found.currency == ("" if price is None else "EUR")


def test_details_of_offers() -> None:
    shipping = {"shippingRate": {"value": "3.95", "currency": "EUR"}}
    found = read(
        offer(
            sku="C-1",
            mpn="M-1",
            gtin13="4006381333931",
            shippingDetails=[shipping],
            availability="https://schema.org/BackOrder",
        ),
        productID="77",
    )

    assert (found.sku, found.mpn, found.gtin, found.shipping) == ("C-1", "M-1", "4006381333931", Decimal("3.95"))
    assert found.availability is Availability.BACK_ORDER
    assert read(offer(itemOffered={"sku": "C-2"})).sku == "C-2"
    assert read(offer(), gtin13="4006381333932").gtin == ""  # its check digit is wrong
    assert read(offer(), image=[{"url": "/a.png"}]).image == "https://shop.example.com/a.png"


def test_variants_and_other_products() -> None:
    group = read(hasVariant=[{"@type": "Product", "offers": offer(7, availability="InStock")}])
    sizes = [
        {"@type": "Product", "name": "Cup", "offers": offer(7, availability=stock)}
        for stock in ("OutOfStock", "InStock")
    ]
    both = extract(
        Page(
            URL, BODY.format(head=f'<script type="application/ld+json">{json.dumps(sizes)}</script>', body="").encode()
        )
    )
    others = [{"@type": "Product", "name": name, "offers": offer(3)} for name in ("Fork", "Knife", "Spoon")]
    listed = extract(
        Page(
            URL, BODY.format(head=f'<script type="application/ld+json">{json.dumps(others)}</script>', body="").encode()
        )
    )

    assert group.price == 7
    assert both.availability is Availability.IN_STOCK  # one of the sizes is there
    assert listed.price is None  # the page is about a cup


def test_open_graph_and_a_price_shown_elsewhere() -> None:
    head = '<meta property="product:price:amount" content="10.00"><meta property="product:price:currency" content="GBP"><meta property="product:availability" content="oos">'
    found = read(head=head)

    assert (found.price, found.currency, found.availability) == (Decimal("10.00"), "GBP", Availability.OUT_OF_STOCK)
    clearer = read(head=head, body='<div class="product-price current">£9.50</div><button>Add to cart</button>')
    assert clearer.price == Decimal("9.50")  # shown by the button, while 10.00 is shown nowhere


def test_numbers_without_a_label() -> None:
    assert read(body='<input name="product_id" value="48151">').sku == "48151"
    assert read(body='<div data-sku="AB-123">x</div>').sku == "AB-123"
    assert (
        read(
            body='<script>dataLayer.push({"productId": "99123", x: {"productId": "99123"}, y: {"sku":"99123"}, z: {"sku":"99123"}})</script>'
        ).sku
        == "99123"
    )
    assert read(body="<p>Ref 1002/710 and 2020/2021</p>").sku == "1002/710"
    assert extract(Page("https://x.example/p11002710.html", b"<h1>Boots</h1><p>Black - 1002/710</p>")).sku == "1002/710"
    assert read(body="<p>Size: 12 cm</p>").sku == ""


@pytest.mark.parametrize(
    ("words", "state"),
    [
        ("Op voorraad", "in_stock"), ("Niet op voorraad", "out_of_stock"), ("Uitverkocht", "out_of_stock"), ("Auf Lager", "in_stock"), ("Nicht verfügbar", "out_of_stock"),
        ("En stock", "in_stock"), ("Rupture de stock", "out_of_stock"), ("Disponibile", "in_stock"), ("Esaurito", "out_of_stock"), ("Agotado", "out_of_stock"),
        ("Vorbestellen", "pre_order"), ("Available on backorder", "back_order"), ("Skladem", "in_stock"), ("Нет в наличии", "out_of_stock"), ("In winkelwagen", "in_stock"),
        ("Notify me", "out_of_stock"), ("Blue", "unknown"), ("在庫あり", "in_stock"), ("Niet meer leverbaar", "discontinued"),
    ],
)  # fmt: skip
def test_words_about_stock(words: str, state: str) -> None:
    assert state_in_words(words).value == state


def test_stock_that_is_shown() -> None:
    price = '<p class="price">€5.00</p>'
    shown = {
        '<p class="stock">Pre-order now</p>': "pre_order",
        "<button>Pre-order: add to cart</button>": "pre_order",
        '<p class="availability">Sold out</p><button>Add to cart</button>': "out_of_stock",
        '<p class="stock" style="display:none">Sold out</p>': "in_stock",
        f"<p>Sold out</p><p>{'word ' * 200}</p>": "out_of_stock",
        f"<p>{'If it is out of stock we write to you. ' * 30}</p>": "in_stock",
    }

    assert {body: read(body=price + body).availability.value for body in shown} == shown


def test_money_of_selectors() -> None:
    body = '<p class="price">12.50</p><i class="old">20</i><i class="cur">CHF</i><i class="ship">free</i><i class="pack">6 pieces</i><i class="state">InStock</i>'
    written = (
        "price=css:.price",
        "original_price=css:.old",
        "currency=css:.cur",
        "shipping=css:.ship",
        "pack=css:.pack",
        "availability=css:.state",
        "gtin=css:.cur",
    )
    found = extract(
        Page(URL, BODY.format(head="", body=body).encode()),
        Recipe(selectors=tuple(map(parse_selector, written)), generic=False),
    )

    assert (found.price, found.original_price, found.currency) == (Decimal("12.50"), Decimal(20), "CHF")
    assert (found.shipping, found.pack, found.availability, found.gtin) == (Decimal(0), 6, Availability.IN_STOCK, "")


def test_a_page_that_a_browser_would_draw_is_read_from_its_data() -> None:
    data = {
        "menu": [{"name": "Fork", "price": 1}],
        "item": {"title": "Cup", "offer": {"price": {"value": 8.5}, "currency": "CHF", "inStock": False}, "sku": "C-8"},
    }
    found = read(head=f"<script>window.__DATA__ = {json.dumps(data)};</script>")

    assert (found.price, found.currency, found.sku, found.availability) == (
        Decimal("8.5"),
        "CHF",
        "C-8",
        Availability.OUT_OF_STOCK,
    )
    assert next(each for each in found.findings if each.field == "price").strategy == "json"
    assert read(head='<script>window.x = {"name": "Cup", "price": 0}; y = {"name": "Cup"</script>').price is None


def test_what_the_page_strikes_out_is_the_price_before() -> None:
    body = '<p class="price">€5.00</p><s>€6.00</s><section class="related"><s>€9.00</s></section>'

    assert read(body=body).original_price == Decimal("6.00")
    assert read(body="<p>now €5.00</p><s>€40.00</s>").original_price is None  # another product's, surely


SHOWN = '<div class="product"><div class="price-now">€ 25,00</div><button>Add to cart</button></div>'
LISTED = '<i class="price">€ {}</i>'


@pytest.mark.parametrize(
    ("body", "price", "before"),
    [
        (SHOWN, "25.00", None),  # what is shown so clearly counts more than what is declared
        (SHOWN + '<b class="price">€ 20,00</b>', "20", None),
        (SHOWN + '<del class="price">€ 20,00</del>', "25.00", None),
        (SHOWN + '<footer><nav class="related-header price">€ 20,00</nav></footer>', "20", None),
        (
            SHOWN + '<div class="related">' + "".join(LISTED.format(n) for n in (20, 21, 22, 23, 24)) + "</div>",
            "20",
            None,
        ),
        ('<div class="price-now">€ 20,00</div><div class="price-old">€ 30,00</div>', "20", "30.00"),
        ('<div class="price-now">€ 20,00</div><div class="price-old">€ 300,00</div>', "20", None),
        ('<div><s><b class="price">€ 20,00</b><b class="price">€ 30,00</b></s></div>', "20", None),
    ],
)
def test_what_is_declared_is_weighed_against_what_is_shown(body: str, price: str, before: str | None) -> None:
    found = read(offer(20), body=body)

    assert (found.price, found.original_price) == (Decimal(price), None if before is None else Decimal(before))


def test_a_strike_that_never_ends_strikes_out_nothing() -> None:
    body = '<s><div><h1>Cup</h1><div><div><div><div><b class="price-now">€ 25,00</b></div></div></div></div></div>'
    found = extract(Page(URL, f"<html><title>Cup</title><body>{body}".encode()))

    assert found.price == Decimal("25.00")
