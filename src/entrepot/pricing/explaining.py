"""From a decision to the derivation that goes with its price: inputs, the way to the price, limits, what would change it."""

from typing import Any
from uuid import UUID

import msgspec

from entrepot.kit.sentence import Sentence
from entrepot.kit.text import N_
from entrepot.offers.prices.derivation import Input, LimitHit, PriceDerivation
from entrepot.offers.prices.derivation import RuleRef as ShownRule
from entrepot.pricing.choosing import Chosen
from entrepot.pricing.domain.decision import Decision, Limit, Missing, Rival, Term
from entrepot.pricing.domain.facts import StorePrice
from entrepot.pricing.wording import LIMITS, LOST, PROBLEMS, change_said, step_said

TERMS = {
    "purchase_price": N_("Purchase price"),
    "landed_cost": N_("Landed cost"),
    "supplier_price": N_("Last price at the supplier"),
    "shipping": N_("Shipping"),
    "packaging": N_("Packaging"),
    "vat": N_("VAT (%)"),
    "item_price": N_("The product's own price"),
    "map": N_("Lowest advertised price"),
    "commission_fixed": N_("Commission, fixed"),
    "commission_percent": N_("Commission (%)"),
}


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
    rule = ShownRule(
        name=f"{kept.rule} ({kept.group})", version=decision.rule_version, url=f"/pricing/rules/{decision.rule_id}"
    )
    return PriceDerivation(
        source="rule",
        rule=rule,
        inputs=(*_market(decision), *_stores(kept), *_terms(decision)),
        limits=tuple(_hit(limit, decision) for limit in decision.limits),
        steps=steps_said(decision),
        changes=tuple(change_said(change) for change in decision.changes),
    )


def steps_said(decision: Decision) -> tuple[Sentence, ...]:
    """Return the way to the price, or why there is none."""
    steps = tuple(step_said(step) for step in decision.steps)
    if decision.problem is None:
        return steps
    missing = tuple(missing_said(one) for one in decision.missing)
    return (*steps, Sentence(PROBLEMS[decision.problem]), *missing)


def missing_said(missing: Missing) -> Sentence:
    """Return what has to be entered."""
    return Sentence(
        N_("“{name}” is needed for the {limit} and is not known."), {"name": missing.name, "limit": missing.limit}
    )


def lowest(decision: Decision) -> Rival | None:
    """Return the cheapest competitor that counts."""
    return min((one for one in decision.rivals if one.skipped is None), key=lambda one: one.compared, default=None)


def lost_said(lost: LostRule) -> str:
    """Return why a rule did not count, translatable."""
    return LOST[next(why for why in LOST if why == lost.why)]


def _market(decision: Decision) -> tuple[Input, ...]:
    source, at = decision.market_source, decision.market_read_at
    if at is None:
        return ()
    rivals = [one for one in decision.rivals if one.skipped is None]
    found = [Input(name=N_("Competitors that count"), value=str(len(rivals)), source=source, at=at)]
    if (best := lowest(decision)) is not None:
        value = f"{decision.currency} {best.compared}"
        found.append(Input(name=N_("Lowest competitor"), value=value, source=best.competitor or source, at=at))
    box = next((one for one in decision.rivals if one.best), None)
    if box is not None:
        value = f"{decision.currency} {box.price}"
        found.append(Input(name=N_("Buy box"), value=value, source=box.competitor or source, at=at))
    return tuple(found)


def _stores(kept: Kept) -> tuple[Input, ...]:
    return tuple(
        Input(name=N_("Watched web shop"), value=f"{one.currency} {one.price}", source=one.store, at=one.read_at)
        for one in kept.stores[:10]
    )


def _terms(decision: Decision) -> tuple[Input, ...]:
    seen: dict[str, Term] = {}
    for term in (*decision.floor_terms, *decision.ceiling_terms):
        if term.text in TERMS:
            seen.setdefault(term.text, term)
    found = [
        Input(name=TERMS[name], value=f"{term.value:f}", source=term.source, at=term.read_at)
        for name, term in seen.items()
    ]
    for name, value in ((N_("Floor"), decision.floor), (N_("Ceiling"), decision.ceiling)):
        if value is not None:
            found.append(Input(name=name, value=f"{decision.currency} {value}"))
    return tuple(found)


def _hit(limit: Limit, decision: Decision) -> LimitHit:
    return LimitHit(
        name=LIMITS[limit],
        before="–" if decision.wanted is None else f"{decision.currency} {decision.wanted}",
        after="–" if decision.price is None else f"{decision.currency} {decision.price}",
    )
