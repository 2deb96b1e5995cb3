"""Reading what a form or an address of these pages says."""

from typing import Any
from uuid import UUID

from litestar import Request

from entrepot.kit.i18n import gettext
from entrepot.kit.text import N_
from entrepot.offers.causes import Finding
from entrepot.offers.domain import OfferState
from entrepot.offers.wording import STATES, sentence, tone

LONGEST = 10
"""A number with more digits fits no column."""


def state_of(state: str) -> tuple[str, str]:
    """Return label and tone of an offer's state."""
    label, colour = STATES[OfferState(state)]
    return gettext(label), colour


def said(findings: list[Finding]) -> list[tuple[str, str, str]]:
    """Return cause, sentence and tone of findings."""
    return [(str(finding.cause), sentence(finding), tone(finding)) for finding in findings]


def limit_of(given: str) -> int | None:
    """Return a number of units, None for nothing entered, and -1 (which no use case takes) for nonsense."""
    if not given:
        return None
    return number_of(given) if number_of(given) is not None else -1


def number_of(given: object) -> int | None:
    """Return a small whole number, or None."""
    return int(given) if isinstance(given, str) and given.isdecimal() and len(given) < LONGEST else None


def uuid_of(given: str) -> UUID | None:
    """Return an id, or None."""
    try:
        return UUID(given)
    except ValueError:
        return None


async def picked(request: Request[Any, Any, Any]) -> tuple[list[UUID], dict[str, str]]:
    """Return the rows picked in a list, and the other fields of its form."""
    form = await request.form()
    ids = [found for value in form.getall("ids", []) if (found := uuid_of(str(value))) is not None]
    return ids, {name: str(value) for name, value in form.items() if name != "ids"}


def tabs(active: str, counts: dict[OfferState, int]) -> list[dict[str, Any]]:
    """Return the tabs that the pages of this slice share."""
    items = {
        "offers": (N_("Offers"), "/offers", None),
        "matching": (N_("Without product"), "/offers/matching", counts.get(OfferState.UNMATCHED, 0)),
        "accounts": (N_("Channel accounts"), "/offers/accounts", None),
    }
    return [
        {"label": gettext(label), "url": url, "active": key == active, "count": count}
        for key, (label, url, count) in items.items()
    ]
