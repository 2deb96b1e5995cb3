"""Misbehaviour on request: which requests go wrong, and how."""

from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Literal, get_args

import msgspec

from entrepot.sandbox.dice import Dice

type FaultKind = Literal[
    "429",
    "500",
    "503",
    "timeout",
    "slow",
    "broken_json",
    "truncated",
    "duplicate_entries",
    "shuffled_pages",
    "expired_token",
    "buyer_cancels",
    "order_changes",
]

KINDS: tuple[FaultKind, ...] = get_args(FaultKind.__value__)
LIST_KINDS = frozenset({"duplicate_entries", "shuffled_pages"})
"""Make sense for lists of orders, shipments and offers only."""
IMPORT_KINDS = frozenset({"buyer_cancels", "order_changes"})
"""Happen to an order just after somebody read it in full."""
TOKEN_KINDS = frozenset({"expired_token"})

MEANING: dict[FaultKind, str] = {
    "429": "Too many requests; 'seconds' goes into Retry-After, 0 leaves the header out",
    "500": "Internal server error, in HTML",
    "503": "Service unavailable",
    "timeout": "No answer for 'seconds', then 504",
    "slow": "The right answer, 'seconds' late",
    "broken_json": "The right status with a body that is not JSON",
    "truncated": "The right answer, cut off in the middle",
    "duplicate_entries": "A list names some entries twice, and some of the page before again",
    "shuffled_pages": "A list comes in no order, the same on every page",
    "expired_token": "401 Expired JWT, and all tokens given out so far are void",
    "buyer_cancels": "After an order was read, its buyer asks to cancel one of its items",
    "order_changes": "After an order was read, its address changes",
}


class Fault(msgspec.Struct, kw_only=True):
    """An order to misbehave.

    ``endpoint`` is a pattern (``*`` and ``?``) for method and path, such as ``POST /retailer/shipments`` or
    ``GET /retailer/orders/*``.  ``probability`` is decided anew for each request; ``count`` ends the fault after so
    many requests that went wrong.  With ``applied`` the request takes effect although its answer goes wrong.
    """

    kind: FaultKind
    endpoint: str = "*"
    client_id: str = "*"
    probability: float = 1.0
    count: int | None = None
    seconds: float = 4.0
    applied: bool = False
    fault_id: str = ""
    asked: int = 0
    hits: int = 0


class FaultError(ValueError):
    """The fault asked for makes no sense; the text says why."""


class Faults:
    """The faults that are switched on."""

    def __init__(self, dice: Dice) -> None:
        self._dice = dice
        self._made = 0
        self.active: dict[str, Fault] = {}

    def add(self, fault: Fault) -> Fault:
        """Switch a fault on.

        Raises:
            FaultError: a number of it is out of range.
        """
        if not 0 < fault.probability <= 1:
            raise FaultError("The probability of a fault is a number above 0 and at most 1.")
        if fault.count is not None and fault.count < 1:
            raise FaultError("The count of a fault is at least 1, or left out for no end.")
        if fault.seconds < 0:
            raise FaultError("The seconds of a fault are not negative.")
        self._made += 1
        fault.fault_id = f"f{self._made}"
        fault.asked = fault.hits = 0
        self.active[fault.fault_id] = fault
        return fault

    def remove(self, fault_id: str) -> bool:
        return self.active.pop(fault_id, None) is not None

    def clear(self) -> None:
        self.active.clear()

    def draw(self, names: Iterable[str], client_id: str, kinds: frozenset[str]) -> dict[FaultKind, Fault]:
        """Decide what goes wrong with a request.

        Args:
            names: what the request is called; a fault applies when its pattern matches one of them.
            client_id: who asks.
            kinds: kinds that mean something for the request.
        """
        if not self.active:
            return {}
        names = tuple(names)
        drawn: dict[FaultKind, Fault] = {}
        for fault in list(self.active.values()):
            if fault.kind not in kinds or fault.kind in drawn or not fnmatchcase(client_id, fault.client_id):
                continue
            if not any(fnmatchcase(name, fault.endpoint) for name in names):
                continue
            fault.asked += 1
            if self._dice.chance("fault", fault.fault_id, fault.asked) >= fault.probability:
                continue
            fault.hits += 1
            drawn[fault.kind] = fault
            if fault.count is not None and fault.hits >= fault.count:
                del self.active[fault.fault_id]
        return drawn
