"""One page, parsed once: its text in the right alphabet, its tree, and where it comes from."""

import codecs
import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import islice
from urllib.parse import urlsplit

from selectolax.lexbor import LexborDocumentOptions, LexborHTMLParser, LexborNode

from entrepot.pricewatch.extracting.contract import Page
from entrepot.pricewatch.extracting.currencies import country_of_host
from entrepot.pricewatch.extracting.elements import DEEPEST, Elements
from entrepot.pricewatch.extracting.json_reading import Json, read_json
from entrepot.pricewatch.extracting.landmarks import Landmarks, script_text
from entrepot.pricewatch.extracting.prices import Reading, clean, price_of, territory
from entrepot.pricewatch.extracting.soundness import sound
from entrepot.pricewatch.extracting.trimming import scripts_of, trimmed

LARGEST_BODY = 4_000_000
_NOTHING = LexborHTMLParser("<html><head></head><body></body></html>")
_CHARSET = re.compile(
    rb"""<(?:meta|\?xml)[^>]{0,200}?(?:charset|encoding)\s{0,4}=\s{0,4}["']?\s{0,4}([\w.:-]{2,40})""", re.IGNORECASE
)
_HEADER_CHARSET = re.compile(r"charset\s{0,4}=\s{0,4}[\"']?([\w.:-]{2,40})", re.IGNORECASE)
_WORD = re.compile(r"\w{2,}")
_VALUE = rb"""\s*+=\s*+(?:"[^"]*+"|'[^']*+'|[^\s>]++)"""
_CLASSES, _IDS = re.compile(b"class" + _VALUE), re.compile(b"id" + _VALUE)
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_AS_BROWSERS = {"iso8859-1": "cp1252", "ascii": "cp1252", "gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932", "euc_kr": "cp949", "iso8859-9": "cp1254", "tis-620": "cp874"}  # fmt: skip


class Document:
    """What strategies read: lazily, so that a page whose JSON-LD says all costs one parse and one query.

    A store's selectors ask the whole page (:attr:`tree`); what reads without them, one without programs.
    """

    def __init__(self, page: Page, locale: str = "") -> None:
        self.url = page.url
        self.source = utf8(page.body[:LARGEST_BODY], page.content_type)
        self._locale = locale
        self.buy_buttons: list[LexborNode] | None = None
        self.elements = Elements()
        self._amounts: dict[str, Reading | None] = {}
        address = urlsplit(page.url) if len(page.url) < 4_000 else urlsplit("")  # noqa: PLR2004
        self.host = (address.hostname or "").lower()
        self.path = address.path
        self.query = address.query + "&" + address.fragment

    @cached_property
    def body(self) -> bytes:
        """The source as far as a parser gets through it."""
        return sound(self.source)

    @cached_property
    def tree(self) -> LexborHTMLParser:
        """The whole page."""
        return _parsed(self.body)

    @cached_property
    def markup(self) -> bytes:
        """The source without programs."""
        return trimmed(self.source)

    @cached_property
    def _lean(self) -> LexborHTMLParser:
        """The page without programs; the tags of these are in it until somebody looks for landmarks."""
        return _parsed(sound(self.markup))

    @cached_property
    def text(self) -> str:
        """The source as text, for patterns."""
        return self.body.decode("utf-8", "replace")

    @cached_property
    def language(self) -> str:
        """What ``<html lang>`` says, as it says it."""
        html = self._lean.css_first("html")
        said = html.attributes if html is not None else {}
        return ((said.get("lang") or said.get("xml:lang") or "").strip())[:20]

    @cached_property
    def locale(self) -> str:
        """The store's locale by its recipe, else the page's language."""
        return self._locale or self.language

    @cached_property
    def country(self) -> str:
        """Where the shop sells: by its domain, else by the locale."""
        return country_of_host(self.host) or territory(self._locale) or territory(self.language)

    @cached_property
    def scripts(self) -> list[tuple[dict[str, str | None], str]]:
        """Attributes and source of every script."""
        only = _parsed(sound(scripts_of(self.source)))
        return [(node.attributes, script_text(node)) for node in only.css("script")]

    @cached_property
    def landmarks(self) -> Landmarks:
        """What stands out among the elements."""
        return Landmarks(self._lean)

    def visible(self) -> LexborHTMLParser:
        """Return the page without what nobody sees as text."""
        _ = self.landmarks
        return self._lean

    def named(self, words: Iterable[str]) -> Iterator[LexborNode]:
        """Yield the visible elements whose classes or id have one of *words* as a part, in order."""
        present = [word for word in words if word.encode() in self._names]
        seen: set[int] = set()
        for node in self.visible().css(_naming(present)) if present else ():
            if (here := node.mem_id) not in seen:  # one that several selectors match is told several times
                seen.add(here)
                yield node

    @cached_property
    def _names(self) -> bytes:
        """All classes and ids in lower case, with a little more: a quick sieve."""
        folded = self.markup.lower()
        return b"\n".join({*_CLASSES.findall(folded), *_IDS.findall(folded)})

    def amount(self, text: str) -> Reading | None:
        """Return the price in *text*, read once: elements in elements have the same."""
        if text not in self._amounts:
            self._amounts[text] = price_of(clean(text), self.locale)
        return self._amounts[text]

    def items(self) -> list[LexborNode]:
        """Return the elements with ``itemprop``."""
        return self.landmarks.items

    @cached_property
    def words(self) -> str:
        """The visible text of the whole page, as far as anybody reads."""
        body = self.visible().body
        return spaced_words(body, 60_000) if body is not None else ""

    @cached_property
    def json_ld(self) -> list[Json]:
        """Every JSON-LD script that can be read."""
        return [value for value in map(read_json, self.landmarks.json_ld) if value is not None]

    @cached_property
    def headings(self) -> list[LexborNode]:
        """Return the headlines with words in them: what is most like the page's title first, for pages with several."""
        titled = [
            (likeness(words, self.title), node)
            for node in self.landmarks.headings[:20]
            if (words := words_of(node, 300))
        ]
        return [node for _, node in sorted(titled, key=lambda pair: -pair[0])]

    @cached_property
    def title(self) -> str:
        """The text of ``<title>``."""
        return next((words_of(node, 400) for node in self.landmarks.titles), "")

    @cached_property
    def metas(self) -> dict[str, str]:
        """Contents of ``<meta>`` by property or name, in lower case; the first of each wins."""
        found: dict[str, str] = {}
        for node in self.landmarks.metas:
            attributes = node.attributes
            name = attributes.get("property") or attributes.get("name")
            if name:
                found.setdefault(name.lower(), (attributes.get("content") or "").strip()[:2_000])
        return found


