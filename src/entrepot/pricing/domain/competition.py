"""Who counts as a competitor, and what they ask when it is made comparable.  Pure."""

from decimal import Decimal
from statistics import median_low

from entrepot.pricing.domain.decision import Rival, Skipped
from entrepot.pricing.domain.facts import HUNDRED, MarketOffer, OfferFacts
from entrepot.pricing.domain.rules import Adjustment, Rivals

NO_ADJUSTMENT = Adjustment()


def is_ours(offer: MarketOffer, facts: OfferFacts) -> bool:
    """Return whether it is us: as a seller, as an offer, or as this very offer."""
    own = facts.own
    return (
        offer.competitor in own.competitors
        or offer.channel_offer_id in own.offers
        or bool(offer.channel_offer_id and offer.channel_offer_id == facts.channel_offer_id)
    )


def compared(offer: MarketOffer, pack: int, rivals: Rivals, adjustment: Adjustment) -> Decimal:
    """Return what an offer would ask for as much as we sell, adjusted as was said."""
    price = offer.price + offer.shipping if rivals.shipping else offer.price
    if offer.pack != pack:
        price = price * pack / offer.pack
    if adjustment is not NO_ADJUSTMENT:
        price = price + price * adjustment.percent / HUNDRED + adjustment.amount
    return price


def why_skipped(offer: MarketOffer, facts: OfferFacts, rivals: Rivals) -> Skipped | None:  # noqa: PLR0911 -- a list
    """Return why an offer does not count, ``None`` if it does."""
    if is_ours(offer, facts):
        return Skipped.OURS
    if offer.currency != facts.currency:
        return Skipped.CURRENCY
    if rivals.only and offer.competitor not in rivals.only:
        return Skipped.NOT_CHOSEN
    if offer.competitor in rivals.never:
        return Skipped.NEVER
    if rivals.fulfilments and offer.fulfilment not in rivals.fulfilments:
        return Skipped.FULFILMENT
    if rivals.conditions and offer.condition not in rivals.conditions:
        return Skipped.CONDITION
    if rivals.least_rating is not None and offer.rating is not None and offer.rating < rivals.least_rating:
        return Skipped.RATING
    if rivals.slowest_days is not None and (offer.delivery_days or 0) > rivals.slowest_days:
        return Skipped.SLOW
    return None


def see(offers: tuple[MarketOffer, ...], facts: OfferFacts, rivals: Rivals) -> tuple[Rival, ...]:
    """Return every offer as the rule sees it, in the order of what they ask, made comparable."""
    adjustments = {one.competitor: one for one in rivals.adjustments}
    everybody = adjustments.get("", NO_ADJUSTMENT)
    seen = [
        Rival(
            offer.channel_offer_id,
            offer.competitor,
            offer.price,
            compared(
                offer,
                facts.pack,
                rivals,
                adjustments.get(offer.competitor, everybody) if adjustments else NO_ADJUSTMENT,
            ),
            offer.best,
            why_skipped(offer, facts, rivals),
            offer.name,
        )
        for offer in offers
        if offer.pack > 0
    ]
    seen.sort(key=lambda rival: (rival.compared, rival.competitor, rival.channel_offer_id))
    if rivals.far_below_percent is None:
        return tuple(seen)
    counted = [rival.compared for rival in seen if rival.skipped is None]
    if len(counted) < 3:  # noqa: PLR2004 -- two prices have no middle
        return tuple(seen)
    least = median_low(counted) * (HUNDRED - rivals.far_below_percent) / HUNDRED
    return tuple(
        Rival(one.channel_offer_id, one.competitor, one.price, one.compared, one.best, Skipped.FAR_BELOW, one.name)
        if one.skipped is None and one.compared < least
        else one
        for one in seen
    )
