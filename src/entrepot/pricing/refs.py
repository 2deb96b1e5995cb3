"""Groups and rules as the service, the pages and the API know them."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from entrepot.kit.clock import now
from entrepot.pricing.domain.rules import Alone, Limits, Mode, Rivals, Rule, StepBand, Strategy, Unbeatable
from entrepot.pricing.selecting import EVERYTHING, Selection
from entrepot.pricing.windows import read_windows

__all__ = [
    "Alone",
    "GroupDraft",
    "GroupRef",
    "Limits",
    "Mode",
    "Rivals",
    "Rule",
    "RuleDraft",
    "RuleRef",
    "StepBand",
    "Strategy",
    "Unbeatable",
    "as_it_works",
    "body_of",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRef:
    """A price group."""

    id: UUID
    seller_id: UUID
    name: str
    mode: Mode
    kind: str
    selection: Selection
    country: str
    time_zone: str
    windows: tuple[str, ...]
    paused: bool
    paused_until: datetime | None
    paused_price: Decimal | None
    paused_currency: str
    market_minutes: int
    losing_minutes: int
    winning_minutes: int
    activated_by: str
    chosen_by: str
    version: int

    @property
    def resting(self) -> bool:
        """It is paused at this moment."""
        return self.paused and (self.paused_until is None or self.paused_until > now())


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleRef:
    """A rule as it is at one version."""

    id: UUID
    seller_id: UUID
    group_id: UUID
    name: str
    position: int
    active: bool
    selection: Selection
    version: int
    body: dict[str, Any]
    note: str
    changed_by: str
    changed_by_name: str
    changed_at: datetime

    @property
    def rule(self) -> Rule:
        """What it says, as the domain decides by it."""
        return msgspec.convert({**self.body, "rule_id": str(self.id), "version": self.version, "name": self.name}, Rule)


class GroupDraft(msgspec.Struct, frozen=True, kw_only=True):
    """What a person says of a group."""

    name: str
    kind: str = "filter"
    selection: Selection = EVERYTHING
    country: str = ""
    time_zone: str = "Europe/Amsterdam"
    windows: tuple[str, ...] = ()
    market_minutes: int = 60
    losing_minutes: int = 20
    winning_minutes: int = 1440


class RuleDraft(msgspec.Struct, frozen=True, kw_only=True):
    """What a person says of a rule."""

    name: str
    rule: Rule
    selection: Selection = EVERYTHING
    note: str = ""


def body_of(rule: Rule) -> dict[str, Any]:
    """Return what is stored of a rule: all but what names it."""
    stored: dict[str, Any] = msgspec.to_builtins(rule)
    for name in ("rule_id", "version", "name"):
        stored.pop(name, None)
    return stored


def as_it_works(group: GroupRef, rule: RuleRef) -> Rule:
    """Return the rule with what its group says about times and pauses."""
    said = rule.rule
    windows = said.windows or read_windows(list(group.windows))
    resting = str(group.paused_price) if group.resting and group.paused_price is not None else said.resting_price
    return msgspec.structs.replace(
        said, windows=windows, timezone=group.time_zone, paused=said.paused or group.resting, resting_price=resting
    )
