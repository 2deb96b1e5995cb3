"""Parcels and their travel, driven by the clock of the world."""

from datetime import datetime, timedelta
from heapq import heappop, heappush
from typing import Literal

import msgspec

from entrepot.sandbox.dice import Dice
from entrepot.sandbox.store import Store

type Mishap = Literal["failed_attempt", "exception", "returned"]
type Milestone = (
    Literal["label_created", "accepted", "in_transit", "out_for_delivery", "delivered", "cancelled"] | Mishap
)

MAXIMUM_GRAMS = 31_500

TRAVEL: tuple[tuple[Milestone, float, str], ...] = (
    ("accepted", 8, "Sorting centre Utrecht"),
    ("in_transit", 12, "Sorting centre Utrecht"),
    ("out_for_delivery", 26, "Depot {city}"),
    ("delivered", 30, "{city}"),
)
"""The milestones of a parcel, hours after its label was made, and where they happen."""
_TRAVELLED = frozenset(code for code, _, _ in TRAVEL)


class Address(msgspec.Struct, frozen=True):
    """Where a parcel comes from or goes to."""

    name: str = ""
    street: str = ""
    house_number: str = ""
    postal_code: str = ""
    city: str = ""
    country: str = ""
    company: str = ""
    email: str = ""
    phone: str = ""


class Booking(msgspec.Struct, frozen=True):
    """What a shipper asks for; ``reference`` makes asking twice harmless."""

    reference: str = ""
    sender: Address = Address()
    recipient: Address = Address()
    weight_grams: int = 0


class Scan(msgspec.Struct, frozen=True):
    """Something that happened to a parcel."""

    code: Milestone
    at: datetime
    place: str


class Parcel(msgspec.Struct):
    """A parcel; ``hours`` is the carrier's own time at which its label was made."""

    parcel_id: str
    tracking: str
    booking: Booking
    created: datetime
    hours: float
    scans: list[Scan]

    @property
    def status(self) -> Milestone:
        return self.scans[-1].code

    @property
    def is_over(self) -> bool:
        return self.status in {"delivered", "cancelled", "returned"}

    def next_milestone(self) -> tuple[Milestone, float, str] | None:
        """What happens next, when on the carrier's own clock, and where."""
        done = sum(scan.code in _TRAVELLED for scan in self.scans)
        if self.is_over or done >= len(TRAVEL):
            return None
        code, after, place = TRAVEL[done]
        return code, self.hours + after, place.format(city=self.booking.recipient.city)


class CarrierTime(msgspec.Struct):
    """The carrier's own hours, which run *speed* times faster than those of the world."""

    since: datetime
    speed: float
    hours: float = 0.0

    def at(self, moment: datetime) -> float:
        return self.hours + (moment - self.since).total_seconds() / 3600 * self.speed

    def moment(self, hours: float) -> datetime:
        return self.since + timedelta(hours=(hours - self.hours) / self.speed)


class ParcelBook:
    """All parcels of the carrier."""

    def __init__(self, store: Store, dice: Dice, speed: float, now: datetime) -> None:
        self._store = store
        self._dice = dice
        self._time = next(iter(store.load("carrier time", CarrierTime)), CarrierTime(since=now, speed=speed))
        self.parcels: dict[str, Parcel] = {}
        self._by_tracking: dict[str, Parcel] = {}
        self._by_reference: dict[str, Parcel] = {}
        self._due: list[tuple[float, str]] = []
        for parcel in store.load("parcel", Parcel):
            self._index(parcel)

    @property
    def speed(self) -> float:
        return self._time.speed

    def set_speed(self, speed: float, now: datetime) -> None:
        """Let parcels travel *speed* times faster than the world's time goes; 0 stops them."""
        self._time = CarrierTime(since=now, speed=speed, hours=self._time.at(now))
        self._store.put("carrier time", "", self._time)

    def book(self, booking: Booking, now: datetime) -> Parcel:
        """Make a parcel; the caller has checked the booking and that its reference is free."""
        number = len(self.parcels) + 1
        digits = f"{self._dice.below(9000, 'tracking', number) + 1000}{number:08d}"
        parcel = Parcel(
            parcel_id=f"sx-{number:06d}",
            tracking=f"SBX{digits}{sum(map(int, digits)) % 10}",
            booking=booking,
            created=now,
            hours=self._time.at(now),
            scans=[Scan("label_created", now, booking.sender.city)],
        )
        self._index(parcel)
        self._save(parcel)
        return parcel

    def of_reference(self, reference: str) -> Parcel | None:
        """The parcel booked under *reference*, unless it was cancelled."""
        parcel = self._by_reference.get(reference)
        return None if parcel is None or parcel.status == "cancelled" else parcel

    def of_tracking(self, code: str) -> Parcel | None:
        return self._by_tracking.get(code)

    def cancel(self, parcel: Parcel, now: datetime) -> bool:
        """Cancel a parcel that the carrier has not scanned yet; False when it has."""
        if parcel.status != "label_created":
            return False
        parcel.scans.append(Scan("cancelled", now, parcel.booking.sender.city))
        self._save(parcel)
        return True

    def scan(self, parcel: Parcel, now: datetime) -> bool:
        """Let the next thing happen to a parcel right now; False when nothing is left to happen."""
        upcoming = parcel.next_milestone()
        if upcoming is None:
            return False
        code, _, place = upcoming
        parcel.scans.append(Scan(code, now, place))
        self._save(parcel)
        self._plan(parcel)
        return True

    def mishap(self, parcel: Parcel, code: Mishap, now: datetime) -> bool:
        """Let something go wrong with a parcel right now; False when it is over."""
        if parcel.is_over:
            return False
        parcel.scans.append(Scan(code, now, parcel.booking.recipient.city))
        self._save(parcel)
        return True

    def deliver(self, parcel: Parcel, now: datetime) -> bool:
        """Let a parcel be delivered right now; False when nothing is left to happen."""
        moved = self.scan(parcel, now)
        while self.scan(parcel, now):
            pass
        return moved

    def tick(self, now: datetime) -> None:
        """Let everything happen that is due."""
        hours = self._time.at(now)
        while self._due and self._due[0][0] <= hours:
            due, parcel_id = heappop(self._due)
            parcel = self.parcels[parcel_id]
            upcoming = parcel.next_milestone()
            if upcoming is not None and upcoming[1] == due:  # otherwise it was scanned by hand meanwhile
                self.scan(parcel, min(now, self._time.moment(due)) if self._time.speed else now)

    def _index(self, parcel: Parcel) -> None:
        self.parcels[parcel.parcel_id] = parcel
        self._by_tracking[parcel.tracking] = parcel
        self._by_reference[parcel.booking.reference] = parcel
        self._plan(parcel)

    def _plan(self, parcel: Parcel) -> None:
        upcoming = parcel.next_milestone()
        if upcoming is not None:
            heappush(self._due, (upcoming[1], parcel.parcel_id))

    def _save(self, parcel: Parcel) -> None:
        self._store.put("parcel", parcel.parcel_id, parcel)
        self._store.put("carrier time", "", self._time)
