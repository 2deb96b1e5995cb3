"""Offers in words: states, reasons, and what happened."""

from collections.abc import Iterable
from typing import Any

from entrepot.kit.i18n import gettext
from entrepot.kit.outbox import RecordedEvent
from entrepot.kit.text import N_
from entrepot.offers.domain import Limit, OfferState

STATES: dict[OfferState, tuple[str, str]] = {
    OfferState.IN_STEP: (N_("In step"), "success"),
    OfferState.TO_PUSH: (N_("To publish"), "info"),
    OfferState.FAILED: (N_("Refused"), "danger"),
    OfferState.UNMATCHED: (N_("No product"), "warning"),
    OfferState.PAUSED: (N_("Paused"), "neutral"),
    OfferState.BY_CHANNEL: (N_("Kept by the channel"), "neutral"),
    OfferState.IGNORED: (N_("Ignored"), "neutral"),
    OfferState.GONE: (N_("Gone"), "neutral"),
}
"""State -> label and tone."""
LIMITS: dict[Limit, str] = {
    Limit.BUFFER: N_("The buffer is withheld."),
    Limit.MAXIMUM: N_("No more than the maximum is shown."),
    Limit.PAUSED: N_("The offer is paused."),
    Limit.ACCOUNT_PAUSED: N_("The stock of this channel account is paused."),
    Limit.ARCHIVED: N_("The product is archived."),
    Limit.MOST: N_("Channels are told a million at most."),
}
FOUND_BY: dict[str, str] = {
    "sku": N_("by its SKU"),
    "gtin": N_("by its GTIN"),
    "mapping": N_("by what was said of its name before"),
    "hand": N_("by hand"),
}
FIELDS: dict[str, str] = {"maximum": N_("Maximum"), "paused": N_("Paused"), "buffer": N_("Buffer")}

_EVENTS: dict[str, tuple[str, str, str]] = {
    "offers.offer_published": (N_("Published {quantity}"), "upload", "success"),
    "offers.offer_refused": (N_("The channel refused {quantity}"), "alert-triangle", "danger"),
    "offers.offer_drifted": (N_("The channel said {found} where we had published {published}"), "refresh", "warning"),
    "offers.offer_linked": (N_("Linked to {sku}"), "link", "info"),
    "offers.offer_changed": (N_("Changed"), "pencil", "neutral"),
    "offers.offer_ignored": (N_("Ignored, or looked at again"), "eye-off", "neutral"),
    "offers.offer_gone": (N_("No longer on the channel"), "circle-minus", "warning"),
}


def timeline(events: Iterable[RecordedEvent]) -> list[dict[str, Any]]:
    """Return entries for the timeline of a page."""
    return [_entry(event) for event in events]


def _entry(event: RecordedEvent) -> dict[str, Any]:
    words, icon, tone = _EVENTS.get(event.topic, (event.topic, "point-filled", "neutral"))
    return {
        "time": event.recorded_at,
        "actor": event.actor_name,
        "text": gettext(words).format(**event.payload),
        "detail": _detail(event.topic, event.payload),
        "icon": icon,
        "tone": tone,
    }


def _detail(topic: str, payload: dict[str, Any]) -> str:
    match topic:
        case "offers.offer_published":
            before = "–" if payload["before"] is None else payload["before"]  # the sign for nothing
            reasons = [gettext(LIMITS[Limit(limit)]) for limit in payload["derivation"].get("limits", ())]
            return " ".join([gettext(N_("Before: {quantity}.")).format(quantity=before), *reasons])
        case "offers.offer_refused":
            return str(payload["problem"])
        case "offers.offer_linked":
            return gettext(FOUND_BY[payload["how"]])
        case "offers.offer_changed":
            return "; ".join(
                f"{gettext(FIELDS[name])}: {_value(old)} → {_value(new)}"
                for name, (old, new) in payload["changes"].items()
            )
        case _:
            return ""


def _value(value: object) -> str:
    if isinstance(value, bool):
        return gettext(N_("yes") if value else N_("no"))
    return "–" if value is None else str(value)  # the sign for nothing
