"""Pure decisions of routes: what a stop may become, which area an address is in, which order of stops saves driving."""

import re
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Final
from urllib.parse import quote_plus
from uuid import UUID

import msgspec

from entrepot.kit.text import N_


class RouteStatus(StrEnum):
    """How far a route is."""

    PLANNED = "planned"
    """Being planned and loaded."""
    UNDER_WAY = "under_way"
    FINISHED = "finished"
    CANCELLED = "cancelled"


ROUTE_LABELS: Final = {
    RouteStatus.PLANNED: N_("Planned"),
    RouteStatus.UNDER_WAY: N_("Under way"),
    RouteStatus.FINISHED: N_("Finished"),
    RouteStatus.CANCELLED: N_("Cancelled"),
}


class StopStatus(StrEnum):
    """How far a stop is."""

    PLANNED = "planned"
    DELIVERED = "delivered"
    FAILED = "failed"
    REMOVED = "removed"
    """Taken off the route before it was tried."""


STOP_LABELS: Final = {
    StopStatus.PLANNED: N_("Planned"),
    StopStatus.DELIVERED: N_("Delivered"),
    StopStatus.FAILED: N_("Not delivered"),
    StopStatus.REMOVED: N_("Taken off"),
}


class FailReason(StrEnum):
    """Why nothing could be handed over."""

    NOBODY_HOME = "nobody_home"
    REFUSED = "refused"
    WRONG_ADDRESS = "wrong_address"
    DAMAGED = "damaged"
    CLOSED = "closed"
    NO_ACCESS = "no_access"
    NOT_PAID = "not_paid"
    OUT_OF_TIME = "out_of_time"
    OTHER = "other"


FAIL_LABELS: Final = {
    FailReason.NOBODY_HOME: N_("Nobody home"),
    FailReason.REFUSED: N_("Refused"),
    FailReason.WRONG_ADDRESS: N_("Wrong address"),
    FailReason.DAMAGED: N_("Damaged"),
    FailReason.CLOSED: N_("Shop closed"),
    FailReason.NO_ACCESS: N_("No access"),
    FailReason.NOT_PAID: N_("Not paid"),
    FailReason.OUT_OF_TIME: N_("No time left"),
    FailReason.OTHER: N_("Something else"),
}

ROUTE_MOVES: Final[dict[RouteStatus, frozenset[RouteStatus]]] = {
    RouteStatus.PLANNED: frozenset({RouteStatus.UNDER_WAY, RouteStatus.CANCELLED}),
    RouteStatus.UNDER_WAY: frozenset({RouteStatus.FINISHED}),
    RouteStatus.FINISHED: frozenset(),
    RouteStatus.CANCELLED: frozenset(),
}


class Area(msgspec.Struct, frozen=True, kw_only=True):
    """Where one driver mostly drives."""

    id: UUID
    seller_id: UUID
    name: str
    country: str
    """Empty: any."""
    postcodes: list[str]
    """Beginnings (``35``) and ranges (``3500-3599``)."""
    driver_id: str
    driver_name: str
    vehicle_id: UUID | None


def tidy_postcode(postcode: str) -> str:
    """Return a postcode as it is compared: capitals and digits only."""
    return re.sub(r"[^0-9A-Z]", "", postcode.upper())


def covers(pattern: str, postcode: str) -> int:
    """Return how exactly *pattern* covers a tidy postcode, 0: not at all."""
    first, _, last = pattern.partition("-")
    low, high = tidy_postcode(first), tidy_postcode(last)
    if not low:
        return 0
    if not high:
        return len(low) if postcode.startswith(low) else 0
    length = max(len(low), len(high))
    head = postcode[:length]
    if len(head) < length:
        return 0
    return length if low.ljust(length, "0") <= head <= high.ljust(length, "Z") else 0


def area_of(areas: Iterable[Area], *, named: str = "", country: str = "", postcode: str = "") -> Area | None:
    """Return the area of an order: the one it names, else the one that covers its postcode most exactly."""
    known = sorted(areas, key=lambda area: area.name)
    if named:
        for area in known:
            if area.name.casefold() == named.strip().casefold():
                return area
    tidy = tidy_postcode(postcode)
    best: tuple[int, Area] | None = None
    for area in known:
        if area.country and country and area.country != country.upper():
            continue
        fit = max((covers(pattern, tidy) for pattern in area.postcodes), default=0)
        if fit and (best is None or fit > best[0]):
            best = fit, area
    return best[1] if best else None


def suggested[K](stops: Sequence[tuple[K, str, str, str]], *, start: str = "") -> list[K]:
    """Return stops (key, postcode, street, house number) in the order of their postcodes.

    Postcodes are neighbours where their numbers are; the tour begins at the end that is nearer to *start*.
    """
    ordered = sorted(stops, key=lambda stop: (tidy_postcode(stop[1]), stop[2].casefold(), _number(stop[3])))
    if start and len(ordered) > 1:
        begin = _value(start)
        if abs(_value(ordered[-1][1]) - begin) < abs(_value(ordered[0][1]) - begin):
            ordered.reverse()
    return [stop[0] for stop in ordered]


def moved[K](keys: Sequence[K], key: K, by: int) -> list[K]:
    """Return *keys* with one of them moved *by* places; past an end it stays there."""
    rest = [one for one in keys if one != key]
    if len(rest) == len(keys):
        return rest
    place = min(max(list(keys).index(key) + by, 0), len(rest))
    return [*rest[:place], key, *rest[place:]]


def map_link(address: Mapping[str, object]) -> str:
    """Return a link that opens an address in the phone's map application."""
    return f"https://www.openstreetmap.org/search?query={quote_plus(one_line(address))}"


def geo_link(address: Mapping[str, object]) -> str:
    """Return the same as ``geo:`` address (RFC 5870 with the query every phone knows)."""
    return f"geo:0,0?q={quote_plus(one_line(address))}"


def one_line(address: Mapping[str, object]) -> str:
    """Return street, number, postcode, place and country of an address."""
    street = " ".join(_part(address, name) for name in ("street", "house_number", "house_number_extension")).split()
    place = " ".join(_part(address, name) for name in ("postcode", "city")).split()
    return ", ".join(part for part in (" ".join(street), " ".join(place), _part(address, "country")) if part)


def call_link(phone: str) -> str:
    """Return a ``tel:`` address; empty if there is no number in it."""
    digits = re.sub(r"[^0-9+]", "", phone)
    return f"tel:{digits}" if any(character.isdigit() for character in digits) else ""


def _part(address: Mapping[str, object], name: str) -> str:
    return str(address.get(name) or "").strip()


def _number(house_number: str) -> tuple[int, str]:
    digits = re.match(r"\d{1,9}", house_number.strip())
    return (int(digits.group()) if digits else 0, house_number.casefold())


def _value(postcode: str) -> int:
    digits = re.match(r"\d{1,9}", tidy_postcode(postcode))
    return int(digits.group()) if digits else 0
