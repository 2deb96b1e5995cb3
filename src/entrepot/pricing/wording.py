"""What a decision says in sentences: templates over facts, translated when they are read."""

from entrepot.kit.sentence import Sentence
from entrepot.kit.text import N_
from entrepot.pricing.choosing import Why
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


def cause_said(cause: str, facts: dict[str, str]) -> Sentence:
    """Return why prices were frozen."""
    return Sentence(CAUSES[Cause(cause)], dict(facts))
