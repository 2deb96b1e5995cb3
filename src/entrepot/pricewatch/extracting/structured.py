"""What a page declares to machines: schema.org in JSON-LD and microdata, Open Graph; and which product is the page's own."""

import re
from collections.abc import Iterable, Iterator
from urllib.parse import unquote, urlsplit

from selectolax.lexbor import LexborNode

from entrepot.pricewatch.extracting.contract import Availability, Field, Kind
from entrepot.pricewatch.extracting.document import Document, likeness, words_of
from entrepot.pricewatch.extracting.json_reading import Json, objects

OTHERS = frozenset({"isRelatedTo", "isSimilarTo", "isAccessoryOrSparePartFor", "isConsumableFor", "itemListElement", "review", "reviews", "recommendations"})  # fmt: skip
"""Properties below which other products stand."""
PRODUCT_TYPES = frozenset(
    {
        "product",
        "productgroup",
        "individualproduct",
        "productmodel",
        "someproducts",
        "book",
        "vehicle",
        "car",
        "softwareapplication",
    }
)
GTIN_NAMES = ("gtin13", "gtin", "gtin14", "gtin12", "gtin8", "ean", "ean13", "isbn", "barcode")
STATES = {
    "instock": Availability.IN_STOCK, "instoreonly": Availability.IN_STOCK, "onlineonly": Availability.IN_STOCK,
    "limitedavailability": Availability.IN_STOCK, "madetoorder": Availability.IN_STOCK, "available": Availability.IN_STOCK,
    "preorder": Availability.PRE_ORDER, "presale": Availability.PRE_ORDER, "backorder": Availability.BACK_ORDER,
    "availableforbackorder": Availability.BACK_ORDER, "availablefororder": Availability.BACK_ORDER,
    "outofstock": Availability.OUT_OF_STOCK, "soldout": Availability.OUT_OF_STOCK, "reserved": Availability.OUT_OF_STOCK,
    "oos": Availability.OUT_OF_STOCK, "unavailable": Availability.OUT_OF_STOCK, "discontinued": Availability.DISCONTINUED,
}  # fmt: skip
_STATE = re.compile(r"[^a-z]")


class Claim:
    """One declared product: texts by field, each with where it was declared."""

    __slots__ = ("kind", "name", "texts", "url", "weight")

    def __init__(self, kind: Kind, name: str, url: str) -> None:
        self.kind = kind
        self.name = name
        self.url = url
        self.texts: dict[Field, tuple[Json, str]] = {}
        self.weight = 0.0

    def say(self, field: Field, text: Json, where: str) -> None:
        """Remember the first answer for *field*."""
        if text not in (None, "", []) and field not in self.texts:
            self.texts[field] = (text, where)


def state(text: Json) -> Availability:
    """Return the availability that a schema.org value names, however it is written."""
    word = _STATE.sub("", str(text).rpartition("/")[2].rpartition("#")[2].lower())
    return STATES.get(word, Availability.UNKNOWN)


def types(item: dict[str, Json]) -> set[str]:
    """Return the types of a JSON-LD object without their addresses, in lower case."""
    said = item.get("@type")
    names = said if isinstance(said, list) else [said]
    return {str(name).rpartition("/")[2].rpartition(":")[2].lower() for name in names if name}


def one(value: Json) -> Json:
    """Return the value, or the first of several; the name of an object."""
    for _ in range(4):
        if isinstance(value, list):
            value = value[0] if value else None
        elif isinstance(value, dict):
            value = (
                value.get("@value") or value.get("name") or value.get("value") or value.get("url") or value.get("@id")
            )
        else:
            return value
    return None


def json_ld_claims(document: Document) -> list[Claim]:
    """Return the products that JSON-LD declares, others' lists left out."""
    claims: list[Claim] = []
    for script in document.json_ld:
        for item in objects(script, OTHERS):
            kinds = types(item)
            if kinds & PRODUCT_TYPES and ("offers" in item or kinds & {"product", "productgroup"}):
                claims.append(_claim(item, document))
    return claims


