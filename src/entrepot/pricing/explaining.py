"""From a decision to the derivation that goes with its price: inputs, the way to the price, limits, what would change it."""

from typing import Any
from uuid import UUID

import msgspec

from entrepot.kit.money import round_money
from entrepot.kit.sentence import Sentence
from entrepot.kit.text import N_
from entrepot.offers.prices.derivation import Input, PriceDerivation
from entrepot.pricing import why
from entrepot.pricing.choosing import Chosen
from entrepot.pricing.domain.decision import Decision, Missing
from entrepot.pricing.domain.facts import PriceStar, StorePrice
from entrepot.pricing.domain.rules import Rule
from entrepot.pricing.wording import LOST

MOST_STORES = 10
MOST_STARS = 9


class LostRule(msgspec.Struct, frozen=True, kw_only=True):
    """A rule that did not count, and why."""

    rule_id: UUID
    group_id: UUID
    name: str
    group: str
    why: str


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of a decision: everything its why card shows."""

    decision: Decision
    rule: str
    group: str
    lost: tuple[LostRule, ...] = ()
    stores: tuple[StorePrice, ...] = ()
    stock: int = 0
    stars: tuple[PriceStar, ...] = ()
    """That the channel shows, if the rule keeps one."""

    def stored(self) -> dict[str, Any]:
        """Return it as JSON data."""
        kept: dict[str, Any] = msgspec.to_builtins(self)
        return kept

    @classmethod
    def read(cls, stored: dict[str, Any]) -> "Kept | None":
        """Return what was kept; None if an older release kept it in another way."""
        try:
            return msgspec.convert(stored, cls)
        except msgspec.ValidationError:
            return None


def lost_rules(chosen: Chosen) -> tuple[LostRule, ...]:
    """Return what did not count."""
    return tuple(
        LostRule(rule_id=one.rule.id, group_id=one.group.id, name=one.rule.name, group=one.group.name, why=str(reason))
        for one, reason in chosen.lost
    )


def derivation_of(kept: Kept) -> PriceDerivation:
    """Return what travels with the price, and stands on the offer's own card."""
    decision = kept.decision
    rule = Rule(rule_id=decision.rule_id, version=decision.rule_version, name=f"{kept.rule} ({kept.group})")
    found = why.derivation_of(decision, rule, url=f"/pricing/rules/{decision.rule_id}")
    stores = tuple(
        Input(
            name=N_("Watched web shop"),
            value=f"{one.currency} {round_money(one.price, one.currency)}",
            source=one.store,
            at=one.read_at,
        )
        for one in kept.stores[:MOST_STORES]
    )
    stars = tuple(
        Input(
            name=f"{'★' * min(one.level, MOST_STARS)}",
            value=f"{decision.currency} {round_money(one.maximum_price, decision.currency)}",
            source=N_("the channel"),
            at=one.read_at,
        )
        for one in kept.stars
    )
    missing = tuple(missing_said(one) for one in decision.missing)
    return msgspec.structs.replace(found, inputs=(*found.inputs, *stars, *stores), steps=(*found.steps, *missing))


def missing_said(missing: Missing) -> Sentence:
    """Return what has to be entered."""
    return Sentence(
        N_("“{name}” is needed for the {limit} and is not known."), {"name": missing.name, "limit": missing.limit}
    )


def lost_said(lost: LostRule) -> str:
    """Return why a rule did not count, translatable."""
    return LOST[next(why for why in LOST if why == lost.why)]
