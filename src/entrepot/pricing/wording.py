"""What a decision says in sentences: templates over facts, translated when they are read."""

from entrepot.kit.sentence import PlainFact, Sentence
from entrepot.kit.text import N_
from entrepot.pricing.choosing import Why
from entrepot.pricing.domain.decision import ChangeKind, Limit, Problem, Skipped, Step, StepKind, WhatIf
from entrepot.pricing.domain.rules import Alone, Mode, Strategy, Unbeatable
from entrepot.pricing.governing import Cause

STRATEGIES = {
    Strategy.MATCH: (N_("Match"), N_("Ask what the offer with the buy box asks, else the lowest.")),
    Strategy.UNDERCUT: (N_("Undercut"), N_("Ask a step less than the offer with the buy box, else the lowest.")),
    Strategy.LOWEST: (N_("Be the lowest"), N_("Ask a step less than the lowest, whoever has the buy box.")),
    Strategy.BUY_BOX: (
        N_("Take the buy box"),
        N_("Go down only as far as it takes to get the buy box, and stay there."),
    ),
    Strategy.WIN_THEN_RAISE: (
        N_("Win, then raise"),
        N_("Win the buy box, then climb in small steps until it is lost, and start again."),
    ),
    Strategy.OSCILLATE: (N_("Oscillate"), N_("Undercut; at the floor jump to the ceiling and let the others follow.")),
    Strategy.FOLLOW_STORE: (N_("Follow a web shop"), N_("Ask what a watched web shop asks, more or less.")),
    Strategy.SELL_OUT: (
        N_("Sell out"),
        N_("Fall from the ceiling to the floor as the stock gets old, whatever others do."),
    ),
}
"""Label and explanation."""

ALONE = {
    Alone.CEILING: N_("Ask the ceiling"),
    Alone.STEP_UP: N_("Climb a step each time"),
    Alone.KEEP: N_("Keep the price"),
    Alone.ITEM_PRICE: N_("Ask the product's own price"),
}
UNBEATABLE = {
    Unbeatable.FLOOR: N_("Ask the floor"),
    Unbeatable.CEILING: N_("Ask the ceiling"),
    Unbeatable.KEEP: N_("Keep the price"),
    Unbeatable.NEXT: N_("Compete with the next one"),
}
MODES = {
    Mode.OFF: (N_("Off"), "neutral", N_("Nothing is decided.")),
    Mode.DRY_RUN: (N_("Dry run"), "info", N_("Decisions are written down; no price changes.")),
    Mode.APPROVE: (N_("One click"), "accent", N_("Prices are proposed; you apply one, some or all with a click.")),
    Mode.AUTOMATIC: (N_("Automatic"), "success", N_("Prices are changed by themselves, inside the limits.")),
}
"""Label, tone, explanation."""

