"""Which rule counts for an offer: the most specific one.  Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from entrepot.pricing.refs import GroupRef, RuleRef


class Why(StrEnum):
    """Why a rule was less specific than the one that counts."""

    NOT_BY_HAND = "not_by_hand"
    """The other one's group had the offer put in by hand."""
    WIDER_RULE = "wider_rule"
    """The other rule narrows its group's offers further."""
    WIDER_GROUP = "wider_group"
    """The other group's filter asks for more."""
    LATER = "later"
    """As specific, but further down the list."""


@dataclass(frozen=True, slots=True)
class Contender:
    """A rule that could count, and its group."""

    group: GroupRef
    rule: RuleRef
    by_hand: bool

    @property
    def rank(self) -> tuple[bool, int, int]:
        """How specific it is; greater wins."""
        return self.by_hand, self.rule.selection.criteria, self.group.selection.criteria

    @property
    def order(self) -> tuple[bool, int, int, int, str, str]:
        """Sorts contenders, the one that counts first, always in the same way."""
        by_hand, rule, group = self.rank
        return not by_hand, -rule, -group, self.rule.position, self.group.name, str(self.rule.id)


@dataclass(frozen=True, slots=True)
class Chosen:
    """What counts for an offer, and what does not, each with its reason."""

    contender: Contender
    lost: tuple[tuple[Contender, Why], ...]


def choose(contenders: Iterable[Contender]) -> Chosen:
    """Return the most specific of at least one."""
    best, *others = sorted(contenders, key=lambda one: one.order)
    return Chosen(best, tuple((one, why(best, one)) for one in others))


def why(best: Contender, other: Contender) -> Why:
    """Return what made the difference."""
    for place, reason in enumerate((Why.NOT_BY_HAND, Why.WIDER_RULE, Why.WIDER_GROUP)):
        if best.rank[place] != other.rank[place]:
            return reason
    return Why.LATER


def by_offer(
    candidates: Iterable[tuple[UUID, UUID, UUID, bool]], groups: Mapping[UUID, GroupRef], rules: Mapping[UUID, RuleRef]
) -> dict[UUID, Chosen]:
    """Return what counts for each offer of (offer, group, rule, put in by hand)."""
    found: dict[UUID, list[Contender]] = {}
    for offer_id, group_id, rule_id, by_hand in candidates:
        if group_id in groups and rule_id in rules:
            found.setdefault(offer_id, []).append(Contender(groups[group_id], rules[rule_id], by_hand))
    return {offer_id: choose(contenders) for offer_id, contenders in found.items()}
