"""Selectors: what a store's recipe points at, read from a page; and how they are written on a command line."""

import re
from collections.abc import Iterator
from functools import lru_cache
from time import process_time

import jsonpath
from lxml import etree, html
from selectolax.lexbor import LexborHTMLParser, SelectolaxError

from entrepot.pricewatch.extracting.contract import Field, Kind, Selector
from entrepot.pricewatch.extracting.document import Document, spaced_words
from entrepot.pricewatch.extracting.embedded import embedded_documents
from entrepot.pricewatch.extracting.errors import SelectorBrokenError
from entrepot.pricewatch.extracting.json_reading import Json, objects
from entrepot.pricewatch.extracting.structured import (
    META_NAMES,
    OTHERS,
    Claim,
    json_ld_claims,
    main_claims,
    meta_claim,
    microdata_claims,
    one,
    types,
)
from entrepot.pricewatch.extracting.visible_price import price_text

LONGEST_EXPRESSION = 500
SEARCHED_BY_PATTERN = 2_000_000
"""Characters of a page that a regular expression sees."""
_NESTED = re.compile(r"\((?:[^()\\]|\\.)*(?:[+*]|\{\d+,\d*\})(?:[^()\\]|\\.)*\)\s*(?:[+*]|\{\d+,\d*\})")
_ALTERNATIVES = re.compile(r"\((?:[^()\\]|\\.)*\|(?:[^()\\]|\\.)*\)\s*(?:[+*]|\{\d+,\d*\})")
_WIDE = re.compile(r"(?<!\\)(?:\.|\\[wWSD]|\[\^(?:[^\]\\]|\\.)+\])(?:[*+]|\{\d+,\})")
_OPEN = re.compile(r"(?<!\\)(?:[*+]|\{\d+,\})")
_MOST_WIDE, _MOST_OPEN = 2, 6
"""Repeats without an end in one pattern: each multiplies the work on a text that does not match."""
_LITERAL = re.compile(r"""'[^']*'|"[^"]*\"""")
_JSON_LITERAL = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\"""")
_SIBLINGS = re.compile(r"(?<!/)/\s*(?:following|preceding)-sibling\s*::")
_FEW = 50
"""Elements whose siblings are looked at: the work grows with the third power of them."""
_MOST_DESCENTS = 2
_WINDOW = 400
"""Characters that a pattern sees at once, half of them again with the next: so much is a match at most."""
_PATIENCE = 0.5
"""Seconds of a processor after which a pattern has not found anything."""


def parse_selector(text: str, field: Field | None = None) -> Selector:
    """Read ``price=json:$.offers.price``, or ``json:$.offers.price`` when *field* is told.

    ``attribute`` and ``css`` take the attribute after an ``@`` at the end: ``price=attribute:.price@data-amount``.

    Raises:
        SelectorBrokenError: it is not written so, or its expression would not work.
    """
    head, _, rest = text.partition("=")
    if head.strip() in Field:
        field, text = Field(head.strip()), rest
    name, _, expression = text.strip().partition(":")
    name = name.strip().lower().replace("-", "_")
    if field is None or name not in Kind:
        raise SelectorBrokenError(
            selector=text[:200], reason="write FIELD=KIND:EXPRESSION, as in price=css:.product-price"
        )
    kind, attribute = Kind(name), ""
    if kind in {Kind.CSS, Kind.ATTRIBUTE} and (match := re.search(r"@([\w:-]{1,60})$", expression)):
        expression, attribute = expression[: match.start()], match[1]
    selector = Selector(field, kind, expression.strip(), attribute)
    check_selector(selector)
    return selector


def write_selector(selector: Selector) -> str:
    """Return *selector* as ``parse_selector`` reads it."""
    tail = f"@{selector.attribute}" if selector.attribute else ""
    return f"{selector.field.value}={selector.kind.value}:{selector.expression}{tail}"


def check_selector(selector: Selector) -> None:
    """Refuse a selector that cannot work, or that could keep a processor busy for ever.

    Raises:
        SelectorBrokenError: with the reason.
    """
    expression = selector.expression
    reason = ""
    if len(expression) > LONGEST_EXPRESSION:
        reason = f"it is longer than {LONGEST_EXPRESSION} characters"
    elif not expression and selector.kind not in {Kind.JSON_LD, Kind.MICRODATA, Kind.OPEN_GRAPH}:
        reason = "the expression is missing"
    elif selector.kind is Kind.ATTRIBUTE and not selector.attribute:
        reason = "name the attribute at its end, as in .price@data-amount"
    elif selector.kind is Kind.REGEX:
        reason = _pattern_problem(expression)
    else:
        reason = _expression_problem(selector)
    if reason:
        raise SelectorBrokenError(selector=write_selector(selector)[:300], reason=reason)


def _expression_problem(selector: Selector) -> str:
    try:
        if selector.kind in {Kind.CSS, Kind.ATTRIBUTE}:
            LexborHTMLParser("<p>").css(selector.expression)
        elif selector.kind is Kind.XPATH:
            etree.XPath(selector.expression)
            return _xpath_problem(_LITERAL.sub("''", selector.expression))
        elif selector.kind is Kind.JSON:
            _json_path(selector.expression)
            return _json_problem(_JSON_LITERAL.sub("''", selector.expression))
    except (SelectolaxError, ValueError, etree.XPathError, jsonpath.JSONPathError) as error:
        return str(error)[:200] or "it cannot be read"
    return ""


def _xpath_problem(expression: str) -> str:
    if expression.count("//") + expression.count("::") > 6:  # noqa: PLR2004
        return "an XPath may search the page six times at most"
    if any(re.search(r"//|::|\bcount\s*\(", inside) for inside in _in_brackets(expression)):
        return "an XPath that searches the page inside [...] can take for ever; use a path of plain steps there"
    if re.search(r"\b(?:following|preceding|ancestor|ancestor-or-self|descendant|descendant-or-self)\s*::", expression):
        return "of the long axes an XPath may use following-sibling:: and preceding-sibling:: alone; or write //"
    if len(re.findall(r"-sibling\s*::", expression)) > 1:
        return "an XPath may go to siblings once"
    if "-sibling" in expression:
        if (siblings := _SIBLINGS.search(expression)) is None:
            return "write from which elements an XPath goes to siblings, as in //dt[.='Price']/following-sibling::dd"
        etree.XPath(expression[: siblings.start()])
    return ""


def _json_problem(expression: str) -> str:
    if expression.count("..") > _MOST_DESCENTS:
        return "a JSON path may search everything below with .. twice at most"
    for inside in _in_brackets(expression):
        if "?" in inside and re.search(r"=~|\b(?:match|search)\s*\(|[$^]|\.\.|\?.*\?", inside, re.DOTALL):
            return (
                "a filter that matches patterns, or searches the data itself, can take for ever; compare values there"
            )
    return ""


def _in_brackets(expression: str) -> list[str]:
    """Return what stands inside each outermost [...] of an expression without its literals."""
    found, depth, begin = list[str](), 0, 0
    for place, letter in enumerate(expression):
        if letter == "[":
            depth, begin = depth + 1, begin if depth else place + 1
        elif letter == "]":
            depth -= 1
            if not depth:
                found.append(expression[begin:place])
    return found


def _pattern_problem(expression: str) -> str:
    if _NESTED.search(expression) or _ALTERNATIVES.search(expression):
        return "a repeated group inside which something repeats or alternates can take for ever; write it without"
    if re.search(r"\\[1-9]|\(\?P=", expression):
        return "references back to a group can take for ever; write it without"
    if len(_WIDE.findall(expression)) > _MOST_WIDE or len(_OPEN.findall(expression)) > _MOST_OPEN:
        return "so many open repeats can take for ever; use {0,20} in place of *"
    try:
        re.compile(expression)
    except (re.error, OverflowError, RecursionError) as error:
        return str(error)[:200]
    return ""


@lru_cache(maxsize=512)
def _json_path(expression: str) -> jsonpath.CompoundJSONPath | jsonpath.JSONPath:
    return jsonpath.compile(expression)


class Selecting:
    """Answers selectors on one document; what is costly is made once."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self._claims: dict[Kind, list[Claim]] = {}
        self._embedded: list[tuple[str, Json]] | None = None
        self._xml: html.HtmlElement | None = None

    def find(self, selector: Selector) -> tuple[str, str]:
        """Return the text that *selector* points at, and where that is; empty when there is nothing or it is broken."""
        try:
            check_selector(selector)
            for text, where in self._answers(selector):
                if text := text.strip()[:1_000]:
                    return text, where
        except (
            SelectorBrokenError,
            SelectolaxError,
            ValueError,
            RecursionError,
            etree.LxmlError,
            jsonpath.JSONPathError,
        ):
            pass
        return "", write_selector(selector)

    def _answers(self, selector: Selector) -> Iterator[tuple[str, str]]:
        match selector.kind:
            case Kind.JSON_LD | Kind.MICRODATA | Kind.OPEN_GRAPH:
                yield from self._declared(selector)
            case Kind.CSS | Kind.ATTRIBUTE:
                yield from self._css(selector)
            case Kind.XPATH:
                yield from self._xpath(selector)
            case Kind.JSON:
                yield from self._json(selector)
            case Kind.REGEX:
                yield from self._regex(selector)

    def claims(self, kind: Kind) -> list[Claim]:
        """Return what is declared in one way, most likely the page's own product first."""
        if kind not in self._claims:
            made = {Kind.JSON_LD: json_ld_claims, Kind.MICRODATA: microdata_claims}.get(kind)
            self._claims[kind] = (
                main_claims(made(self.document), self.document) if made else [meta_claim(self.document)]
            )
        return self._claims[kind]

    def _declared(self, selector: Selector) -> Iterator[tuple[str, str]]:
        if selector.kind is Kind.OPEN_GRAPH:
            for name in [selector.expression.lower()] if selector.expression else META_NAMES.get(selector.field, ()):
                yield self.document.metas.get(name, ""), f"meta {name}"
        elif selector.expression and selector.kind is Kind.MICRODATA:
            for node in self.document.tree.css(f'[itemprop~="{selector.expression}"]')[:5]:
                yield node.attributes.get("content") or spaced_words(node, 500), f"itemprop {selector.expression}"
        elif selector.expression:
            for script in self.document.json_ld:
                for item in _products(script):
                    yield _text(_walk(item, selector.expression.split("."))), f"Product.{selector.expression}"
        else:
            for claim in self.claims(selector.kind)[:1]:
                if selector.field in claim.texts:
                    yield _text(claim.texts[selector.field][0]), claim.texts[selector.field][1]

    def _css(self, selector: Selector) -> Iterator[tuple[str, str]]:
        for node in self.document.tree.css(selector.expression)[:20]:
            if selector.attribute:
                yield node.attributes.get(selector.attribute) or "", f"{selector.expression}@{selector.attribute}"
            elif node.tag == "meta":
                yield node.attributes.get("content") or "", selector.expression
            elif selector.field in {Field.PRICE, Field.ORIGINAL_PRICE, Field.SHIPPING}:
                yield price_text(node) or spaced_words(node, 500), selector.expression
            else:
                yield spaced_words(node, 500), selector.expression

    def _xpath(self, selector: Selector) -> Iterator[tuple[str, str]]:
        if self._xml is None:
            parser = html.HTMLParser(encoding="utf-8", huge_tree=False)
            self._xml = html.fromstring(self.document.body or b"<html/>", parser=parser)
        siblings = _SIBLINGS.search(selector.expression)
        if siblings is not None and len(self._xml.xpath(selector.expression[: siblings.start()])) > _FEW:
            return
        found = self._xml.xpath(selector.expression)
        for each in (found if isinstance(found, list) else [found])[:20]:
            text = each.text_content() if isinstance(each, html.HtmlElement) else str(each)
            yield " ".join(text[:4_000].split()), selector.expression

    def embedded(self) -> list[tuple[str, Json]]:
        """Return every JSON document inside the page's scripts, with its place: JSON scripts first, then assignments."""
        if self._embedded is None:
            self._embedded = list(embedded_documents(self.document))
        return self._embedded

    def _json(self, selector: Selector) -> Iterator[tuple[str, str]]:
        path = _json_path(selector.expression)
        for place, value in self.embedded():
            if isinstance(value, dict | list):
                for match in path.finditer(value):
                    yield _text(match.obj), f"{place} {match.path}"
                    break

    def _regex(self, selector: Selector) -> Iterator[tuple[str, str]]:
        pattern = re.compile(selector.expression)
        text = self.document.text[:SEARCHED_BY_PATTERN]
        until = process_time() + _PATIENCE
        for start in range(0, max(len(text), 1), _WINDOW // 2):
            found = pattern.search(text[start : start + _WINDOW])
            if found is not None:
                yield (found[1] if found.lastindex else found[0]) or "", f"character {start + found.start()}"
                return
            if process_time() > until:
                return


def _products(script: Json) -> Iterator[dict[str, Json]]:
    for item in objects(script, OTHERS):
        if types(item) & {"product", "productgroup", "individualproduct", "offer", "book", "vehicle", "car"}:
            yield item


def _walk(value: Json, names: list[str]) -> Json:
    for name in names:
        if isinstance(value, list):
            value = value[0] if value else None
        value = value.get(name) if isinstance(value, dict) else None
    return one(value)


def _text(value: object) -> str:
    while isinstance(value, list) and value:
        value = value[0]
    return "" if value is None or isinstance(value, dict | list | bool) else str(value)
