"""Reading what a form or an address of these pages says."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from entrepot.channels.accounts import AccountRef
from entrepot.kit import i18n
from entrepot.kit.errors import InvalidInputError
from entrepot.kit.i18n import gettext
from entrepot.kit.tabular import CellError, guess_mark, read_decimal
from entrepot.kit.text import N_
from entrepot.offers.prices.browsing import Filters
from entrepot.offers.prices.domain import PriceState, Source

WRONG_MOMENT = N_("Enter a date and a time.")
LONGEST = 10


def uuid_of(given: object) -> UUID | None:
    """Return an id, or None."""
    try:
        return UUID(str(given))
    except ValueError:
        return None


def number_of(given: object) -> int | None:
    """Return a small whole number, or None."""
    text = str(given or "").strip()
    return int(text) if text.removeprefix("-").isdecimal() and len(text) < LONGEST else None


def amount_of(given: object, field: str) -> Decimal:
    """Return an amount that a person wrote, with a point or a comma before the cents.

    Raises:
        InvalidInputError: it is none.
    """
    text = str(given or "").strip()
    try:
        return read_decimal(text, guess_mark([text]))
    except CellError as error:
        raise InvalidInputError({field: error.sentence}) from error


def moment_of(given: object, field: str) -> datetime | None:
    """Return a moment that a person wrote in their own time zone; None for nothing.

    Raises:
        InvalidInputError: it is none.
    """
    text = str(given or "").strip()
    if not text:
        return None
    try:
        written = datetime.fromisoformat(text)
        here = written if written.tzinfo else written.replace(tzinfo=ZoneInfo(i18n.time_zone.get()))
        return here.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidInputError({field: gettext(WRONG_MOMENT)}) from error


def needed_moment(given: object, field: str) -> datetime:
    """Do as :func:`moment_of`, and refuse nothing.

    Raises:
        InvalidInputError: it is none.
    """
    moment = moment_of(given, field)
    if moment is None:
        raise InvalidInputError({field: gettext(WRONG_MOMENT)})
    return moment


def written(moment: datetime | None) -> str:
    """Return a moment as such a field of a form shows it."""
    if moment is None:
        return ""
    return moment.astimezone(ZoneInfo(i18n.time_zone.get())).strftime("%Y-%m-%dT%H:%M")


def filters_of(given: dict[str, str]) -> Filters:
    """Return the filters that an address or a form names; what is unknown is left out."""
    state, source = given.get("state", ""), given.get("source", "")
    return Filters(
        account_id=uuid_of(given.get("account", "")),
        state=PriceState(state) if state in set(PriceState) else None,
        source=Source(source) if source in set(Source) else None,
        limited=given.get("limited") == "true",
        query=given.get("q", "").replace("\0", "").strip(),
    )


def query_of(filters: Filters) -> dict[str, str]:
    """Return filters as the parameters of an address."""
    query = {
        "q": filters.query,
        "account": str(filters.account_id or ""),
        "state": str(filters.state or ""),
        "source": str(filters.source or ""),
        "limited": "true" if filters.limited else "",
    }
    return {name: value for name, value in query.items() if value}


def address(path: str, query: dict[str, str]) -> str:
    """Return an address with parameters."""
    return f"{path}?{urlencode(query)}" if query else path


def account_options(accounts: list[AccountRef]) -> list[dict[str, str]]:
    """Return the accounts to choose from."""
    return [{"value": str(account.id), "label": account.name} for account in accounts]


def field(
    name: str, label: str, given: dict[str, str], problems: dict[str, str], kind: str = "text", **more: object
) -> dict[str, Any]:
    """Return a field of a form as the components show it.

    Args:
        name: of the field.
        label: of the field, translated.
        given: what was entered or is stored.
        problems: what is wrong, by field.
        kind: ``text``, ``select``, ``checkbox``, ...
        more: help, options, required, half, ...
    """
    value: object = given.get(name) == "true" if kind == "checkbox" else given.get(name, "")
    found: dict[str, Any] = {"help": None, "options": [], "required": False}
    return {**found, **more, "name": name, "label": label, "type": kind, "value": value, "error": problems.get(name)}


def tabs(active: str) -> list[dict[str, Any]]:
    """Return the tabs that the pages of prices share."""
    items = {
        "prices": (N_("Prices"), "/offers/prices"),
        "lists": (N_("Price lists"), "/offers/prices/lists"),
        "planned": (N_("Planned"), "/offers/prices/planned"),
        "edits": (N_("Changes of many"), "/offers/prices/edits"),
    }
    return [{"label": gettext(label), "url": url, "active": key == active} for key, (label, url) in items.items()]
