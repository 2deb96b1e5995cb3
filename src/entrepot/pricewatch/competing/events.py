"""What happens on the market."""

from typing import ClassVar

from entrepot.kit.outbox import Event


class CompetingOffersChanged(Event, frozen=True, kw_only=True):
    """Others ask something else than when it was read before: of all these GTINs, on one account."""

    topic: ClassVar[str] = "pricewatch.competing_offers_changed"
    subject_kind: ClassVar[str] = "channel_account"

    country: str
    gtins: tuple[str, ...]
