"""What happened to a return, in words."""

from collections.abc import Sequence
from typing import Any

from entrepot.channels.contract_returns import ReturnOutcome
from entrepot.kit.i18n import gettext
from entrepot.kit.outbox import RecordedEvent
from entrepot.kit.text import N_
from entrepot.returns.domain import GOODS_LABELS, STATE_LABELS, Goods, ReturnState
from entrepot.returns.service import OUTCOME_LABELS

WORDS: dict[str, tuple[str, str, str]] = {
    "returns.return_received": (N_("The channel announced the return"), "truck-return", "info"),
    "returns.return_changed": (N_("The channel changed the return: {state}"), "refresh", "neutral"),
    "returns.line_decided": (N_("{quantity} × {sku}: {outcome}. {goods}."), "check", "accent"),
    "returns.decision_confirmed": (N_("The channel took the decision about {sku}"), "circle-check", "success"),
    "returns.decision_refused": (N_("The channel refused the decision about {sku}"), "alert-triangle", "danger"),
}


def timeline(events: Sequence[RecordedEvent]) -> list[dict[str, Any]]:
    """Return events as the timeline component draws them."""
    return [_tell(event) for event in events]


def _tell(event: RecordedEvent) -> dict[str, Any]:
    words, icon, tone = WORDS.get(event.topic, (event.topic, "point-filled", "neutral"))
    facts = dict(event.payload)
    if facts.get("state") in set(ReturnState):
        facts["state"] = gettext(STATE_LABELS[ReturnState(facts["state"])])
    if facts.get("outcome") in set(ReturnOutcome):
        facts["outcome"] = gettext(OUTCOME_LABELS[ReturnOutcome(facts["outcome"])])
    if facts.get("goods") in set(Goods):
        facts["goods"] = gettext(GOODS_LABELS[Goods(facts["goods"])])
    return {
        "time": event.recorded_at,
        "actor": event.actor_name,
        "text": gettext(words).format(**facts) if "{" in words else gettext(words),
        "detail": str(facts.get("reason", "")),
        "icon": icon,
        "tone": tone,
    }
