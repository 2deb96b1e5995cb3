"""The offers of a seller."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator

from entrepot.sandbox.marketplace.entities import Offer
from entrepot.sandbox.store import Store


class OfferList:
    """Offers in the order in which they were made, found by number, EAN or the seller's reference."""

    def __init__(self, kind: str, store: Store, existing: Iterable[Offer]) -> None:
        self._kind = kind
        self._store = store
        self._offers: dict[str, Offer] = {}
        self._places: dict[str, int] = {}
        self._in_order: list[Offer] = []
        self._by_ean: defaultdict[str, list[Offer]] = defaultdict(list)
        self._by_reference: defaultdict[str, list[Offer]] = defaultdict(list)
        changed = {offer.offer_id: offer for offer in store.load(kind, Offer)}
        for offer in existing:
            self._index(changed.pop(offer.offer_id, offer))
        for offer in changed.values():
            self._index(offer)

    def __len__(self) -> int:
        return sum(not offer.deleted for offer in self._in_order)

    @property
    def count(self) -> int:
        """How many offers were ever made."""
        return len(self._in_order)

    def get(self, offer_id: str) -> Offer | None:
        offer = self._offers.get(offer_id)
        return None if offer is None or offer.deleted else offer

    def add(self, offer: Offer) -> None:
        self._index(offer)
        self.save(offer)

    def save(self, offer: Offer) -> None:
        self._store.put(self._kind, offer.offer_id, offer)

    def rename(self, offer: Offer, reference: str) -> None:
        """Give the offer another reference."""
        self._by_reference[offer.reference].remove(offer)
        offer.reference = reference
        self._by_reference[reference].append(offer)

    def of_ean(self, ean: str) -> list[Offer]:
        return [offer for offer in self._by_ean.get(ean, ()) if not offer.deleted]

    def of_reference(self, reference: str) -> list[Offer]:
        return [offer for offer in self._by_reference.get(reference, ()) if not offer.deleted]

    def sort(self, offers: Iterable[Offer]) -> list[Offer]:
        return sorted(offers, key=lambda offer: self._places[offer.offer_id])

    def place(self, offer: Offer) -> int:
        """The offer's number in the order in which they were made; never used twice."""
        return self._places[offer.offer_id]

    def after(self, place: int) -> Iterator[Offer]:
        """Offers made later than number *place*."""
        start = bisect_right(self._in_order, place, key=self.place)
        return (offer for offer in self._in_order[start:] if not offer.deleted)

    def _index(self, offer: Offer) -> None:
        self._offers[offer.offer_id] = offer
        self._places[offer.offer_id] = len(self._in_order)
        self._in_order.append(offer)
        self._by_ean[offer.ean].append(offer)
        self._by_reference[offer.reference].append(offer)