OUTCOMES = {
    "proposed": (N_("Proposed"), "accent"),
    "applied": (N_("Applied"), "success"),
    "held": (N_("Waits for a second person"), "warning"),
    "frozen": (N_("Frozen"), "danger"),
    "dry_run": (N_("Dry run"), "info"),
    "unchanged": (N_("Unchanged"), "neutral"),
}
PROBLEMS = {
    Problem.FLOOR_UNKNOWN: N_("The floor cannot be worked out: something in its formula is unknown. Enter the costs."),
    Problem.CEILING_UNKNOWN: N_("The ceiling cannot be worked out: something in its formula is unknown."),
    Problem.LIMITS_CROSSED: N_("The floor is above the ceiling. Change one of the formulas, or the costs."),
    Problem.PAUSED: N_("The rule, or its group, is paused."),
    Problem.NO_PRICE: N_("Nothing says what to ask, and nothing is asked now."),
}
LIMITS = {
    Limit.FLOOR: N_("Floor"),
    Limit.CEILING: N_("Ceiling"),
    Limit.STAR: N_("Price star"),
    Limit.REDUCTION: N_("Reduced commission"),
    Limit.ENDING: N_("Attractive ending"),
    Limit.LEAST_CHANGE: N_("Smallest change"),
}
SKIPPED = {
    Skipped.OURS: N_("Our own"),
    Skipped.CURRENCY: N_("Another currency"),
    Skipped.NOT_CHOSEN: N_("Not among those the rule competes with"),
    Skipped.NEVER: N_("Excluded by the rule"),
    Skipped.FULFILMENT: N_("Shipped in another way"),
    Skipped.CONDITION: N_("Another condition"),
    Skipped.RATING: N_("Rated too low"),
    Skipped.SLOW: N_("Delivers too late"),
    Skipped.FAR_BELOW: N_("So far below the others that it may be a mistake"),
}
LOST = {
    Why.NOT_BY_HAND: N_("The other group has the offer put in by hand"),
    Why.WIDER_RULE: N_("The other rule is narrower"),
    Why.WIDER_GROUP: N_("The other group is narrower"),
    Why.LATER: N_("As specific, but lower in the list"),
}
CAUSES = {
    Cause.STEP: N_(
        "A price was about to change by {percent} % at once, from {before} to {after}; {limit} % is allowed."
    ),
    Cause.HOUR: N_(
        "A price was about to change by {percent} % within an hour, from {before} to {after}; {limit} % is allowed."
    ),
    Cause.HOUR_SHARE: N_("{count} of {of} offers ({percent} %) were about to move within an hour; {limit} % may."),
    Cause.DAY_SHARE: N_("{count} of {of} offers ({percent} %) were about to move within a day; {limit} % may."),
    Cause.FLOOR_SHARE: N_("{count} of {of} offers ({percent} %) were about to stand at their floor; {limit} % may."),
    Cause.STOCK_SHARE: N_("The stock of {count} of {of} offers ({percent} %) jumped at once; {limit} % may."),
    Cause.HOUR_ITEMS: N_("{count} prices were about to change within an hour in the whole hub; {limit} may."),
    Cause.DAY_ITEMS: N_("{count} prices were about to change within a day in the whole hub; {limit} may."),
    Cause.BY_HAND: N_("Somebody froze prices by hand."),
}
TRIGGERS = {
    "schedule": N_("on schedule"),
    "market": N_("competing offers changed"),
    "watched": N_("a watched price changed"),
    "stock": N_("the stock changed"),
    "costs": N_("costs changed"),
    "rules": N_("a rule or group changed"),
    "hand": N_("by hand"),
    "apply": N_("a proposal was applied"),
    "approval": N_("a second person agreed"),
    "resumed": N_("prices were resumed"),
}
_STEPS = {
    StepKind.MATCH: N_("Ask what {name} asks: {price}."),
    StepKind.UNDERCUT: N_("Ask {amount} less than {name}: {price}."),
    StepKind.HOLD_BOX: N_("We have the buy box: stay at {price}."),
    StepKind.CLIMB: N_("We have the buy box: climb by {amount} to {price}."),
    StepKind.LOST: N_("The buy box was lost: start again at {price}."),
    StepKind.FOLLOW: N_("Follow the web shop {name}: {price}."),
    StepKind.SELL_OUT: N_("The stock is {count} days old: {percent} % of the way down, {price}."),
    StepKind.ALONE_CEILING: N_("Nobody else offers it: ask the ceiling, {price}."),
    StepKind.ALONE_STEP: N_("Nobody else offers it: climb by {percent} % to {price}."),
    StepKind.ALONE_KEEP: N_("Nobody else offers it: keep {price}."),
    StepKind.ALONE_ITEM: N_("Nobody else offers it: ask the product's own price, {price}."),
    StepKind.SOLD_OUT: N_("{name} is sold out since {at}; it asked {amount}."),
    StepKind.UNBEATABLE_CEILING: N_("Winning would take a price below the floor: ask the ceiling, {price}."),
    StepKind.UNBEATABLE_KEEP: N_("Winning would take a price below the floor: keep {price}."),
    StepKind.UNBEATABLE_NEXT: N_("Winning would take a price below the floor: compete with {name}, {price}."),
    StepKind.MARKET_OLD: N_("The market was last read {at}, too long ago: keep {price}."),
    StepKind.MARKET_UNKNOWN: N_("Nobody has read the market yet: keep {price}."),
    StepKind.NO_STORE: N_("No watched web shop has a price: keep {price}."),
    StepKind.NO_AGE: N_("How old the stock is, is not known: keep {price}."),
    StepKind.OUTSIDE: N_("Outside the times at which prices move: {price}."),
    StepKind.VACATION: N_("On vacation: {price}."),
    StepKind.RESTING: N_("Paused: {price}."),
    StepKind.RESTING_UNKNOWN: N_("The price for pauses cannot be worked out: keep {price}."),
    StepKind.STAR: N_("Stay where the channel shows a price star: {price}."),
    StepKind.REDUCTION: N_("Up to {price} the channel keeps less."),
    StepKind.ENDING: N_("Attractive ending: {price}."),
    StepKind.FLOOR: N_("The floor holds it at {price}."),
    StepKind.CEILING: N_("The ceiling holds it at {price}."),
    StepKind.SMALL: N_("The change would be too small: keep {price}."),
}
_CHANGES = {
    ChangeKind.RIVAL_MOVES: N_("Another price of {name}, now at {price}."),
    ChangeKind.FLOOR_LOWER: N_("A floor of at most {price}: lower costs, or less margin."),
    ChangeKind.CEILING_HIGHER: N_("A ceiling of at least {price}."),
    ChangeKind.BOX_LOST: N_("Losing the buy box."),
    ChangeKind.BOX_WON: N_("Winning the buy box."),
    ChangeKind.RIVAL_COMES: N_("Somebody else offering it."),
    ChangeKind.MARKET_READ: N_("A fresh reading of the market."),
    ChangeKind.TERM_KNOWN: N_("Knowing “{name}”: enter it with the costs."),
    ChangeKind.OLDER_STOCK: N_("Older stock."),
    ChangeKind.WINDOW: N_("The times at which prices move begin."),
    ChangeKind.ENDED: N_("The end of the pause."),
}
UNNAMED = N_("the other one")


def step_said(step: Step) -> Sentence:
    """Return one step as a sentence."""
    facts: dict[str, PlainFact] = {
        "name": step.name or UNNAMED,
        "price": _number(step.price),
        "amount": _number(step.amount),
        "percent": _number(step.percent),
        "count": step.count if step.count is not None else 0,
        "at": step.at.isoformat(timespec="minutes") if step.at else "–",
    }
    return Sentence(_STEPS[step.kind], facts)


def change_said(change: WhatIf) -> Sentence:
    """Return one thing that would change the price as a sentence."""
    facts: dict[str, PlainFact] = {
        "name": change.name or UNNAMED,
        "price": _number(change.price),
        "amount": _number(change.amount),
    }
    return Sentence(_CHANGES[change.kind], facts)


def cause_said(cause: str, facts: dict[str, str]) -> Sentence:
    """Return why prices were frozen."""
    return Sentence(CAUSES[Cause(cause)], dict(facts))


def _number(number: object) -> str:
    return "–" if number is None else str(number)
