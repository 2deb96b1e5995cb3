"""Words for what people see of watched prices."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from entrepot.jobs.naming import author
from entrepot.kit.i18n import gettext, show_money
from entrepot.kit.outbox import RecordedEvent
from entrepot.kit.text import N_
from entrepot.pricewatch.extracting.contract import Availability, Field
from entrepot.pricewatch.fetching.contract import FetchMode

AVAILABILITIES: dict[str, tuple[str, str]] = {
    Availability.IN_STOCK: (N_("In stock"), "success"),
    Availability.PRE_ORDER: (N_("Pre-order"), "info"),
    Availability.BACK_ORDER: (N_("Back-order"), "warning"),
    Availability.OUT_OF_STOCK: (N_("Sold out"), "danger"),
    Availability.DISCONTINUED: (N_("Discontinued"), "neutral"),
    Availability.UNKNOWN: (N_("Not stated"), "neutral"),
}
"""State -> label and tone."""
ATTENTION = {
    "failing": (N_("Cannot be fetched"), N_("The page could not be fetched several times in a row.")),
    "undecided": (N_("No price found"), N_("The page was fetched, but no price with its currency was found on it.")),
    "doubtful": (N_("Doubtful price"), N_("The page says a price that is far from the last one, each time another.")),
    "currency": (N_("Another currency"), N_("The page says its price in another currency than before.")),
    "gone": (N_("Page gone"), N_("The page does not exist any more; it is checked no longer.")),
}
"""Reason -> label and sentence."""
FIELDS: dict[str, str] = {
    Field.PRICE: N_("Price"),
    Field.ORIGINAL_PRICE: N_("Price before"),
    Field.CURRENCY: N_("Currency"),
    Field.AVAILABILITY: N_("Availability"),
    Field.SKU: N_("SKU"),
    Field.GTIN: N_("GTIN"),
    Field.MPN: N_("Manufacturer's number"),
    Field.BRAND: N_("Brand"),
    Field.TITLE: N_("Title"),
    Field.IMAGE: N_("Picture"),
    Field.SHIPPING: N_("Shipping"),
    Field.PACK: N_("Units in a pack"),
}
MODES: dict[str, tuple[str, str]] = {
    FetchMode.HTTP: (N_("Plain request"), N_("Fast and light; enough for most shops.")),
    FetchMode.BROWSER: (N_("Browser"), N_("For pages that only scripts fill; slow.")),
    FetchMode.SERVICE: (N_("Scraper service"), N_("A service outside fetches the page.")),
}
CHANGED = {
    "title": N_("Title"),
    "gtin": N_("GTIN"),
    "product_id": N_("Product"),
    "group_id": N_("Group"),
    "tags": N_("Tags"),
    "note": N_("Note"),
    "pack": N_("Units in a pack"),
    "url": N_("Address"),
    "check_minutes": N_("Minutes between checks"),
    "paused": N_("Paused"),
    "pins": N_("Fixed by hand"),
    "accepted": N_("Accepted"),
    "watched_product_id": N_("Watched product"),
    "domains": N_("Hosts"),
    "name": N_("Name"),
    "locale": N_("Locale"),
    "currency": N_("Currency"),
    "recipe": N_("Selectors"),
    "fetch_mode": N_("Fetched by"),
    "interval_ms": N_("Pause between requests"),
    "concurrency": N_("Requests at once"),
    "largest_jump": N_("Largest believed jump"),
    "secrets": N_("Cookies and headers"),
}
_EVENTS: dict[str, tuple[str, str, str]] = {
    "pricewatch.product_watched": (N_("Watched from now on"), "eye", "accent"),
    "pricewatch.product_changed": (N_("Changed"), "pencil", "neutral"),
    "pricewatch.listing_added": (N_("Listing added: {store}"), "link", "neutral"),
    "pricewatch.listing_changed": (N_("Listing changed: {store}"), "settings", "neutral"),
    "pricewatch.listing_removed": (N_("Listing removed: {store}"), "unlink", "neutral"),
    "pricewatch.price_observed": (N_("New at {store}"), "tag", "info"),
    "pricewatch.check_failed": (N_("Needs attention: {store}"), "alert-triangle", "warning"),
    "pricewatch.check_recovered": (N_("Answers again: {store}"), "circle-check", "success"),
    "pricewatch.store_added": (N_("Store added"), "building-store", "accent"),
    "pricewatch.store_changed": (N_("Store changed"), "settings", "neutral"),
}


def availability(state: str) -> tuple[str, str]:
    """Return label and tone of an availability."""
    label, tone = AVAILABILITIES.get(state, (state, "neutral"))
    return gettext(label), tone


def attention(reason: str) -> tuple[str, str]:
    """Return label and sentence of a reason for attention."""
    label, sentence = ATTENTION.get(reason, (reason, ""))
    return gettext(label), gettext(sentence) if sentence else ""


def field_label(name: str) -> str:
    """Return what people call a field of a page."""
    return gettext(FIELDS[name]) if name in FIELDS else name


def timeline(events: Iterable[RecordedEvent]) -> list[dict[str, Any]]:
    """Return entries for the timeline of a page."""
    return [_entry(event) for event in events if event.topic in _EVENTS]


def _entry(event: RecordedEvent) -> dict[str, Any]:
    words, icon, tone = _EVENTS[event.topic]
    return {
        "time": event.recorded_at,
        "actor": author(event.actor_kind, event.actor_name),
        "text": gettext(words).format(**event.payload),
        "detail": _detail(event.topic, event.payload),
        "icon": icon,
        "tone": tone,
    }


def _detail(topic: str, payload: dict[str, Any]) -> str:
    match topic:
        case "pricewatch.price_observed":
            return " → ".join(
                part
                for part in (
                    "" if payload["first"] else _standing(payload, "before_"),
                    _standing(payload, ""),
                )
                if part
            )
        case "pricewatch.check_failed":
            return str(payload["problem"])
        case "pricewatch.product_changed" | "pricewatch.listing_changed" | "pricewatch.store_changed":
            return "; ".join(_change(name, old, new) for name, (old, new) in payload["changes"].items())
        case "pricewatch.listing_added" | "pricewatch.listing_removed":
            return str(payload["url"])
        case _:
            return ""


def _change(name: str, old: object, new: object) -> str:
    label = gettext(CHANGED[name]) if name in CHANGED else name
    return label if name == "recipe" else f"{label}: {_value(old)} → {_value(new)}"


def _standing(payload: dict[str, Any], prefix: str) -> str:
    price, currency = payload[f"{prefix}price"], payload[f"{prefix}currency"]
    said = show_money(Decimal(price), currency) if price is not None and currency else ""
    return ", ".join(part for part in (said, availability(payload[f"{prefix}availability"])[0]) if part)


def _value(value: object) -> str:
    if isinstance(value, bool):
        return gettext(N_("yes") if value else N_("no"))
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "–"
    return "–" if value in {None, ""} else str(value)  # the sign for nothing
