"""Which offer would have had the buy box: a stated model, because no channel tells its own.  Pure."""

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from entrepot.pricing.domain.facts import HUNDRED, MarketOffer


class BoxModel(msgspec.Struct, frozen=True, kw_only=True):
    """The lowest price wins, after what buyers get for it is reckoned in."""

    channel_percent: Decimal = Decimal(5)
    """So much dearer may be who has the channel deliver."""
    day_percent: Decimal = Decimal(1)
    """So much cheaper must be who delivers a day later."""
    margin_percent: Decimal = Decimal("0.1")
    """So much better must be who takes the box from who has it."""


def score(offer: MarketOffer, model: BoxModel) -> Decimal:
    """Return the price that buyers would feel; the lowest wins."""
    felt = HUNDRED + model.day_percent * (offer.delivery_days or 0)
    if offer.fulfilment == "channel":
        felt -= model.channel_percent
    return (offer.price + offer.shipping) * felt / HUNDRED


def holder(offers: Sequence[MarketOffer], model: BoxModel, incumbent: str = "") -> MarketOffer | None:
    """Return who has the box.

    Args:
        offers: of one product, each once.
        model: what counts.
        incumbent: the offer that has it now; it keeps it against somebody who is only a little better.
    """

    def rank(offer: MarketOffer) -> tuple[Decimal, str]:
        felt = score(offer, model)
        if offer.channel_offer_id == incumbent:
            felt -= felt * model.margin_percent / HUNDRED
        return felt, offer.channel_offer_id

    return min(offers, key=rank, default=None)
