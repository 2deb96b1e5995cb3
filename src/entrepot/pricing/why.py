"""A decision in words: what is stored with a price, so that its why card can be read years later."""

from decimal import Decimal

from entrepot.kit.sentence import Sentence, sentence
from entrepot.kit.text import N_
from entrepot.offers.prices.derivation import Input, LimitHit, PriceDerivation, RuleRef
from entrepot.pricing.domain.decision import (
    ChangeKind,
    Decision,
    Limit,
    Problem,
    Rival,
    Skipped,
    Step,
    StepKind,
    Term,
    WhatIf,
)
from entrepot.pricing.domain.rules import Rule

STEPS: dict[StepKind, str] = {
    StepKind.MATCH: N_("{name} is matched: {price}."),
    StepKind.UNDERCUT: N_("{amount} less than {name}: {price}."),
    StepKind.HOLD_BOX: N_("The buy box is ours at {price}, so the price stays."),
    StepKind.CLIMB: N_("The buy box is ours, so the price climbs by {amount} to {price}."),
    StepKind.LOST: N_("The buy box was lost at {price}, so it is won again first."),
    StepKind.FOLLOW: N_("{name} is followed: {price}."),
    StepKind.SELL_OUT: N_("The stock is {count} days old, {percent} % of the way from ceiling to floor: {price}."),
    StepKind.ALONE_CEILING: N_("Nobody else sells it, so the price goes to the ceiling: {price}."),
    StepKind.ALONE_STEP: N_("Nobody else sells it, so the price rises by {percent} % to {price}."),
    StepKind.ALONE_KEEP: N_("Nobody else sells it, and the price stays."),
    StepKind.ALONE_ITEM: N_("Nobody else sells it, so the product's own price counts: {price}."),
    StepKind.SOLD_OUT: N_("{name}, who asked {amount}, is sold out since {at}."),
    StepKind.UNBEATABLE_CEILING: N_("That cannot be beaten without going below the floor: up to the ceiling, {price}."),
    StepKind.UNBEATABLE_KEEP: N_("That cannot be beaten without going below the floor, so the price stays at {price}."),
    StepKind.UNBEATABLE_NEXT: N_("That cannot be beaten without going below the floor; {name} can: {price}."),
    StepKind.MARKET_OLD: N_(
        "The competing offers were last read at {at}, which is too old to act on. The price stays."
    ),
    StepKind.MARKET_UNKNOWN: N_("The competing offers were not read yet, so the price stays."),
    StepKind.MARKET_SAME: N_(
        "What others ask was last read at {at}, before the last step could show there. The price stays until it is read again."
    ),
    StepKind.NO_STORE: N_("No price of a watched store is known, so the price stays."),
    StepKind.NO_AGE: N_("It is not known how old the stock is, so the price stays."),
    StepKind.OUTSIDE: N_("It is outside the hours of the rule."),
    StepKind.VACATION: N_("It is vacation."),
    StepKind.RESTING: N_("While the rule rests: {price}."),
    StepKind.RESTING_UNKNOWN: N_("The price for resting is not known ({name}), so the price stays."),
    StepKind.STAR: N_("Down to {price}, where the channel shows its price star."),
    StepKind.REDUCTION: N_("Down to {price}, where the channel's commission is reduced and more is left."),
    StepKind.ENDING: N_("The ending is made attractive: {price}."),
    StepKind.FLOOR: N_("Never below the floor: {price}."),
    StepKind.CEILING: N_("Never above the ceiling: {price}."),
    StepKind.SMALL: N_("The difference is too small to be sent: {price} stays."),
}
CHANGES: dict[ChangeKind, str] = {
    ChangeKind.RIVAL_MOVES: N_("It moves with {name}, who asks {price} now."),
    ChangeKind.FLOOR_LOWER: N_("It would be {price} if the floor allowed it: with lower costs or less margin."),
    ChangeKind.CEILING_HIGHER: N_("It would be {price} if the ceiling allowed it."),
    ChangeKind.BOX_LOST: N_("It changes when the buy box is lost."),
    ChangeKind.BOX_WON: N_("It stays once the buy box is won."),
    ChangeKind.RIVAL_COMES: N_("It changes as soon as somebody else sells the product."),
    ChangeKind.MARKET_READ: N_("It is decided again when the competing offers are read."),
    ChangeKind.TERM_KNOWN: N_(
        "It can be decided once “{name}” is known: enter it, or name another one in the formula."
    ),
    ChangeKind.OLDER_STOCK: N_("It falls as the stock gets older."),
    ChangeKind.WINDOW: N_("It is decided again within the hours of the rule."),
    ChangeKind.ENDED: N_("It is decided again when the pause ends."),
}
LIMITS: dict[Limit, str] = {
    Limit.FLOOR: N_("Price floor"),
    Limit.CEILING: N_("Ceiling"),
    Limit.STAR: N_("Price star"),
    Limit.REDUCTION: N_("Reduced commission"),
    Limit.ENDING: N_("Attractive ending"),
    Limit.LEAST_CHANGE: N_("Smallest change"),
}
PROBLEMS: dict[Problem, str] = {
    Problem.FLOOR_UNKNOWN: N_("There is no automatic price: the floor is not known."),
    Problem.CEILING_UNKNOWN: N_("There is no automatic price: the ceiling is not known."),
    Problem.LIMITS_CROSSED: N_("There is no automatic price: the floor is above the ceiling."),
    Problem.PAUSED: N_("There is no automatic price: the rule is paused."),
    Problem.NO_PRICE: N_("There is no automatic price: nothing says what to ask, and nothing is asked now."),
}
TERMS: dict[str, str] = {
    "purchase_price": N_("Purchase price"),
    "landed_cost": N_("Landed cost"),
    "supplier_price": N_("Last price of the supplier"),
    "shipping": N_("Shipping"),
    "packaging": N_("Packaging"),
    "vat": N_("VAT"),
    "commission_fixed": N_("Commission, fixed"),
    "commission_percent": N_("Commission, part of the price"),
    "item_price": N_("Price of the product"),
    "map": N_("Lowest advertised price"),
    "least_margin": N_("Least margin"),
    "least_margin_percent": N_("Least margin, part of the price"),
    "floor": N_("Price floor"),
}
SKIPPED: dict[Skipped, str] = {
    Skipped.OURS: N_("ours"),
    Skipped.CURRENCY: N_("in another currency"),
    Skipped.NOT_CHOSEN: N_("not among those chosen"),
    Skipped.NEVER: N_("never competed with"),
    Skipped.FULFILMENT: N_("other fulfilment"),
    Skipped.CONDITION: N_("other condition"),
    Skipped.RATING: N_("rated too low"),
    Skipped.SLOW: N_("delivers too late"),
    Skipped.FAR_BELOW: N_("far below all others, taken for a mistake"),
}
PERCENTS = frozenset({"vat", "commission_percent", "least_margin_percent"})


