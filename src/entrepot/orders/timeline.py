"""Events of an order in words."""

from collections.abc import Sequence
from typing import Any

from entrepot.kit.i18n import gettext
from entrepot.kit.outbox import RecordedEvent
from entrepot.kit.text import N_
from entrepot.orders.domain import ATTENTION_LABELS, Attention
from entrepot.orders.status import LABELS, OrderStatus

WORDS: dict[str, tuple[str, str, str]] = {
    "orders.order_imported": (N_("Order imported"), "download", "info"),
    "orders.order_created": (N_("Order entered"), "plus", "info"),
    "orders.order_changed": (N_("Order changed"), "pencil", "neutral"),
    "orders.order_moved": (N_("{origin} → {status}"), "arrow-right", "accent"),
    "orders.order_cancelled": (N_("Order cancelled"), "x", "warning"),
    "orders.order_held": (N_("Put on hold"), "hand-stop", "warning"),
    "orders.order_released": (N_("Let go"), "player-play", "success"),
    "orders.attention_needed": (N_("Needs attention"), "alert-triangle", "danger"),
    "orders.attention_settled": (N_("Settled"), "check", "success"),
    "orders.note_added": (N_("Note"), "note", "neutral"),
}

CHANGES: dict[str, str] = {
    "line_added": N_("{sku}: added, {quantity} units"),
    "quantity_raised": N_("{sku}: {before} → {after} units, by the channel"),
    "quantity_changed": N_("{sku}: {before} → {after} units"),
    "price_changed": N_("{sku}: price {before} → {after}"),
    "units_cancelled": N_("{sku}: {quantity} units cancelled by the channel"),
    "units_shipped": N_("{sku}: {quantity} units shipped, says the channel"),
    "address_changed": N_("Address changed by the channel"),
    "address_corrected": N_("Address corrected"),
    "billing_address_changed": N_("Billing address changed by the channel"),
    "tags_changed": N_("Tags: {tags}"),
    "stock_lost": N_("{sku}: the promised stock was not there"),
}


def tell(events: Sequence[RecordedEvent]) -> list[dict[str, Any]]:
    """Return events as the timeline component draws them; those of other slices by their topic."""
    return [_tell(event) for event in events]


def _tell(event: RecordedEvent) -> dict[str, Any]:
    words, icon, tone = WORDS.get(event.topic, (_plain(event.topic), "point-filled", "neutral"))
    facts = dict(event.payload)
    if event.topic == "orders.order_moved":
        facts = {name: gettext(LABELS[OrderStatus(facts[name])]) for name in ("origin", "status")}
    return {
        "time": event.recorded_at,
        "actor": event.actor_name,
        "text": gettext(words).format(**facts) if "{" in words else gettext(words),
        "detail": _detail(event),
        "icon": icon,
        "tone": tone,
    }


def _plain(topic: str) -> str:
    return topic.partition(".")[2].replace("_", " ").capitalize()


def _detail(event: RecordedEvent) -> str:
    payload = event.payload
    if changes := payload.get("changes"):
        return "; ".join(
            gettext(CHANGES[item["change"]]).format(**item) for item in changes if item["change"] in CHANGES
        )
    if reasons := payload.get("reasons") or payload.get("attention"):
        return ", ".join(gettext(ATTENTION_LABELS[Attention(reason)]) for reason in reasons)
    return str(payload.get("reason") or payload.get("text") or "")
