"""Notifications in the reader's words: what is stored are templates and facts, amounts among them."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from entrepot.kit import i18n
from entrepot.kit.sentence import fill
from entrepot.kit.text import N_
from entrepot.messaging.domain import Digest

DIGESTS = {
    Digest.IMMEDIATE: N_("At once"),
    Digest.HOURLY: N_("Gathered, every full hour"),
    Digest.DAILY: N_("Gathered, once a day"),
}


def amount(value: Decimal, currency: str) -> dict[str, str]:
    """Return an amount of money as a fact."""
    return {"amount": str(value), "currency": currency}


def percent(value: Decimal) -> dict[str, str]:
    """Return a percentage as a fact."""
    return {"percent": str(value)}


def said(template: str, facts: Mapping[str, Any]) -> str:
    """Return a stored sentence in the language of the reader."""
    return fill(i18n.gettext(template), {name: _shown(fact) for name, fact in facts.items()}) if template else ""


def _shown(fact: object) -> str | int:
    match fact:
        case {"amount": str(value), "currency": str(currency)}:
            return i18n.show_money(Decimal(value), currency)
        case {"percent": str(value)}:
            return f"{i18n.show_number(abs(Decimal(value)))} %"
        case {"term": str(term)}:
            return i18n.gettext(term)
        case int():
            return fact
        case _:
            return str(fact)
