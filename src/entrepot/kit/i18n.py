"""Languages: which there are, and how a sentence, a number and a moment look in each."""

import gettext as gnu
from contextvars import ContextVar
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from importlib.resources import files
from io import BytesIO
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_currency, format_decimal

LOCALES = {"en": "English", "nl": "Nederlands", "de": "Deutsch"}
locale: ContextVar[str] = ContextVar("locale", default="en")
"""The language of the request being answered."""
time_zone: ContextVar[str] = ContextVar("time_zone", default="Europe/Amsterdam")


@lru_cache(maxsize=8)
def catalogue(language: str) -> gnu.NullTranslations:
    """Return the translations of *language*; English is the source and needs none."""
    path = files("entrepot") / "web" / "locale" / f"{language}.po"
    if not path.is_file():
        return gnu.NullTranslations()
    compiled = BytesIO()
    with path.open("rb") as source:
        write_mo(compiled, read_po(source, locale=language))
    compiled.seek(0)
    return gnu.GNUTranslations(compiled)


def gettext(message: str) -> str:
    """Translate into the language of the request."""
    return catalogue(locale.get()).gettext(message) if message else ""


def ngettext(one: str, many: str, count: int) -> str:
    """Translate with a number."""
    return catalogue(locale.get()).ngettext(one, many, count)


def preferred(accept_language: str) -> str:
    """Return the language of ours that an ``Accept-Language`` header likes best."""
    wishes: list[tuple[float, str]] = []
    for part in accept_language.split(","):
        name, _, quality = part.strip().partition(";q=")
        try:
            wishes.append((float(quality or 1), name.partition("-")[0].lower()))  # a weight, neither money nor measure
        except ValueError:
            continue
    wishes.sort(key=lambda wish: -wish[0])
    return next((name for _, name in wishes if name in LOCALES), "en")


def show_money(amount: Decimal, currency: str) -> str:
    """Return an amount as the reader writes it."""
    return format_currency(amount, currency, locale=locale.get())


def show_number(number: Decimal | int) -> str:
    """Return a number as the reader writes it."""
    return format_decimal(number, locale=locale.get())


def show_moment(moment: datetime, form: str = "medium") -> str:
    """Return date and time in the reader's zone and language."""
    return format_datetime(moment, form, tzinfo=ZoneInfo(time_zone.get()), locale=locale.get())


def show_day(moment: date, form: str = "medium") -> str:
    """Return the date in the reader's language: of a moment, in their zone; of a day, as it is."""
    day = moment.astimezone(ZoneInfo(time_zone.get())) if isinstance(moment, datetime) else moment
    return format_date(day, form, locale=locale.get())
