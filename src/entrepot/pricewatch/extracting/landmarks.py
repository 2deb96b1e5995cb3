"""The elements that many strategies look for, found in one walk over the visible tree."""

from selectolax.lexbor import LexborHTMLParser, LexborNode

PRICED = "[class*=price i],[id*=price i],[data-price],[data-testid*=price i],[itemprop=price]"
BUTTONS = "button,input[type=submit],input[type=button],a[class*=cart i],a[class*=buy i],a[class*=btn i],a[class*=button i],[id*=addtocart i],[id*=add-to-cart i]"
_INPUT_BUTTONS = "input[type=submit],input[type=button]"
STRUCK = "del,s,strike"
_ALL = f"{PRICED},{BUTTONS},{STRUCK},[itemprop]"
_STRUCK = frozenset(STRUCK.split(","))


class Landmarks:
    """What stands out on a page, each in the order of the page."""

    __slots__ = ("buttons", "items", "priced", "struck")

    def __init__(self, tree: LexborHTMLParser) -> None:
        self.priced: list[LexborNode] = []
        self.buttons: list[LexborNode] = []
        self.struck: list[LexborNode] = []
        self.items: list[LexborNode] = []
        """Everything with ``itemprop``."""
        seen: set[int] = set()
        for node in tree.css(_ALL):
            if (here := node.mem_id) in seen:  # some that several selectors match are told several times
                continue
            seen.add(here)
            tag = node.tag or ""
            attributes = node.attributes
            names, identity = (attributes.get("class") or "").lower(), (attributes.get("id") or "").lower()
            if "itemprop" in attributes:
                self.items.append(node)
            if tag in _STRUCK:
                self.struck.append(node)
            if (
                "price" in names
                or "price" in identity
                or "data-price" in attributes
                or attributes.get("itemprop") == "price"
                or "price" in (attributes.get("data-testid") or "").lower()
            ):
                self.priced.append(node)
            if (
                tag == "button"
                or (tag == "input" and node.css_matches(_INPUT_BUTTONS))
                or (tag == "a" and ("cart" in names or "buy" in names or "btn" in names or "button" in names))
                or (identity and ("addtocart" in identity or "add-to-cart" in identity))
            ):
                self.buttons.append(node)