def step_sentence(step: Step, currency: str) -> Sentence:
    """Return a step as a sentence."""
    return sentence(
        STEPS[step.kind],
        {
            "name": step.name,
            "price": _money(step.price, currency),
            "amount": _money(step.amount, currency),
            "percent": _plain(step.percent),
            "count": step.count or 0,
            "at": f"{step.at:%Y-%m-%d %H:%M}" if step.at else "",
        },
    )


def change_sentence(change: WhatIf, currency: str) -> Sentence:
    """Return what would change the price as a sentence."""
    return sentence(CHANGES[change.kind], {"name": change.name, "price": _money(change.price, currency)})


def derivation_of(decision: Decision, rule: Rule, *, url: str = "") -> PriceDerivation:
    """Return what is stored with the price: the same for a decision without one."""
    currency = decision.currency
    because = (Sentence(PROBLEMS[decision.problem], {}),) if decision.problem else ()
    return PriceDerivation(
        source="rule",
        rule=RuleRef(name=rule.name or rule.strategy.value, version=rule.version, url=url),
        inputs=(
            *(_rival_input(rival, decision) for rival in decision.rivals),
            *(_term_input(term, currency) for term in _once(decision)),
        ),
        limits=_limits(decision),
        steps=(*because, *(step_sentence(step, currency) for step in decision.steps)),
        changes=tuple(change_sentence(change, currency) for change in decision.changes),
    )


def _once(decision: Decision) -> list[Term]:
    """Return the terms of floor and ceiling, each once, and the floor and ceiling themselves."""
    terms = {term.text: term for term in (*decision.floor_terms, *decision.ceiling_terms)}
    if decision.floor is not None:
        terms["floor"] = Term(N_("Price floor"), decision.floor)
    if decision.ceiling is not None:
        terms["ceiling"] = Term(N_("Ceiling"), decision.ceiling)
    return list(terms.values())


def _term_input(term: Term, currency: str) -> Input:
    value = f"{_plain(term.value)} %" if term.text in PERCENTS else _money(term.value, currency)
    return Input(name=TERMS.get(term.text, term.text), value=value, source=term.source, at=term.read_at)


def _rival_input(rival: Rival, decision: Decision) -> Input:
    said = [_money(rival.price, decision.currency)]
    if rival.compared != rival.price:
        said.append(f"= {_money(rival.compared, decision.currency)}")
    return Input(
        name=rival.name or rival.competitor or rival.channel_offer_id,
        value=" ".join(said),
        source=SKIPPED[rival.skipped] if rival.skipped else N_("has the buy box") if rival.best else "",
        at=decision.market_read_at,
    )


def _limits(decision: Decision) -> tuple[LimitHit, ...]:
    """Return each limit that bit with the price before and after it."""
    hits: list[LimitHit] = []
    before = decision.wanted
    after = iter(decision.steps[len(decision.steps) - len(decision.limits) :])
    for limit, step in zip(decision.limits, after, strict=True):
        hits.append(
            LimitHit(
                name=LIMITS[limit],
                before=_money(before, decision.currency),
                after=_money(step.price, decision.currency),
                because=step_sentence(step, decision.currency),
            )
        )
        before = step.price
    return tuple(hits)


def _money(amount: Decimal | None, currency: str) -> str:
    return "" if amount is None else f"{currency} {amount.quantize(Decimal('0.01'))}"


def _plain(amount: Decimal | None) -> str:
    return "" if amount is None else f"{amount.normalize():f}"
