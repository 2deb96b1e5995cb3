"""Reads invoices as programs and tables write them.  Pure but for the day it is: every wrong field is told, none stops the reading."""

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec

from entrepot.channels.contract import PostalAddress
from entrepot.kit.clock import now
from entrepot.kit.errors import Fact
from entrepot.kit.money import CURRENCIES
from entrepot.kit.sentence import sentence
from entrepot.kit.tabular import CellError, read_decimal, read_flag, read_whole
from entrepot.kit.text import N_
from entrepot.orders.creating import MOST_MONEY
from entrepot.orders.invoices.refs import InvoiceDraft, InvoiceLine, Kind, Problem

MOST_LINES = 1000
MOST_YEARS = 5
"""Ahead that goods are promised; programs write 31-12-9999 for “no date”."""
MOST_UNITS = 1_000_000
CENTS_OF_CENTS = Decimal("0.0001")
"""As the tables keep money: 9.5 and 9.50 are one price."""
SPREADSHEET_DAY = date(1899, 12, 30)
"""Day 0 of spreadsheet programs (which believe that 1900 was a leap year)."""

NOT_AN_INVOICE = N_("This is no invoice: an object with a number and lines is needed.")
NUMBER_MISSING = N_("The invoice has no number. Send the number that your program gave it.")
TOO_LONG = N_("“{text}…” is longer than {most} characters. Shorten it.")
NOT_TEXT = N_("A text or a number is needed here, not a list or an object.")
NOT_OBJECT = N_("An object with named fields is needed here.")
LINES_MISSING = N_("The invoice has no lines. Send each line with code and quantity.")
LINES_MANY = N_("The invoice has {count} lines; {most} is the most. Split it.")
CODE_MISSING = N_("The line has neither code nor barcode. Send one of them.")
QUANTITY_MISSING = N_("The line has no quantity.")
QUANTITY_WRONG = N_("The quantity is {quantity}; it must be between 1 and 1,000,000. Send goods that come back as a credit note.")  # fmt: skip
MONEY_WRONG = N_("{amount} is not possible here: at least 0 and below 100,000,000 is. Send what is given back as a credit note.")  # fmt: skip
DAY_WRONG = N_("“{text}” is no date. Write it like 2026-11-21.")
DAY_FAR = N_("{text} is more than {years} years ahead. Leave the date out if nothing was promised.")
PRIORITY_WRONG = N_("“{text}” is no priority: write a number from 0 (none) to 9 (at once).")
KIND_WRONG = N_("“{text}” is neither “invoice” nor “credit”.")
CREDITS_MISSING = N_("The credit note does not say which invoice it takes back. Send that number as “credits”.")
COUNTRY_WRONG = N_("“{text}” is no country. Write two letters, like NL or DE.")
CURRENCY_WRONG = N_("There is no currency “{text}”. Use the three letters of ISO 4217, such as EUR.")

PRIORITIES = {"": 0, "none": 0, "low": 0, "normal": 0, "high": 5, "urgent": 9}
ADDRESS = tuple(name for name in PostalAddress.__struct_fields__ if name != "country")
_DATES = (
    re.compile(r"(?P<y>[0-9]{4})-(?P<m>[0-9]{1,2})-(?P<d>[0-9]{1,2})(?:[T ].*)?", re.ASCII | re.DOTALL),
    re.compile(r"(?P<y>[0-9]{4})(?P<m>[0-9]{2})(?P<d>[0-9]{2})", re.ASCII),
    re.compile(r"(?P<d>[0-9]{1,2})[-./](?P<m>[0-9]{1,2})[-./](?P<y>[0-9]{4})(?:[T ].*)?", re.ASCII | re.DOTALL),
)
_SERIAL = re.compile(r"(?P<n>[2-7][0-9]{4})(\.[0-9]+)?", re.ASCII)


class Defaults(NamedTuple):
    """What holds where an invoice says nothing."""

    currency: str = "EUR"
    country: str = ""


class Reading(NamedTuple):
    """What was read."""

    number: str
    """Never empty: an invoice without a number is called by its content."""
    draft: InvoiceDraft | None
    problems: tuple[Problem, ...]


def read_invoice(raw: object, defaults: Defaults = Defaults()) -> Reading:  # noqa: B008 -- immutable
    """Return the invoice, or everything that is wrong with it."""
    reader = _Reader(defaults)
    if not isinstance(raw, Mapping):
        reader.wrong("", NOT_AN_INVOICE)
        return Reading(nameless(raw), None, tuple(reader.problems))
    number = reader.text(raw, "number", 60)
    if not number:
        reader.wrong("number", NUMBER_MISSING)
    draft = reader.draft(raw, number)
    if reader.problems:
        return Reading(number or nameless(raw), None, tuple(reader.problems))
    return Reading(number, draft, ())


