"""What pages say about prices."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from entrepot.jobs.naming import author
from entrepot.kit.i18n import gettext, show_moment, show_money
from entrepot.kit.outbox import RecordedEvent
from entrepot.kit.text import N_
from entrepot.offers.prices.changing import ChangeKind, PriceChange
from entrepot.offers.prices.domain import PriceState, Source
from entrepot.offers.prices.rounding import Ending

STATES: dict[PriceState, tuple[str, str]] = {
    PriceState.IN_STEP: (N_("In step"), "success"),
    PriceState.TO_PUSH: (N_("To be sent"), "info"),
    PriceState.FAILED: (N_("Refused"), "danger"),
    PriceState.UNKNOWN: (N_("Not decided here"), "neutral"),
    PriceState.GONE: (N_("Gone"), "neutral"),
}
"""State -> label and tone."""
SOURCES: dict[str, tuple[str, str]] = {
    Source.MANUAL: (N_("By hand"), "lock"),
    Source.SCHEDULE: (N_("Planned"), "calendar-time"),
    Source.LIST: (N_("Price list"), "list-details"),
    Source.RULE: (N_("Pricing rule"), "wand"),
    Source.BASE: (N_("As before"), "arrow-back-up"),
    "": (N_("The channel"), "building-store"),
}
"""Source -> label and icon."""
KINDS: dict[ChangeKind, str] = {
    ChangeKind.SET: N_("Set to"),
    ChangeKind.RAISE_PERCENT: N_("Raise by percent"),
    ChangeKind.LOWER_PERCENT: N_("Lower by percent"),
    ChangeKind.RAISE_AMOUNT: N_("Raise by amount"),
    ChangeKind.LOWER_AMOUNT: N_("Lower by amount"),
    ChangeKind.ROUND: N_("Only round"),
    ChangeKind.RELEASE: N_("Let go of prices set by hand"),
}
ENDINGS: dict[Ending, str] = {
    Ending.NONE: N_("As calculated"),
    Ending.NINETY_NINE: N_("Ending in .99"),
    Ending.NINETY_FIVE: N_("Ending in .95"),
    Ending.NINETY: N_("Ending in .90"),
    Ending.WHOLE: N_("Whole amounts"),
    Ending.FIVE_CENTS: N_("To five cents"),
    Ending.TEN_CENTS: N_("To ten cents"),
}
OUTCOMES: dict[str, tuple[str, str]] = {
    "applied": (N_("Accepted"), "success"),
    "refused": (N_("Refused"), "danger"),
    "unavailable": (N_("No answer"), "warning"),
}
PLANNED: dict[str, tuple[str, str]] = {
    "coming": (N_("Coming"), "info"),
    "on": (N_("On"), "success"),
    "over": (N_("Over"), "neutral"),
    "called_off": (N_("Called off"), "neutral"),
}
LISTS: dict[str, tuple[str, str]] = {
    "on": (N_("Counts"), "success"),
    "coming": (N_("Coming"), "info"),
    "over": (N_("Over"), "neutral"),
    "off": (N_("Off"), "neutral"),
}
CHANGED = {
    ChangeKind.SET: N_("Set to {value}"),
    ChangeKind.RAISE_PERCENT: N_("Raised by {value} %"),
    ChangeKind.LOWER_PERCENT: N_("Lowered by {value} %"),
    ChangeKind.RAISE_AMOUNT: N_("Raised by {value}"),
    ChangeKind.LOWER_AMOUNT: N_("Lowered by {value}"),
    ChangeKind.ROUND: N_("Rounded"),
    ChangeKind.RELEASE: N_("Let go of prices set by hand"),
}
NOTHING = "–"


def change_said(change: PriceChange) -> str:
    """Return what a change of many prices does, as a few words."""
    words = gettext(CHANGED[change.kind]).format(value=f"{change.value.normalize():f}")
    if change.ending is Ending.NONE or change.kind is ChangeKind.RELEASE:
        return words
    return f"{words} · {gettext(ENDINGS[change.ending])}"


_EVENTS: dict[str, tuple[str, str, str]] = {
    "offers.price_wanted": (N_("Should cost {price}"), "target", "info"),
    "offers.price_published": (N_("Published {price}"), "upload", "success"),
    "offers.price_refused": (N_("The channel refused {price}"), "alert-triangle", "danger"),
    "offers.price_drifted": (N_("The channel showed {found} where it had been told {published}"), "refresh", "warning"),
    "offers.price_locked": (N_("Set to {price} by hand"), "lock", "accent"),
    "offers.price_scheduled": (N_("Planned price {price}: {what}"), "calendar-time", "neutral"),
}
RELEASED = N_("Let go of the price set by hand")
NOBODY = N_("Nobody here decides the price any more")
TURNS = {
    "planned": N_("planned"),
    "began": N_("began"),
    "ended": N_("ended"),
    "called_off": N_("called off"),
}


def timeline(events: Iterable[RecordedEvent]) -> list[dict[str, Any]]:
    """Return entries for the timeline of a page: those about the price."""
    return [_entry(event) for event in events if event.topic in _EVENTS]


def _entry(event: RecordedEvent) -> dict[str, Any]:
    words, icon, tone = _EVENTS[event.topic]
    payload = event.payload
    currency = str(payload.get("currency") or "EUR")
    facts = {name: _amount(payload.get(name), currency) for name in ("price", "published", "found", "before")} | {
        "what": gettext(TURNS.get(str(payload.get("what")), NOTHING))
    }
    if payload.get("price") is None and event.topic in {"offers.price_locked", "offers.price_wanted"}:
        words = RELEASED if event.topic == "offers.price_locked" else NOBODY
    return {
        "time": event.recorded_at,
        "actor": author(event.actor_kind, event.actor_name),
        "text": gettext(words).format(**facts),
        "detail": _detail(event.topic, payload, facts),
        "icon": icon,
        "tone": tone,
    }


def _detail(topic: str, payload: dict[str, Any], facts: dict[str, str]) -> str:
    match topic:
        case "offers.price_published" | "offers.price_wanted":
            source = gettext(SOURCES.get(str(payload.get("source")), SOURCES[""])[0])
            return f"{gettext(N_('Before: {price}.')).format(price=facts['before'])} {source}"
        case "offers.price_refused":
            return str(payload["problem"])
        case "offers.price_locked":
            return str(payload["reason"])
        case "offers.price_scheduled":
            ends_at = str(payload["ends_at"])
            return f"{_moment(str(payload['starts_at']))} – {_moment(ends_at) if ends_at else ''}"
        case _:
            return ""


def _moment(text: str) -> str:
    return show_moment(datetime.fromisoformat(text), "short")


def _amount(value: object, currency: str) -> str:
    return NOTHING if value is None else show_money(Decimal(str(value)), currency)
