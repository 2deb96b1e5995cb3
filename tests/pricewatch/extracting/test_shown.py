"""What pages show about stock and article numbers, of a product that is shown beside another one."""

import pytest

from entrepot.pricewatch.extracting.contract import Page
from entrepot.pricewatch.extracting.service import extract

PAGE = """<html lang="{language}"><head><title>Kettle K5 - Shop</title></head><body>
<header><nav><a href="/">Home</a><a href="/pre-order">Pre-order</a><a href="/cart">Cart (0)</a></nav></header>
<main><div class="product"><h1>Kettle K5</h1><div class="price">€ 49,95</div>{shown}</div></main>
<section class="related products"><h2>Others bought</h2><ul><li class="product"><span class="badge">Sold out</span>
<a href="/p2">Toaster</a><span class="price">€ 9,95</span><a class="button add_to_cart">Add to cart</a></li></ul></section></body></html>"""


@pytest.mark.parametrize(
    ("language", "state", "shown"),
    [
        (
            "en",
            "in_stock",
            '<select name="size"><option>S - sold out</option><option>M</option></select><ul class="sizes"><li class="out-of-stock" title="out of stock">XL</li><li>M</li></ul><button>Add to cart</button>',
        ),
        ("en", "out_of_stock", "<button>Notify me when available</button>"),
        (
            "en",
            "out_of_stock",
            "<form><label>Email me when back in stock</label><input type=email><button>Sign up</button></form>",
        ),
        ("en", "out_of_stock", '<p class="stock">Out of stock</p><button>Join the waitlist</button>'),
        ("en", "in_stock", '<p class="qty">Only 3 left!</p><button>Add to basket</button>'),
        ("en", "in_stock", "<p>Ships in 2-3 weeks</p><button>Add to cart</button>"),
        (
            "en",
            "out_of_stock",
            '<div class="availability"><span>Currently unavailable.</span> We don\'t know when or if this item will be back in stock.</div>',
        ),
        ("en", "out_of_stock", '<button class="add-to-cart" disabled="disabled">Add to cart</button>'),
        (
            "en",
            "in_stock",
            '<button>Add to cart</button><div class="accordion"><p>If an item is out of stock we will let you know by e-mail within two days and refund you.</p></div>',
        ),
        (
            "nl",
            "out_of_stock",
            '<div class="stock-label">Uitverkocht</div><a class="btn">Mail mij als dit product weer op voorraad is</a>',
        ),
        ("nl", "in_stock", "<div>Levertijd: 2-3 werkdagen</div><button>In winkelmand</button>"),
        ("nl", "out_of_stock", '<div class="delivery">Dit artikel is tijdelijk niet leverbaar</div>'),
        ("de", "out_of_stock", '<p class="lieferstatus">Derzeit nicht verfügbar</p>'),
        (
            "de",
            "in_stock",
            '<span class="delivery-status">Lieferzeit 3-5 Tage</span><button type="submit" class="btn-buy">In den Warenkorb</button>',
        ),
        ("de", "pre_order", '<p>Erscheint am 12.12.2026</p><button class="btn-buy">Jetzt vorbestellen</button>'),
        (
            "fr",
            "out_of_stock",
            '<span class="dispo">Temporairement indisponible</span><button disabled>Ajouter au panier</button>',
        ),
        ("fr", "back_order", '<span class="dispo">Sur commande</span><button>Ajouter au panier</button>'),
        ("it", "out_of_stock", '<p class="availability">Non disponibile</p>'),
        ("es", "in_stock", '<p class="disponibilidad">Disponible en 24 h</p><button>Añadir al carrito</button>'),
        (
            "en",
            "in_stock",
            '<div class="availability-home">Delivery: available</div><div class="availability-store">Store pickup: unavailable</div><button>Add to trolley</button>',
        ),
        (
            "en",
            "in_stock",
            '<p class="stock out-of-stock" style="display:none">Out of stock</p><p class="stock">In stock</p><button>Add to cart</button>',
        ),
        (
            "en",
            "back_order",
            '<p class="stock available-on-backorder">Available on backorder</p><button>Add to cart</button>',
        ),
        ("en", "pre_order", '<p class="stock">Coming soon - pre-order today</p><button>Pre-order</button>'),
        ("en", "discontinued", '<p class="stock">Discontinued</p>'),
        ("en", "in_stock", "<p>In stock online</p>"),
        ("en", "out_of_stock", '<p class="stock">0 in stock</p>'),
        ("en", "out_of_stock", '<p class="stock">Not in stock</p>'),
        (
            "en",
            "out_of_stock",
            '<p class="availability">Back in stock on 12 May</p><button disabled>Add to cart</button>',
        ),
    ],
)
def test_shown_stock_is_the_products_own(language: str, state: str, shown: str) -> None:
    found = extract(Page("https://shop.example.eu/p", PAGE.format(language=language, shown=shown).encode()))
    assert found.availability == state


@pytest.mark.parametrize(
    ("language", "shown", "sku"),
    [
        ("en", "Item #: 12345-A", "12345-A"),
        ("en", "SKU# 445-A", "445-A"),
        ("en", "Product code: K5-BLK", "K5-BLK"),
        ("fr", "Ref. 1234", "1234"),
        ("nl", "Artikelcode: LS-889", "LS-889"),
        ("nl", "Bestelnr. 887766", "887766"),
        ("de", "Art.-Nr. 9311.004", "9311.004"),
        ("de", "Best.-Nr.: 887766", "887766"),
        ("de", "Webcode: 300-551", "300-551"),
        ("sv", "Art. nr: 887766", "887766"),
        ("it", "Cod. 00887766", "00887766"),
        ("pl", "Kod produktu: TK-99", "TK-99"),
        ("ru", "Артикул: TK-99", "TK-99"),
        ("cs", "Katalogové číslo: TK/99.1", "TK/99.1"),
        ("en", "Model year 2024, 1500 W, 1.7 l", ""),
        ("nl", "Phone: +31 20 123 4567", ""),
    ],
)
def test_an_article_number_stands_behind_its_label(language: str, shown: str, sku: str) -> None:
    page = PAGE.format(language=language, shown=f"<p>{shown}</p><button>Add to cart</button>")
    assert extract(Page("https://shop.example.eu/p", page.encode())).sku == sku