def nameless(raw: object) -> str:
    """Return what an invoice without a number is called: equal for equal content."""
    try:
        content = msgspec.json.encode(raw, order="deterministic")
    except (TypeError, ValueError, RecursionError):
        content = repr(raw).encode(errors="replace")
    return f"?{hashlib.blake2b(content, digest_size=6).hexdigest()}"


def fingerprint(draft: InvoiceDraft) -> str:
    """Return a short text, equal for equal invoices, however they were written."""
    return hashlib.blake2b(msgspec.json.encode(draft), digest_size=12).hexdigest()


def read_day(text: str) -> date:
    """Return the day *text* stands for: ISO, day first with points or dashes, or a spreadsheet's day number.

    Raises:
        ValueError: it stands for none.
    """
    if found := _SERIAL.fullmatch(text):
        return SPREADSHEET_DAY + timedelta(days=int(found["n"]))
    for form in _DATES:
        if found := form.fullmatch(text):
            return date(int(found["y"]), int(found["m"]), int(found["d"]))
    raise ValueError(text)


class _Reader:
    """Reads one invoice and collects what is wrong."""

    def __init__(self, defaults: Defaults) -> None:
        self._defaults = defaults
        self._within = ""
        self.problems: list[Problem] = []

    def wrong(self, field: str, text: str, /, **facts: Fact) -> None:
        where = f"{self._within}{field}".rstrip(".")
        self.problems.append(Problem(field=where, sentence=sentence(text, facts)))

    def draft(self, raw: Mapping[str, Any], number: str) -> InvoiceDraft:
        customer = self.part(raw, "customer")
        kind = self.kind(raw)
        cancelled = self.flag(raw, "cancelled")
        credited = self.text(raw, "credits", 60)
        if kind is Kind.CREDIT and not credited:
            self.wrong("credits", CREDITS_MISSING)
        ship_to = self.address({**customer, **self.part(customer, "address"), **self.part(raw, "ship_to")}, "ship_to")
        bill_to = self.part(raw, "bill_to")
        ship_by = self.day(raw, "ship_by")
        if ship_by is not None and ship_by > now().date() + timedelta(days=366 * MOST_YEARS):
            self.wrong("ship_by", DAY_FAR, text=str(ship_by), years=MOST_YEARS)
        return InvoiceDraft(
            number=number,
            kind=kind,
            credits=credited,
            cancelled=cancelled,
            reason=self.text(raw, "reason", 500),
            invoiced_on=self.day(raw, "date"),
            salesman=self.text(raw, "salesman", 120),
            customer_number=self.text(customer, "number", 60, "customer."),
            customer_name=self.text(customer, "name", 200, "customer.") or ship_to.name,
            area=self.text(customer, "area", 120, "customer."),
            route=self.text(customer, "route", 120, "customer."),
            priority=self.priority(raw),
            remarks=self.text(raw, "remarks", 2000),
            reference=self.text(raw, "reference", 120),
            currency=self.currency(raw),
            ship_by=datetime.combine(ship_by, time(23, 59), UTC) if ship_by else None,
            shipping_total=self.money(raw, "shipping_total"),
            ship_to=ship_to,
            bill_to=self.address(bill_to, "bill_to") if bill_to else None,
            lines=self.lines(raw, may_be_empty=cancelled or kind is Kind.CREDIT),
        )

    def part(self, raw: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        found = raw.get(key)
        if found is None or isinstance(found, Mapping):
            return found or {}
        self.wrong(key, NOT_OBJECT)
        return {}

    def text(self, raw: Mapping[str, Any], key: str, most: int, within: str = "") -> str:
        value = raw.get(key)
        if value is None:
            return ""
        if isinstance(value, (Mapping, list, tuple)):
            self.wrong(within + key, NOT_TEXT)
            return ""
        clean = _clean(str(value)).strip()
        if len(clean) > most:
            self.wrong(within + key, TOO_LONG, text=clean[:30], most=most)
        return clean[:most]

    def flag(self, raw: Mapping[str, Any], key: str) -> bool:
        text = self.text(raw, key, 10)
        try:
            return bool(text) and read_flag(text)
        except CellError as error:
            self.wrong(key, error.template, **error.facts)
            return False

    def kind(self, raw: Mapping[str, Any]) -> Kind:
        text = self.text(raw, "kind", 20).lower() or "invoice"
        if text not in set(Kind):
            self.wrong("kind", KIND_WRONG, text=text)
            return Kind.INVOICE
        return Kind(text)

    def priority(self, raw: Mapping[str, Any]) -> int:
        text = self.text(raw, "priority", 20).lower()
        if text in PRIORITIES:
            return PRIORITIES[text]
        if len(text) == 1 and text.isascii() and text.isdigit():
            return int(text)
        self.wrong("priority", PRIORITY_WRONG, text=text)
        return 0

    def day(self, raw: Mapping[str, Any], key: str) -> date | None:
        text = self.text(raw, key, 40)
        try:
            return read_day(text) if text else None
        except ValueError:
            self.wrong(key, DAY_WRONG, text=text)
            return None

    def money(self, raw: Mapping[str, Any], key: str) -> Decimal:
        text = self.text(raw, key, 40)
        if not text:
            return Decimal(0)
        try:
            amount = read_decimal(_plain(text))
        except CellError as error:
            self.wrong(key, error.template, **error.facts)
            return Decimal(0)
        if not 0 <= amount < MOST_MONEY:
            self.wrong(key, MONEY_WRONG, amount=text)
            return Decimal(0)
        return amount.quantize(CENTS_OF_CENTS)

    def currency(self, raw: Mapping[str, Any]) -> str:
        text = self.text(raw, "currency", 10).upper() or self._defaults.currency
        if text not in CURRENCIES:
            self.wrong("currency", CURRENCY_WRONG, text=text)
        return text

    def address(self, raw: Mapping[str, Any], within: str) -> PostalAddress:
        parts = {name: self.text(raw, name, 200, f"{within}.") for name in ADDRESS}
        if not (parts["first_name"] or parts["last_name"]):
            name = self.text(raw, "name", 200, f"{within}.")
            parts["last_name"] = "" if name == parts["company"] else name
        country = self.text(raw, "country", 60, f"{within}.").upper() or self._defaults.country
        if country and not (len(country) == 2 and country.isascii() and country.isalpha()):  # noqa: PLR2004 -- two letters
            self.wrong(f"{within}.country", COUNTRY_WRONG, text=country)
            country = ""
        return PostalAddress(**parts, country=country)

    def lines(self, raw: Mapping[str, Any], *, may_be_empty: bool) -> tuple[InvoiceLine, ...]:
        found = raw.get("lines")
        if found is None or (isinstance(found, list) and not found):
            if not may_be_empty:
                self.wrong("lines", LINES_MISSING)
            return ()
        if not isinstance(found, list):
            self.wrong("lines", LINES_MISSING)
            return ()
        if len(found) > MOST_LINES:
            self.wrong("lines", LINES_MANY, count=len(found), most=MOST_LINES)
            return ()
        lines: list[InvoiceLine] = []
        for position, one in enumerate(found, 1):
            self._within = f"lines.{position}."
            if isinstance(one, Mapping):
                lines.append(self.line(one))
            else:
                self.wrong("", NOT_OBJECT)
        self._within = ""
        return tuple(lines)

    def line(self, raw: Mapping[str, Any]) -> InvoiceLine:
        code, barcode = self.text(raw, "code", 120), self.text(raw, "barcode", 60)
        if not code and not barcode:
            self.wrong("code", CODE_MISSING)
        return InvoiceLine(
            code=code,
            barcode=barcode,
            name=self.text(raw, "name", 500),
            quantity=self.quantity(raw),
            unit_price=self.money(raw, "price"),
            discount=self.money(raw, "discount"),
            packing=self.text(raw, "packing", 120),
            shelf=self.text(raw, "shelf", 60),
            lot=self.text(raw, "lot", 60),
            expires_on=self.day(raw, "expires"),
        )

    def quantity(self, raw: Mapping[str, Any]) -> int:
        text = self.text(raw, "quantity", 40)
        if not text:
            self.wrong("quantity", QUANTITY_MISSING)
            return 1
        try:
            quantity = read_whole(_plain(text))
        except CellError as error:
            self.wrong("quantity", error.template, **error.facts)
            return 1
        if not 1 <= quantity <= MOST_UNITS:
            self.wrong("quantity", QUANTITY_WRONG, quantity=text)
            return 1
        return quantity


def _clean(text: str) -> str:
    """Return *text* without what no screen shows and no database keeps."""
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() or character == "\n" else " " for character in text)


def _plain(text: str) -> str:
    """Return a number as people write it; programs write 1e3, too."""
    if "e" in text.lower():
        try:
            return f"{Decimal(text):f}"[:60]
        except ArithmeticError:
            return text
    return text
