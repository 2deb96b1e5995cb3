"""Alerts in words: what one waits for, when it is told again, and what is said when it goes off."""

from decimal import Decimal
from typing import Any

from entrepot.kit import i18n
from entrepot.kit.i18n import gettext
from entrepot.kit.text import N_
from entrepot.messaging.wording import amount, percent
from entrepot.pricewatch.alerts.domain import AlertKind, Basis, Direction, Fired, Rule

KINDS = {
    AlertKind.TARGET: N_("Target price"),
    AlertKind.PERCENT: N_("Change in percent"),
    AlertKind.AMOUNT: N_("Change by an amount"),
    AlertKind.ANY: N_("Any change"),
    AlertKind.BACK_IN_STOCK: N_("Back in stock"),
    AlertKind.OUT_OF_STOCK: N_("Out of stock"),
    AlertKind.LOWEST: N_("Lowest price in a time"),
    AlertKind.FAILING: N_("Checks fail"),
}
DIRECTIONS = {
    Direction.DOWN: N_("When it falls"),
    Direction.UP: N_("When it rises"),
    Direction.EITHER: N_("Either way"),
}
BASES = {
    Basis.BEST: N_("The best price of all its stores"),
    Basis.EACH: N_("Each store by itself"),
}

WAITS = {
    (AlertKind.TARGET, Direction.DOWN): N_("Tells you when it costs {threshold} or less"),
    (AlertKind.TARGET, Direction.UP): N_("Tells you when it costs {threshold} or more"),
    (AlertKind.PERCENT, Direction.DOWN): N_("Tells you when it falls by {threshold} or more"),
    (AlertKind.PERCENT, Direction.UP): N_("Tells you when it rises by {threshold} or more"),
    (AlertKind.PERCENT, Direction.EITHER): N_("Tells you when it falls or rises by {threshold} or more"),
    (AlertKind.AMOUNT, Direction.DOWN): N_("Tells you when it falls by {threshold} or more"),
    (AlertKind.AMOUNT, Direction.UP): N_("Tells you when it rises by {threshold} or more"),
    (AlertKind.AMOUNT, Direction.EITHER): N_("Tells you when it falls or rises by {threshold} or more"),
    (AlertKind.ANY, Direction.DOWN): N_("Tells you of every fall"),
    (AlertKind.ANY, Direction.UP): N_("Tells you of every rise"),
    (AlertKind.ANY, Direction.EITHER): N_("Tells you of every change"),
    (AlertKind.BACK_IN_STOCK, Direction.DOWN): N_("Tells you when it is in stock again"),
    (AlertKind.OUT_OF_STOCK, Direction.DOWN): N_("Tells you when it is sold out"),
    (AlertKind.LOWEST, Direction.DOWN): N_("Tells you when it costs less than at any time in the last {days} days"),
    (AlertKind.FAILING, Direction.DOWN): N_("Tells you when a store's page cannot be read any more"),
}
AGAIN = {
    AlertKind.TARGET: N_("again after it left the target"),
    AlertKind.PERCENT: N_("then counts anew from that price"),
    AlertKind.AMOUNT: N_("then counts anew from that price"),
    AlertKind.ANY: "",
    AlertKind.BACK_IN_STOCK: N_("again after it was sold out"),
    AlertKind.OUT_OF_STOCK: N_("again after it was in stock"),
    AlertKind.LOWEST: N_("again after it rose"),
    AlertKind.FAILING: N_("again after it could be read"),
}
FURTHER = N_("or went on by {again}")
BASIS_WORDS = {
    Basis.BEST: N_("the best price of all its stores counts"),
    Basis.EACH: N_("each store counts by itself"),
}

TITLES = {
    AlertKind.TARGET: N_("{product}: {price}, your target is reached"),
    AlertKind.BACK_IN_STOCK: N_("{product} is in stock again"),
    AlertKind.OUT_OF_STOCK: N_("{product} is sold out"),
    AlertKind.LOWEST: N_("{product}: {price}, the lowest in {days} days"),
    AlertKind.FAILING: N_("{product} cannot be read at {store}"),
}
FELL, ROSE, COSTS = (
    N_("{product} fell by {percent} to {price}"),
    N_("{product} rose by {percent} to {price}"),
    N_("{product} costs {price}"),
)
CHANGED = N_("{store} asks {price} now; it was {before}.")
IS = N_("{store} asks {price} now.")
STOCK = N_("{store} says: {stock}.")
FAILED = N_("What went wrong: {problem}")
STOCK_WORDS = {
    "in_stock": N_("in stock"),
    "pre_order": N_("can be ordered in advance"),
    "back_order": N_("can be ordered, comes later"),
    "out_of_stock": N_("sold out"),
    "discontinued": N_("not sold any more"),
    "unknown": N_("nothing about its stock"),
}


def in_words(rule: Rule, *, basis: Basis, several: bool) -> str:
    """Return what an alert does, as one sentence in the reader's language.

    Args:
        rule: the alert's.
        basis: which price counts.
        several: whether it looks at more than one listing.
    """
    threshold = (
        f"{i18n.show_number(rule.threshold.normalize())} %"
        if rule.kind is AlertKind.PERCENT
        else i18n.show_money(rule.threshold, rule.currency)
        if rule.currency
        else ""
    )
    waits = WAITS.get((rule.kind, rule.direction)) or WAITS[rule.kind, Direction.DOWN]
    parts = [gettext(waits).format(threshold=threshold, days=rule.days)]
    if AGAIN[rule.kind]:
        again = gettext(AGAIN[rule.kind])
        if rule.again is not None and rule.kind in {AlertKind.TARGET, AlertKind.LOWEST}:
            again = f"{again} {gettext(FURTHER).format(again=f'{i18n.show_number(rule.again.normalize())} %')}"
        parts.append(again)
    if several and rule.kind is not AlertKind.FAILING:
        parts.append(gettext(BASIS_WORDS[basis]))
    return "; ".join(parts) + "."


def facts_of(rule: Rule, fired: Fired, *, product: str, store: str, problem: str = "") -> dict[str, Any]:
    """Return what the sentences of a notification are filled with."""
    facts: dict[str, Any] = {
        "product": product,
        "store": store,
        "days": rule.days,
        "problem": problem,
        "stock": {"term": STOCK_WORDS[str(fired.availability)]},
    }
    if fired.price is not None and fired.currency:
        facts["price"] = amount(fired.price, fired.currency)
    if fired.before is not None and fired.currency:
        facts["before"] = amount(fired.before, fired.currency)
        facts["percent"] = percent(fired.percent or Decimal(0))
    return facts


def sentences(fired: Fired, facts: dict[str, Any]) -> tuple[str, str]:
    """Return the templates of a notification's title and body."""
    title = TITLES.get(fired.kind)
    if title is None:
        title = COSTS
        if fired.price is not None and fired.before is not None and fired.price != fired.before:
            title = FELL if fired.price < fired.before else ROSE
    if fired.kind is AlertKind.FAILING:
        return title, FAILED
    if fired.kind in {AlertKind.BACK_IN_STOCK, AlertKind.OUT_OF_STOCK}:
        return title, IS if fired.kind is AlertKind.BACK_IN_STOCK and "price" in facts else STOCK
    return title, CHANGED if "before" in facts else IS