def _claim(item: dict[str, Json], document: Document) -> Claim:
    claim = Claim(
        Kind.JSON_LD, str(one(item.get("name")) or ""), str(one(item.get("url")) or one(item.get("@id")) or "")
    )
    claim.say(Field.TITLE, one(item.get("name")), "Product.name")
    claim.say(Field.SKU, one(item.get("sku")), "Product.sku")
    claim.say(Field.MPN, one(item.get("mpn")), "Product.mpn")
    claim.say(Field.BRAND, one(item.get("brand")) or one(item.get("manufacturer")), "Product.brand")
    claim.say(Field.IMAGE, _image(item.get("image")), "Product.image")
    for name in GTIN_NAMES:
        claim.say(Field.GTIN, one(item.get(name)), f"Product.{name}")
    offers = list(_offers(item))
    if offers:
        where, offer = _own_offer(offers, document)
        _read_offer(claim, offer, where)
        several = [state(each.get("availability")) for _, each in offers]
        if (
            where.count("[")
            and Availability.IN_STOCK in several
            and len(offers) > 1
            and not _points_here(offer, document)
        ):
            claim.texts[Field.AVAILABILITY] = ("InStock", "Product.offers.availability")
    claim.say(Field.SKU, one(item.get("productID")), "Product.productID")
    variants = item.get("hasVariant")
    only = variants[0] if isinstance(variants, list) and len(variants) == 1 else variants
    if isinstance(only, dict):
        for field, name in ((Field.SKU, "sku"), (Field.MPN, "mpn"), *((Field.GTIN, name) for name in GTIN_NAMES)):
            claim.say(field, one(only.get(name)), f"Product.hasVariant.{name}")
    return claim


def _image(value: Json) -> Json:
    value = value[0] if isinstance(value, list) and value else value
    if isinstance(value, dict):
        value = value.get("url") or value.get("contentUrl") or value.get("@id")
    return one(value)


def _offers(item: dict[str, Json]) -> Iterator[tuple[str, dict[str, Json]]]:
    """Yield offers with their path: the product's own, those inside an aggregate, those of variants."""
    offers = item.get("offers")
    several = offers if isinstance(offers, list) else [offers]
    for number, offer in enumerate(several[:200]):
        if isinstance(offer, dict):
            inner = offer.get("offers")
            yield f"Product.offers[{number}]" if len(several) > 1 else "Product.offers", offer
            if isinstance(inner, dict | list) and "price" not in offer and "lowPrice" not in offer:
                listed = inner if isinstance(inner, list) else [inner]
                yield from (
                    (f"Product.offers.offers[{i}]", each)
                    for i, each in enumerate(listed[:200])
                    if isinstance(each, dict)
                )
    variants = item.get("hasVariant")
    for number, variant in enumerate(variants[:200] if isinstance(variants, list) else [variants]):
        if isinstance(variant, dict) and not offers:
            yield from ((f"Product.hasVariant[{number}].{where[8:]}", offer) for where, offer in _offers(variant))


def _own_offer(offers: list[tuple[str, dict[str, Json]]], document: Document) -> tuple[str, dict[str, Json]]:
    """Return the offer of this page: the one that points here, else the first that has a price and is to be had."""
    priced = [pair for pair in offers if _price_of(pair[1]) is not None]
    for where, offer in priced:
        if len(priced) > 1 and _points_here(offer, document):
            return where, offer
    for where, offer in priced:
        if state(offer.get("availability")) is Availability.IN_STOCK:
            return where, offer
    return priced[0] if priced else offers[0]


def _points_here(offer: dict[str, Json], document: Document) -> bool:
    url = offer.get("url")
    return isinstance(url, str) and "?" in url and same_page(url, document, exactly=True)


def _specified(offer: dict[str, Json]) -> Iterator[dict[str, Json]]:
    said = offer.get("priceSpecification")
    yield from (each for each in (said if isinstance(said, list) else [said]) if isinstance(each, dict))