def _naming(words: Iterable[str]) -> str:
    return ",".join(f"[class*={word} i],[id*={word} i]" for word in words)


def _parsed(source: bytes) -> LexborHTMLParser:
    try:
        return LexborHTMLParser(source, options=LexborDocumentOptions.WO_EVENTS)
    except (ValueError, RuntimeError):
        return _NOTHING


def utf8(body: bytes, content_type: str) -> bytes:
    """Return *body* in UTF-8: by its mark, its header, its own declaration, and by what it really is."""
    for bom, name in _BOMS:
        if body.startswith(bom):
            return body[len(bom) :] if name == "utf-8" else body[len(bom) :].decode(name, "replace").encode()
    if body.isascii():
        return body
    header = _HEADER_CHARSET.search(content_type)
    declared = header[1] if header else (match[1].decode() if (match := _CHARSET.search(body[:4_096])) else "")
    name = _codec(declared)
    if name == "utf-8":
        return body
    try:
        body.decode()  # what reads as UTF-8 is UTF-8, whatever it says
    except UnicodeDecodeError as refused:
        if not name and refused.start > len(body) - 4:  # cut in the middle of a character
            return body
        return body.decode(name or "cp1252", "replace").encode()
    return body


def likeness(name: str, other: str) -> float:
    """Return the share of the words of the shorter text that the other has too."""
    ours, theirs = set(_WORD.findall(name.lower())), set(_WORD.findall(other.lower()))
    return len(ours & theirs) / min(len(ours), len(theirs)) if ours and theirs else 0.0


def _codec(declared: str) -> str:
    try:
        name = codecs.lookup(declared).name if declared else ""
    except LookupError:
        return ""
    return _AS_BROWSERS.get(name, name)


def words_of(node: LexborNode, longest: int = 500) -> str:
    """Return the text of *node* with single spaces."""
    return " ".join(node.text_lexbor()[: longest * 8].split())[:longest]


def spaced_words(node: LexborNode, longest: int = 500) -> str:
    """Return the text of *node* with a space between elements."""
    return " ".join(node.text(separator=" ")[: longest * 8].split())[:longest]


def ancestors(node: LexborNode) -> list[LexborNode]:
    """Return *node* and what it stands in, up to the root."""
    return list(islice(_upwards(node), DEEPEST))


def _upwards(node: LexborNode | None) -> Iterator[LexborNode]:
    while node is not None:
        yield node
        node = node.parent
