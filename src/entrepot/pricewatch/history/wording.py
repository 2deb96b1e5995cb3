"""Histories in words."""

from decimal import Decimal

from entrepot.kit import i18n
from entrepot.kit.i18n import gettext
from entrepot.kit.text import N_
from entrepot.pricewatch.history.domain import Figures, Span, Trend, Verdict

SPANS = {
    Span.WEEK: N_("7 days"),
    Span.MONTH: N_("30 days"),
    Span.QUARTER: N_("90 days"),
    Span.YEAR: N_("A year"),
    Span.ALL: N_("Everything"),
}
VERDICTS = {
    Verdict.GREAT: (N_("Very good price"), "success"),
    Verdict.GOOD: (N_("Good price"), "success"),
    Verdict.FAIR: (N_("Usual price"), "neutral"),
    Verdict.POOR: (N_("Dear"), "warning"),
}
TRENDS = {Trend.FALLING: N_("falling"), Trend.STEADY: N_("steady"), Trend.RISING: N_("rising")}
NEVER_MOVED = N_("It never cost anything else in this time.")
LOWEST = N_("It never cost less in this time.")
DEARER = N_("It cost less in {percent} % of this time; now it is {above} % above the lowest.")
GOING = {
    Trend.FALLING: N_("It is falling, by about {change} % a month: waiting may pay."),
    Trend.STEADY: N_("It is steady."),
    Trend.RISING: N_("It is rising, by about {change} % a month: waiting may cost."),
}
TOO_SHORT = N_("Less than a week is known, so nothing is said of how good the price is.")
NOBODY = N_("Nobody sells it now.")


def explained(figures: Figures) -> str:
    """Return why a price is as good as its score says."""
    if figures.now is None:
        return gettext(NOBODY)
    if figures.score is None:
        return gettext(TOO_SHORT)
    if figures.low == figures.high:
        return gettext(NEVER_MOVED)
    if figures.now <= figures.low:
        first = gettext(LOWEST)
    else:
        above = ((figures.now - figures.low) / figures.low * 100).quantize(Decimal(1))
        first = gettext(DEARER).format(percent=figures.percentile, above=i18n.show_number(above))
    change = i18n.show_number(abs(figures.change))
    return f"{first} {gettext(GOING[figures.trend]).format(change=change)}"


def verdict_badge(verdict: Verdict | None) -> tuple[str, str] | None:
    """Return words and tone of a verdict."""
    if verdict is None:
        return None
    label, tone = VERDICTS[verdict]
    return gettext(label), tone
