"""Which runs and steps there are, and how far a step can be."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from entrepot.kit.text import N_


class Flow(StrEnum):
    """What flows."""

    ORDER = "order"
    INVENTORY = "inventory"


class OrderMode(StrEnum):
    """How much of an order run is done."""

    FULL = "full"
    TRACKING_ONLY = "tracking_only"


class InventoryMode(StrEnum):
    """How much of an inventory run is done."""

    FULL = "full"
    QUICK = "quick"
    """The listings are taken as they were read last."""


class StepState(StrEnum):
    """How far a step is."""

    WAITING = "waiting"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    """It broke off; the steps behind it were done all the same."""
    SKIPPED = "skipped"


FETCH, IMPORT, HAND_OVER, COLLECT, TELL = "fetch", "import", "hand_over", "collect", "tell"
LISTINGS, MATCH, STOCK, PUBLISH = "listings", "match", "stock", "publish"

STEPS: Final[Mapping[Flow, tuple[str, ...]]] = {
    Flow.ORDER: (FETCH, IMPORT, HAND_OVER, COLLECT, TELL),
    Flow.INVENTORY: (LISTINGS, MATCH, STOCK, PUBLISH),
}
"""Keys of the steps in their order; numbers count from one."""

STEP_LABELS: Final[Mapping[str, str]] = {
    FETCH: N_("Fetch orders"),
    IMPORT: N_("Import orders"),
    HAND_OVER: N_("Hand over to the ERP"),
    COLLECT: N_("Collect tracking"),
    TELL: N_("Tell the channel what left"),
    LISTINGS: N_("Read listings"),
    MATCH: N_("Match to products"),
    STOCK: N_("Read stock"),
    PUBLISH: N_("Send what changed"),
}

FLOW_LABELS: Final[Mapping[Flow, str]] = {Flow.ORDER: N_("Order run"), Flow.INVENTORY: N_("Inventory run")}

MODE_LABELS: Final[Mapping[str, str]] = {
    OrderMode.FULL: N_("Everything"),
    OrderMode.TRACKING_ONLY: N_("Tracking only"),
    InventoryMode.QUICK: N_("Quick"),
}

COUNT_LABELS: Final[Mapping[str, str]] = {
    "documents": N_("received"),
    "new": N_("new"),
    "created": N_("new"),
    "changed": N_("changed"),
    "unchanged": N_("unchanged"),
    "attention": N_("need attention"),
    "failed": N_("failed"),
    "accepted": N_("handed over"),
    "present": N_("were there already"),
    "refused": N_("refused"),
    "taken_back": N_("taken back"),
    "asked": N_("asked about"),
    "shipments": N_("shipments"),
    "own": N_("of our own to tell"),
    "looked_at": N_("looked at"),
    "waiting": N_("still to be told"),
    "sent": N_("await an answer"),
    "count": N_("listings"),
    "unmatched": N_("without product"),
    "looked": N_("looked at"),
    "matched": N_("matched"),
    "due": N_("to be sent"),
    "published": N_("sent"),
}
"""What the counts of steps count, behind the number."""

PROBLEMS: Final = frozenset({"attention", "failed", "refused", "unmatched"})
"""Counts that somebody should look at."""