def _is_list_price(specification: dict[str, Json]) -> bool:
    said = str(specification.get("priceType") or "").lower()
    return any(word in said for word in ("list", "strike", "srp", "rrp", "regular"))


def _price_of(offer: dict[str, Json]) -> tuple[str, Json] | None:
    for name in ("price", "lowPrice"):
        if offer.get(name) not in (None, ""):
            return name, one(offer[name])
    for specification in _specified(offer):
        if not _is_list_price(specification) and specification.get("price") not in (None, ""):
            return "priceSpecification.price", one(specification["price"])
    return None


def _read_offer(claim: Claim, offer: dict[str, Json], where: str) -> None:
    price = _price_of(offer)
    if price is not None:
        claim.say(Field.PRICE, price[1], f"{where}.{price[0]}")
    claim.say(Field.CURRENCY, one(offer.get("priceCurrency")), f"{where}.priceCurrency")
    for specification in _specified(offer):
        claim.say(Field.CURRENCY, one(specification.get("priceCurrency")), f"{where}.priceSpecification.priceCurrency")
        if _is_list_price(specification):
            claim.say(Field.ORIGINAL_PRICE, one(specification.get("price")), f"{where}.priceSpecification.price")
    claim.say(Field.AVAILABILITY, one(offer.get("availability")), f"{where}.availability")
    claim.say(Field.SKU, one(offer.get("sku")), f"{where}.sku")
    claim.say(Field.MPN, one(offer.get("mpn")), f"{where}.mpn")
    for name in GTIN_NAMES:
        claim.say(Field.GTIN, one(offer.get(name)), f"{where}.{name}")
    item = offer.get("itemOffered")
    if isinstance(item, dict):
        claim.say(Field.SKU, one(item.get("sku")), f"{where}.itemOffered.sku")
    _read_shipping(claim, offer.get("shippingDetails"), where)


def _read_shipping(claim: Claim, details: Json, where: str) -> None:
    for detail in details if isinstance(details, list) else [details]:
        rate = detail.get("shippingRate") if isinstance(detail, dict) else None
        rate = rate[0] if isinstance(rate, list) and rate else rate
        if isinstance(rate, dict):
            claim.say(Field.SHIPPING, one(rate.get("value")), f"{where}.shippingDetails.shippingRate")


_MICRODATA = {"price": Field.PRICE, "lowprice": Field.PRICE, "pricecurrency": Field.CURRENCY, "availability": Field.AVAILABILITY,
    "sku": Field.SKU, "mpn": Field.MPN, "brand": Field.BRAND, "manufacturer": Field.BRAND, "name": Field.TITLE, "image": Field.IMAGE,
    **dict.fromkeys(GTIN_NAMES, Field.GTIN), "productid": Field.SKU, "identifier": Field.SKU}  # fmt: skip
_NO_PRODUCT = (
    "review",
    "rating",
    "breadcrumb",
    "listitem",
    "itemlist",
    "organization",
    "person",
    "postaladdress",
    "video",
    "imageobject",
    "website",
    "searchaction",
)


def item_value(node: LexborNode, attributes: dict[str, str | None]) -> str:
    """Return what an element with ``itemprop`` declares."""
    for name in ("content", "href", "src", "data-src", "data-value", "datetime"):
        if (value := attributes.get(name)) and (name != "href" or node.tag in {"link", "a"}):
            if name == "href" and node.tag == "a" and "schema.org" not in value:
                continue
            return value.strip()[:500]
    return words_of(node, 300)


def microdata_claims(document: Document) -> list[Claim]:
    """Return the products that ``itemprop`` and ``property`` attributes declare, one for each scope, in order."""
    claims: dict[int, Claim] = {}
    for node in document.items()[:3_000]:
        attributes = node.attributes
        for name in (attributes.get("itemprop") or "").lower().split()[:3]:
            field = _MICRODATA.get(name)
            if field is None:
                continue
            scope, kind, path = _scope(node)
            if kind is None or (field in {Field.TITLE, Field.IMAGE} and path != "product"):
                continue
            claim = claims.setdefault(scope, Claim(Kind.MICRODATA, "", ""))
            value = item_value(node, attributes)
            if field is Field.TITLE:
                claim.name = claim.name or value
            if name in {"productid", "identifier"}:
                value = value.rpartition(":")[2].strip()
                if Field.SKU in claim.texts:
                    continue
            claim.say(field, value, f"[itemprop={name}]")
    return list(claims.values())


