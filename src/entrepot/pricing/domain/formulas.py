"""The little language of floors and ceilings: ``MAX(PRICE(landed_cost + shipping, 1.50, 10%), map)``.  Pure.

Numbers, ``10%`` (which is 0.10), names of what is known, ``+ - * /``, brackets, and four functions:

* ``MIN(a, b, ...)`` and ``MAX(a, b, ...)``;
* ``FIRST(a, b, ...)``: the first that is known;
* ``PRICE(costs, margin, margin in percent)``: the price that leaves at least both margins after VAT and commission.

What is unknown makes the whole formula unknown, except inside ``FIRST``: a price is never guessed.
"""

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import lru_cache

import msgspec

from entrepot.pricing.domain.decision import Term
from entrepot.pricing.domain.errors import (
    FormulaArgumentsError,
    FormulaEndsError,
    FormulaError,
    FormulaLongError,
    FormulaNameError,
)
from entrepot.pricing.domain.facts import HUNDRED, Costs, Known
from entrepot.pricing.domain.margins import Hole, Impossible, price_for

NAMES = (
    "purchase_price",
    "landed_cost",
    "supplier_price",
    "shipping",
    "packaging",
    "vat",
    "item_price",
    "map",
    "least_margin",
    "least_margin_percent",
    "floor",
)
_PERCENTS = frozenset({"vat", "least_margin_percent"})
FUNCTIONS = {"MIN": (2, 20), "MAX": (2, 20), "FIRST": (1, 20), "PRICE": (1, 3)}
"""Name -> how few and how many arguments."""
LONGEST = 500
DEEPEST = 20
_TOKEN = re.compile(r"\s*(?:(\d+(?:\.\d+)?%?)|([A-Za-z_]\w*)|([-+*/(),])|(\S))", re.ASCII)


class Number(msgspec.Struct, frozen=True, tag=True):
    """A number that was written."""

    value: Decimal
    text: str


class Name(msgspec.Struct, frozen=True, tag=True):
    """Something that is looked up."""

    name: str


class Call(msgspec.Struct, frozen=True, tag=True):
    """A function or a sign with what it works on."""

    function: str
    parts: tuple["Node", ...]
    text: str


type Node = Number | Name | Call


