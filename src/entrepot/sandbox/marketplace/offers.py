"""The offers of a seller."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Self

import msgspec

from entrepot.sandbox.marketplace.entities import Offer
from entrepot.sandbox.store import Store

_NOWHERE: tuple[int, ...] = ()


class Index(msgspec.Struct, frozen=True):
    """Where offers stand in the order in which they were made: by number, EAN and the seller's reference."""

    places: dict[str, int] = {}
    by_ean: dict[str, tuple[int, ...]] = {}
    by_reference: dict[str, tuple[int, ...]] = {}

    @classmethod
    def of(cls, offers: Iterable[tuple[str, str, str]]) -> Self:
        """Index offers told by number, EAN and reference."""
        places: dict[str, int] = {}
        by_ean: defaultdict[str, tuple[int, ...]] = defaultdict(tuple)
        by_reference: defaultdict[str, tuple[int, ...]] = defaultdict(tuple)
        for place, (offer_id, ean, reference) in enumerate(offers):
            places[offer_id] = place
            by_ean[ean] += (place,)
            by_reference[reference] += (place,)
        return cls(places, dict(by_ean), dict(by_reference))


class Opening(msgspec.Struct, frozen=True):
    """What a seller offers from the beginning: thousands, most of which nobody ever asks about."""

    index: Index
    make: Callable[[int], Offer]
    """Makes the offer at a place."""


class OfferList:
    """Offers in the order in which they were made, found by number, EAN or the seller's reference."""

    def __init__(self, kind: str, store: Store, opening: Opening | None) -> None:
        self._kind = kind
        self._store = store
        self._opening = opening
        index = opening.index if opening is not None else Index()
        self._places = index.places.copy()
        self._by_ean = index.by_ean.copy()
        self._by_reference = index.by_reference.copy()
        self._offers: list[Offer | None] = [None] * len(self._places)
        for offer in store.load(kind, Offer):
            self._restore(offer)

    def __len__(self) -> int:
        return len(self._offers) - sum(offer is not None and offer.deleted for offer in self._offers)

    @property
    def count(self) -> int:
        """How many offers were ever made."""
        return len(self._offers)

    def get(self, offer_id: str) -> Offer | None:
        place = self._places.get(offer_id)
        return None if place is None else next(self._sold((place,)), None)

    def add(self, offer: Offer) -> None:
        self._index(offer)
        self.save(offer)

    def save(self, offer: Offer) -> None:
        self._store.put(self._kind, offer.offer_id, offer)

    def rename(self, offer: Offer, reference: str) -> None:
        """Give the offer another reference."""
        place = self._places[offer.offer_id]
        before = self._by_reference[offer.reference]
        self._by_reference[offer.reference] = tuple(other for other in before if other != place)
        self._by_reference[reference] = (*self._by_reference.get(reference, _NOWHERE), place)
        offer.reference = reference

    def of_ean(self, ean: str) -> list[Offer]:
        return list(self._sold(self._by_ean.get(ean, _NOWHERE)))

    def of_reference(self, reference: str) -> list[Offer]:
        return list(self._sold(self._by_reference.get(reference, _NOWHERE)))

    def first_of(self, reference: str) -> Offer | None:
        """The first of the offers that :meth:`of_reference` finds: buyers ask that of everything they buy."""
        for place in self._by_reference.get(reference, _NOWHERE):
            offer = self._offers[place] or self._at(place)
            if not offer.deleted:
                return offer
        return None

    def sort(self, offers: Iterable[Offer]) -> list[Offer]:
        return sorted(offers, key=self.place)

    def place(self, offer: Offer) -> int:
        """The offer's number in the order in which they were made; never used twice."""
        return self._places[offer.offer_id]

    def after(self, place: int) -> Iterator[Offer]:
        """Offers made later than number *place*."""
        return self._sold(range(max(0, place + 1), len(self._offers)))

    def _sold(self, places: Iterable[int]) -> Iterator[Offer]:
        """The offers at *places* that were not deleted."""
        for place in places:
            offer = self._at(place)
            if not offer.deleted:
                yield offer

    def _at(self, place: int) -> Offer:
        offer = self._offers[place]
        if offer is None:
            assert self._opening is not None  # noqa: S101 -- only its places are empty
            offer = self._offers[place] = self._opening.make(place)
        return offer

    def _restore(self, offer: Offer) -> None:
        place = self._places.get(offer.offer_id)
        if place is None:
            self._index(offer)
            return
        first, reference = self._at(place), offer.reference
        self._offers[place] = offer
        if first.reference != reference:
            offer.reference = first.reference
            self.rename(offer, reference)

    def _index(self, offer: Offer) -> None:
        place = len(self._offers)
        self._places[offer.offer_id] = place
        self._offers.append(offer)
        self._by_ean[offer.ean] = (*self._by_ean.get(offer.ean, _NOWHERE), place)
        self._by_reference[offer.reference] = (*self._by_reference.get(offer.reference, _NOWHERE), place)
