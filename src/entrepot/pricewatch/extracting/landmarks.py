"""The elements that strategies look for, found in one walk over the tree, whose programs are taken out on the way."""

from selectolax.lexbor import LexborHTMLParser, LexborNode

_PRICED = "[class*=price i],[id*=price i],[data-price],[data-testid*=price i]"
_BUTTONS = "button,input,a:is([class*=cart i],[class*=buy i],[class*=btn i],[class*=button i]),[id*=addtocart i],[id*=add-to-cart i]"
STRUCK = "del,s,strike"
_ALL = f"script,style,template,meta,title,h1,{STRUCK},{_BUTTONS},{_PRICED},[itemprop]"
_BUTTON_TYPES = frozenset({"submit", "button"})
_STRUCK = frozenset(STRUCK.split(","))
_PROGRAMS = frozenset({"script", "style", "template"})


class Landmarks:
    """What stands out on a page, each in the order of the page.

    Args:
        tree: the page; programs and styles are no part of it any more afterwards.
    """

    __slots__ = ("buttons", "headings", "items", "json_ld", "metas", "priced", "struck", "titles")

    def __init__(self, tree: LexborHTMLParser) -> None:
        self.priced: list[LexborNode] = []
        self.buttons: list[LexborNode] = []
        self.struck: list[LexborNode] = []
        self.metas: list[LexborNode] = []
        self.titles: list[LexborNode] = []
        self.headings: list[LexborNode] = []
        self.items: list[LexborNode] = []
        """Everything with ``itemprop``."""
        self.json_ld: list[str] = []
        """The sources of JSON-LD scripts."""
        programs: list[LexborNode] = []
        last = 0
        for node in tree.css(_ALL):
            if (here := node.mem_id) == last:  # what several selectors match is told several times
                continue
            last = here
            tag = node.tag or ""
            if tag in _PROGRAMS:
                programs.append(node)
            else:
                self._add(node, tag)
        for node in programs:
            if node.first_child is not None and "ld+json" in (node.attributes.get("type") or ""):
                self.json_ld.append(script_text(node))
            node.decompose()

    def _add(self, node: LexborNode, tag: str) -> None:
        attributes = node.attributes
        names, identity = (attributes.get("class") or "").lower(), (attributes.get("id") or "").lower()
        if "itemprop" in attributes:
            self.items.append(node)
        if tag in _STRUCK:
            self.struck.append(node)
        elif tag == "meta" and "content" in attributes:
            self.metas.append(node)
        elif tag == "h1":
            self.headings.append(node)
        elif tag == "title":
            self.titles.append(node)
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
            or (tag == "input" and (attributes.get("type") or "").lower() in _BUTTON_TYPES)
            or (tag == "a" and ("cart" in names or "buy" in names or "btn" in names or "button" in names))
            or (identity and ("addtocart" in identity or "add-to-cart" in identity))
        ):
            self.buttons.append(node)


def script_text(node: LexborNode) -> str:
    """Return the source inside a ``<script>``."""
    child = node.first_child
    return (child.text_content or "") if child is not None else ""