class Unknown(Exception):  # noqa: N818 -- an answer, not a failure
    """A term is not known."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class Reckoned(msgspec.Struct, frozen=True):
    """What a formula came to, and from what."""

    value: Decimal
    terms: tuple[Term, ...]
    holes: tuple[Hole, ...] = ()


@lru_cache(maxsize=4096)
def parse(text: str) -> Node:
    """Read a formula.

    Raises:
        FormulaError: it cannot be read; the sentence says where and what to do.
    """
    if len(text) > LONGEST:
        raise FormulaLongError(most=LONGEST, depth=DEEPEST)
    tokens: list[tuple[str, str, int]] = []
    for match in _TOKEN.finditer(text):
        number, name, sign, other = match.groups()
        at = match.start(match.lastindex or 0) + 1
        if other:
            raise FormulaError(found=other, at=at)
        tokens.append(("number", number, at) if number else ("name", name, at) if name else (sign, sign, at))
    reader = _Reader(tokens)
    node = reader.sum(0)
    if reader.kind:
        raise FormulaError(found=reader.tokens[reader.place][1], at=reader.tokens[reader.place][2])
    return node


class _Reader:
    """Recursive descent over the tokens."""

    def __init__(self, tokens: list[tuple[str, str, int]]) -> None:
        self.tokens = tokens
        self.place = 0

    @property
    def kind(self) -> str:
        return self.tokens[self.place][0] if self.place < len(self.tokens) else ""

    def take(self, *kinds: str) -> str:
        if not self.kind:
            raise FormulaEndsError
        kind, found, at = self.tokens[self.place]
        if kinds and kind not in kinds:
            raise FormulaError(found=found, at=at)
        self.place += 1
        return found

    def take_if(self, kind: str) -> bool:
        """Take the next token if it is of that kind."""
        found = self.kind == kind
        self.place += found
        return found

    def chain(self, signs: str, inner: Callable[[int], Node], depth: int) -> Node:
        left = inner(depth)
        while self.kind and self.kind in signs:
            sign = self.take()
            right = inner(depth)
            left = Call(sign, (left, right), f"{written(left)} {sign} {written(right)}")
        return left

    def sum(self, depth: int) -> Node:
        if depth > DEEPEST:
            raise FormulaLongError(most=LONGEST, depth=DEEPEST)
        return self.chain("+-", self.product, depth)

    def product(self, depth: int) -> Node:
        return self.chain("*/", self.atom, depth)

    def atom(self, depth: int) -> Node:
        if self.kind == "number":
            found = self.take()
            return Number(Decimal(found[:-1]) / HUNDRED if found.endswith("%") else Decimal(found), found)
        if self.kind == "(":
            self.take()
            inner = self.sum(depth + 1)
            self.take(")")
            return Call("()", (inner,), f"({written(inner)})")
        name = self.take("name")
        if self.kind != "(":
            if name.lower() not in NAMES:
                raise FormulaNameError(found=name, names=", ".join((*NAMES, *FUNCTIONS)))
            return Name(name.lower())
        if name.upper() not in FUNCTIONS:
            raise FormulaNameError(found=name, names=", ".join((*NAMES, *FUNCTIONS)))
        self.take("(")
        parts = [self.sum(depth + 1)]
        while self.take_if(","):
            parts.append(self.sum(depth + 1))
        self.take(")")
        fewest, most = FUNCTIONS[name.upper()]
        if not fewest <= len(parts) <= most:
            wanted = f"{fewest}-{most}"
            raise FormulaArgumentsError(found=name.upper(), expected=wanted)
        return Call(name.upper(), tuple(parts), f"{name.upper()}({', '.join(map(written, parts))})")


def written(node: Node) -> str:
    """Return a node as somebody would write it."""
    match node:
        case Name(name):
            return name
        case Number(text=text) | Call(text=text):
            return text


def reckon(text: str, costs: Costs, day: date, *, floor: Decimal | None = None) -> Reckoned:
    """Work a formula out, keeping every term for the why card.

    Raises:
        FormulaError: it cannot be read.
        Unknown: a term is not known.
        Impossible: no price leaves the margin, or it divides by nothing.
    """
    book = _Book(costs, day, floor)
    value = book.value(parse(text))
    return Reckoned(value, tuple(book.terms.values()), tuple(book.holes))


def _divided(values: list[Decimal]) -> Decimal:
    if not values[1]:
        raise Impossible
    return values[0] / values[1]


_WORK: dict[str, Callable[[list[Decimal]], Decimal]] = {
    "+": lambda values: values[0] + values[1],
    "-": lambda values: values[0] - values[1],
    "*": lambda values: values[0] * values[1],
    "/": _divided,
    "()": lambda values: values[0],
    "MIN": min,
    "MAX": max,
}


class _Book:
    """One working out: what was looked up and what it was."""

    def __init__(self, costs: Costs, day: date, floor: Decimal | None) -> None:
        self.costs, self.day, self.floor = costs, day, floor
        self.terms: dict[str, Term] = {}
        self.holes: list[Hole] = []

    def value(self, node: Node) -> Decimal:
        if isinstance(node, Number):
            return node.value
        if isinstance(node, Name):
            return self.look_up(node.name)
        if node.function == "FIRST":
            return self.first(node.parts)
        values = [self.value(part) for part in node.parts]
        found = self.price(values) if node.function == "PRICE" else _WORK[node.function](values)
        if node.function in FUNCTIONS:
            self.terms[node.text] = Term(node.text, found)
        return found

    def look_up(self, name: str) -> Decimal:
        if name == "floor":
            if self.floor is None:
                raise Unknown(name)
            self.terms[name] = Term(name, self.floor)
            return self.floor
        known: Known | None = getattr(self.costs, name)
        if known is None:
            raise Unknown(name)
        self.terms[name] = Term(name, known.value, known.source, known.read_at)
        return known.value / HUNDRED if name in _PERCENTS else known.value

    def first(self, parts: tuple[Node, ...]) -> Decimal:
        for part in parts[:-1]:
            before = dict(self.terms)
            try:
                return self.value(part)
            except Unknown:
                self.terms = before
        return self.value(parts[-1])

    def price(self, values: list[Decimal]) -> Decimal:
        vat, commission = self.costs.vat, self.costs.commission
        if vat is None:
            raise Unknown("vat")
        if commission is None:
            raise Unknown("commission")
        costs, money, part = (*values, Decimal(0), Decimal(0))[:3]
        self.terms["vat"] = Term("vat", vat.value, vat.source, vat.read_at)
        for name, amount in (("commission_fixed", commission.fixed), ("commission_percent", commission.percent)):
            self.terms[name] = Term(name, amount, commission.source, commission.read_at)
        found, holes = price_for(costs, money, part, vat=vat.value, commission=commission, day=self.day)
        self.holes += holes
        return found
