"""Events of an order in words."""

from collections.abc import Sequence
from typing import Any

from entrepot.jobs.naming import author
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
    "orders.order_resubmitted": (N_("Submitted again with a new version of its invoice"), "refresh", "success"),
    "orders.note_added": (N_("Note"), "note", "neutral"),
    "fulfilment.pick_list_released": (N_("On pick list {pick_list}"), "list", "accent"),
    "fulfilment.pick_list_changed_hands": (N_("Pick list {pick_list} {what}: {name}"), "user", "neutral"),
    "fulfilment.pick_list_finished": (N_("Pick list {pick_list} is done"), "checklist", "neutral"),
    "fulfilment.order_stepped": (N_("On the floor: {origin} → {stage}"), "route", "accent"),
    "fulfilment.tote_bound": (N_("In tote {tote}"), "box", "neutral"),
    "fulfilment.item_sorted": (N_("{quantity} of {sku} sorted into its compartment"), "box-multiple", "neutral"),
    "fulfilment.lot_swapped": (
        N_("{quantity} of {sku} from lot {after} instead of lot {before}"),
        "arrows-exchange",
        "warning",
    ),
    "fulfilment.line_picked": (N_("Picked {quantity} of {sku} from {location}"), "basket", "neutral"),
    "fulfilment.pick_undone": (N_("Put {quantity} of {sku} back in {location}"), "arrow-back-up", "warning"),
    "fulfilment.line_short": (N_("{missing} of {sku} missing in {location}"), "alert-triangle", "warning"),
    "fulfilment.order_checked": (N_("Checked: {state}"), "checklist", "neutral"),
    "fulfilment.box_changed": (N_("{code} {what} {sku}"), "package", "neutral"),
    "fulfilment.order_grouped": (N_("Group {group}: {what}"), "link", "neutral"),
    "fulfilment.parcel_packed": (N_("Parcel {parcel} packed"), "package", "accent"),
    "fulfilment.parcel_reopened": (N_("Parcel {parcel} opened again"), "package", "warning"),
    "fulfilment.label_made": (N_("{carrier} made the label of parcel {parcel}: {tracking}"), "printer", "info"),
    "printing.nothing_printed": (N_("Not printed by itself: {purpose}. {reason}"), "printer", "warning"),
    "fulfilment.label_failed": (N_("{carrier} made no label for parcel {parcel}"), "alert-triangle", "danger"),
    "fulfilment.label_cancelled": (N_("Label of parcel {parcel} cancelled"), "x", "warning"),
    "fulfilment.parcel_shipped": (N_("Parcel {parcel} left with {carrier}: {tracking}"), "truck-delivery", "success"),
    "fulfilment.parcel_tracked": (N_("Parcel {parcel}: {milestone}"), "truck", "info"),
    "fulfilment.hand_over_chosen": (N_("Leaves by {how} {point}"), "truck", "neutral"),
    "fulfilment.out_for_delivery": (N_("{driver} is on the way with route {route}"), "truck", "info"),
    "fulfilment.delivery_failed": (N_("Not delivered on route {route}: {why} {note}"), "alert-triangle", "warning"),
    "fulfilment.came_back": (N_("Came back: {units} units are in {location} again"), "arrow-back-up", "warning"),
    "fulfilment.proof_added": (N_("Proof added: {kind}"), "paperclip", "neutral"),
    "fulfilment.parcel_carrier_changed": (
        N_("Parcel {parcel} goes with {after} instead of {before}: {reason_given}"),
        "arrows-exchange",
        "warning",
    ),
    "fulfilment.not_collected": (N_("Nobody collected it for {days} days"), "clock", "warning"),
    "fulfilment.parcel_delivered": (N_("Parcel {parcel} delivered"), "circle-check", "success"),
    "erp.orders_handed_over": (N_("Handed over to the ERP"), "building-warehouse", "info"),
    "fulfilment.push_changed": (N_("News of a parcel: {state}"), "clock", "neutral"),
    "fulfilment.push_confirmed": (N_("{channel} knows that parcel {parcel} left"), "check", "success"),
    "fulfilment.push_failed": (N_("{channel} refused the news of parcel {parcel}"), "alert-circle", "danger"),
}

STAGES: dict[str, str] = {
    "": N_("Not there yet"),
    "waiting": N_("Waiting"),
    "picking": N_("Picking"),
    "picked": N_("Picked"),
    "checking": N_("Checking"),
    "packing": N_("Packing"),
    "boxing": N_("Boxing"),
    "packed": N_("Packed"),
    "dispatched": N_("Dispatched"),
    "delivered": N_("Delivered"),
    "hold": N_("On hold"),
    "review": N_("In review"),
    "cancelled": N_("Cancelled"),
}
CODES: dict[str, dict[str, str]] = {
    "origin": STAGES,
    "stage": STAGES,
    "what": {
        "claimed": N_("taken"),
        "paused": N_("put down"),
        "resumed": N_("gone on with"),
        "assigned": N_("started for"),
        "begun": N_("begun"),
        "put": N_("takes in"),
        "taken": N_("gives back"),
        "sealed": N_("sealed"),
        "freed": N_("emptied"),
        "reopened": N_("opened again"),
        "joined": N_("waits with others"),
        "left": N_("goes alone"),
        "let_go": N_("goes on"),
    },
    "milestone": {
        "accepted": N_("handed to the carrier"),
        "in_transit": N_("on its way"),
        "out_for_delivery": N_("out for delivery"),
        "at_pick_up_point": N_("at a pick-up point"),
        "failed_attempt": N_("delivery failed"),
        "exception": N_("trouble on the way"),
        "returned": N_("on its way back"),
        "cancelled": N_("cancelled by the carrier"),
    },
    "how": {
        "carrier": N_("carrier"),
        "counter": N_("counter"),
        "driver": N_("own driver"),
    },
    "kind": {
        "photo": N_("photo"),
        "signature": N_("signature"),
        "slip": N_("slip"),
    },
    "state": {
        "waiting": N_("the channel is still to be told"),
        "sent": N_("the channel was told, its answer is awaited"),
        "clean": N_("everything there"),
        "accepted": N_("accepted short"),
        "recounted": N_("counted again"),
        "sent_back": N_("sent back to picking"),
        "skipped": N_("somebody decided that the channel need not be told"),
    },
    "reason": {
        "not_there": N_("Nothing there"),
        "too_few": N_("Fewer than there should be"),
        "damaged": N_("Damaged"),
        "expired": N_("Past its date"),
        "in_front": N_("It lies in front"),
        "lot_not_found": N_("The other lot is not there"),
        "lot_damaged": N_("The other lot is damaged"),
        "customer": N_("The customer wants this lot"),
    },
}
"""Facts of other slices' events that are codes, in words."""

CHANGES: dict[str, str] = {
    "invoice_changed": N_("A new version of invoice {number}"),
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
    facts = {name: _in_words(name, value) for name, value in event.payload.items()}
    if event.topic == "orders.order_moved":
        facts = {name: gettext(LABELS[OrderStatus(event.payload[name])]) for name in ("origin", "status")}
    return {
        "time": event.recorded_at,
        "actor": author(event.actor_kind, event.actor_name),
        "text": gettext(words).format(**facts) if "{" in words else gettext(words),
        "detail": _detail(event),
        "icon": icon,
        "tone": tone,
    }


def _in_words(name: str, value: Any) -> Any:  # noqa: ANN401 -- of an event's payload
    known = CODES.get(name, {})
    return gettext(known[value]) if isinstance(value, str) and value in known else value


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
    return str(_in_words("reason", payload.get("reason")) or payload.get("text") or payload.get("place") or "")
