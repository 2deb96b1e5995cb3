"""Offers in words: states, reasons, and what happened."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from entrepot.jobs.naming import author
from entrepot.kit.i18n import gettext, show_moment, show_number
from entrepot.kit.outbox import RecordedEvent
from entrepot.kit.text import N_
from entrepot.offers.causes import Cause, Fact, Finding
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

LOOKS_LIKE: dict[str, str] = {
    "sku": N_("almost the same SKU"),
    "gtin": N_("the same GTIN"),
    "title": N_("a similar title"),
}
WHOSE: dict[str, str] = {
    "product": N_("the product"),
    "account": N_("the channel account"),
    "offer": N_("this offer"),
}
CAUSES: dict[Cause, tuple[str, str]] = {
    Cause.NOT_OFFERED: (
        N_("{account} has no offer of this product. Put it up for sale there; it appears here with the next reading."),
        "warning",
    ),
    Cause.PERHAPS_UNMATCHED: (
        N_("{account} has an offer that looks like this product, but nobody said that it is. Match it."),
        "warning",
    ),
    Cause.GONE: (N_("The offer is gone from {account}: it was not in the channel's list any more."), "danger"),
    Cause.BY_CHANNEL: (
        N_("The goods are kept by the channel, which counts them itself. It has {quantity}."),
        "neutral",
    ),
    Cause.IGNORED: (N_("Somebody said that this offer needs no product, so nothing is sent for it."), "warning"),
    Cause.UNMATCHED: (
        N_("The offer belongs to no product yet, so nothing is sent for it. Choose its product."),
        "danger",
    ),
    Cause.REJECTED: (
        N_("{account} refuses our credentials, so nothing can be sent. Enter them again on the channel account."),
        "danger",
    ),
    Cause.PAUSED_ACCOUNT: (
        N_("The channel account {account} is paused: nothing is read from it and nothing is sent."),
        "danger",
    ),
    Cause.IMPORT_ONLY: (
        N_("The channel account {account} only imports: {quantity} would be sent, but nothing is until it goes live."),
        "danger",
    ),
    Cause.REFUSED: (
        N_("{account} refused {quantity}: {problem}. It is tried again when the number changes, and after six hours."),
        "danger",
    ),
    Cause.ON_HOLD: (
        N_("The offer is on hold at {account}: whatever its stock, it is not for sale until that is changed there."),
        "warning",
    ),
    Cause.PAUSED: (N_("This offer is paused, so the channel is told 0."), "warning"),
    Cause.STOCK_PAUSED: (
        N_("The stock of this channel account is paused, so the channel is told 0 for every offer."),
        "warning",
    ),
    Cause.ARCHIVED: (N_("The product {sku} is archived, so the channel is told 0."), "warning"),
    Cause.ERP_UNKNOWN: (
        N_("{erp} counts the stock of this account and has no article {sku}, so there is nothing of it."),
        "danger",
    ),
    Cause.NO_STOCK: (N_("Nothing is free: {on_hand} on hand, {reserved} of them promised to orders."), "warning"),
    Cause.BUFFER: (N_("{held} of {available} free units are held back: the buffer of {whose} is {buffer}."), "warning"),
    Cause.MAXIMUM: (N_("No more than {maximum} are shown: the maximum of {whose}."), "info"),
    Cause.ERP_OLD: (
        N_("The numbers of {erp} were read {when}, more than {minutes} minutes ago; they may be out of date."),
        "warning",
    ),
    Cause.SENDING: (N_("{quantity} is being sent right now."), "info"),
    Cause.DRIFTED: (N_("{account} said {found} where it had been told {told}; it is told again."), "warning"),
    Cause.WAITING: (N_("{quantity} waits to be sent with the next run."), "info"),
    Cause.IN_STEP: (N_("{account} has been told {quantity}, and that is right."), "success"),
}
"""Cause -> sentence and tone."""
IN_PLACE = N_(
    "Nothing is free in {place}, which is where this account ships from: {on_hand} on hand, {reserved} promised."
)
OF_BUNDLE = N_("The bundle cannot be made: of component {component} there are {units} free units.")
NEVER_READ = N_("The numbers of {erp} have not been read yet.")
WAITING_UNTIL = N_("{quantity} waits to be sent; the next run is planned for {when}.")


def sentence(finding: Finding) -> str:
    """Return what a finding says, in the reader's language."""
    facts = {name: _shown(fact) for name, fact in finding.facts.items()}
    if "whose" in facts:
        facts["whose"] = gettext(WHOSE[facts["whose"]]) if facts["whose"] else ""
    words = CAUSES[finding.cause][0]
    match finding.cause:
        case Cause.NO_STOCK if "component" in facts:
            words = OF_BUNDLE
        case Cause.NO_STOCK if facts.get("place"):
            words = IN_PLACE
        case Cause.ERP_OLD if "when" not in facts:
            words = NEVER_READ
        case Cause.WAITING if "when" in facts:
            words = WAITING_UNTIL
        case _:
            pass
    return gettext(words).format(**facts)


def _shown(fact: Fact) -> str:
    if isinstance(fact, datetime):
        return show_moment(fact, "short")
    return show_number(fact) if isinstance(fact, int) else fact


def tone(finding: Finding) -> str:
    """Return the tone of a finding."""
    return CAUSES[finding.cause][1]


_EVENTS: dict[str, tuple[str, str, str]] = {
    "offers.offer_published": (N_("Published {quantity}"), "upload", "success"),
    "offers.offer_refused": (N_("The channel refused {quantity}"), "alert-triangle", "danger"),
    "offers.offer_drifted": (N_("The channel said {found} where we had published {published}"), "refresh", "warning"),
    "offers.offer_linked": (N_("Linked to {sku}"), "link", "info"),
    "offers.offer_changed": (N_("Changed"), "pencil", "neutral"),
    "offers.offer_ignored": (N_("Ignored, or looked at again"), "eye-off", "neutral"),
    "offers.offer_gone": (N_("No longer on the channel"), "x", "warning"),
}


def timeline(events: Iterable[RecordedEvent]) -> list[dict[str, Any]]:
    """Return entries for the timeline of a page."""
    return [_entry(event) for event in events]


def _entry(event: RecordedEvent) -> dict[str, Any]:
    words, icon, tone = _EVENTS.get(event.topic, (event.topic, "point-filled", "neutral"))
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
