"""Decisions about returns: pure."""

from collections.abc import Sequence
from enum import StrEnum

from entrepot.kit.text import N_


class LineState(StrEnum):
    """How far we are with units that come back."""

    OPEN = "open"
    """Nobody decided yet."""
    TELLING = "telling"
    """Decided; the channel has not confirmed it yet."""
    HANDLED = "handled"
    FAILED = "failed"
    """The channel refused our decision: a person has to look."""


class ReturnState(StrEnum):
    """How far we are with a return: as far as the line that needs us most."""

    OPEN = "open"
    TELLING = "telling"
    HANDLED = "handled"
    FAILED = "failed"
    BY_CHANNEL = "by_channel"
    """The channel takes the goods back itself."""


class Goods(StrEnum):
    """What becomes of the goods."""

    RESTOCK = "restock"
    """They go back to stock."""
    WRITE_OFF = "write_off"
    """They are here, and cannot be sold again."""
    NONE = "none"
    """They did not come, or stay with the buyer."""


STATE_LABELS: dict[ReturnState, str] = {
    ReturnState.OPEN: N_("To handle"),
    ReturnState.TELLING: N_("Telling the channel"),
    ReturnState.HANDLED: N_("Handled"),
    ReturnState.FAILED: N_("Refused by the channel"),
    ReturnState.BY_CHANNEL: N_("With the channel"),
}
STATE_TONES: dict[ReturnState, str] = {
    ReturnState.OPEN: "warning",
    ReturnState.TELLING: "info",
    ReturnState.HANDLED: "success",
    ReturnState.FAILED: "danger",
    ReturnState.BY_CHANNEL: "neutral",
}
GOODS_LABELS: dict[Goods, str] = {
    Goods.RESTOCK: N_("Back to stock"),
    Goods.WRITE_OFF: N_("Written off"),
    Goods.NONE: N_("Not here"),
}

_URGENCY = (LineState.FAILED, LineState.OPEN, LineState.TELLING, LineState.HANDLED)
FIRST_PAUSE, LONGEST_PAUSE = 2.0, 300.0


def state_of(lines: Sequence[LineState], *, by_channel: bool) -> ReturnState:
    """Return how far a return is."""
    if by_channel:
        return ReturnState.BY_CHANNEL
    return ReturnState(min(lines, key=_URGENCY.index, default=LineState.HANDLED))


def state_said(known: LineState | None, *, handled: bool) -> LineState:
    """Return a line's state after the channel said whether it is handled.

    What we are just telling the channel is not undone by what it said before it heard us.
    """
    if handled:
        return LineState.HANDLED
    if known is LineState.TELLING or known is LineState.FAILED:
        return known
    return LineState.OPEN


def pause_after(looks: int) -> float:
    """Return the seconds to wait before the next look: twice as long each time, up to five minutes."""
    return min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(looks, 20))