def _scope(node: LexborNode) -> tuple[int, str | None, str]:
    """Return the product that *node* speaks of (0: the page), None for other things, and what it stands in directly."""
    current = node if "itemscope" not in node.attributes else node.parent
    nearest = ""
    for _ in range(60):
        if current is None:
            break
        if current.tag_id and "itemscope" in (attributes := current.attributes):
            said = (attributes.get("itemtype") or "").rstrip("/").rpartition("/")[2].lower()
            nearest = nearest or said or "?"
            if any(word in said for word in _NO_PRODUCT):
                return 0, None, nearest
            if said in PRODUCT_TYPES:
                return current.mem_id, said, said if nearest == said else nearest
        current = current.parent
    return 0, "page", nearest or "product"


def meta_claim(document: Document) -> Claim:
    """Return what Open Graph, product and Twitter tags declare."""
    metas = document.metas
    claim = Claim(Kind.OPEN_GRAPH, metas.get("og:title", ""), metas.get("og:url", ""))
    for field, names in META_NAMES.items():
        for name in names:
            if value := metas.get(name):
                claim.say(field, value, f"meta {name}")
    for number in ("1", "2"):
        if "price" in metas.get(f"twitter:label{number}", "").lower():
            claim.say(Field.PRICE, metas.get(f"twitter:data{number}"), f"meta twitter:data{number}")
    return claim


META_NAMES: dict[Field, tuple[str, ...]] = {
    Field.PRICE: (
        "product:sale_price:amount",
        "product:price:amount",
        "og:price:amount",
        "product:price",
        "og:price",
        "price",
        "itemprop:price",
    ),
    Field.ORIGINAL_PRICE: ("product:original_price:amount", "og:price:standard_amount"),
    Field.CURRENCY: (
        "product:price:currency",
        "product:sale_price:currency",
        "og:price:currency",
        "product:original_price:currency",
        "pricecurrency",
    ),
    Field.AVAILABILITY: ("product:availability", "og:availability", "availability"),
    Field.SKU: ("product:retailer_item_id", "product:sku", "sku"),
    Field.MPN: ("product:mfr_part_no",),
    Field.GTIN: ("product:ean", "product:gtin", "product:upc", "product:isbn", "book:isbn"),
    Field.BRAND: ("product:brand", "og:brand", "brand"),
    Field.TITLE: ("og:title", "twitter:title"),
    Field.IMAGE: ("og:image", "og:image:secure_url", "twitter:image"),
}


def same_page(url: str, document: Document, *, exactly: bool = False) -> bool:
    """Return whether *url* leads to this page: the same path, and with *exactly* the same query too."""
    try:
        address = urlsplit(url)
    except ValueError:
        return False
    if unquote(address.path).rstrip("/") != unquote(document.path).rstrip("/"):
        return False
    return not exactly or all(part in document.query.split("&") for part in address.query.split("&") if part)


def main_claims(claims: Iterable[Claim], document: Document) -> list[Claim]:
    """Return the claims about the page's own product, most likely first; none where all are about others."""
    listed = list(claims)
    headline = " ".join(words_of(node, 300) for node in document.headings[:2])
    for position, claim in enumerate(listed):
        claim.weight = 1.0 if Field.PRICE in claim.texts else 0.0
        claim.weight -= min(position, 10) * 0.05
        if claim.url and same_page(claim.url, document):
            claim.weight += 2
        if claim.name:
            claim.weight += 2 * max(likeness(claim.name, headline), likeness(claim.name, document.title) * 0.9)
    listed.sort(key=lambda claim: -claim.weight)
    if len(listed) > 2 and listed[0].weight < 1.2:  # noqa: PLR2004 - a list of other products
        return []
    return listed
