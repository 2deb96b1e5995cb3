"""Which orders go to one place: pure."""

from collections.abc import Mapping
from typing import Any

PARTS = ("street", "house_number", "house_number_extension", "postcode", "city", "country")


def plain(text: object) -> str:
    """Return what counts of a word: neither case, nor spaces, nor signs."""
    return "".join(sign for sign in str(text or "").casefold() if sign.isalnum())


def address_key(address: Mapping[str, Any]) -> str:
    """Return the same for two ways to write one address; empty if it names no street or no town."""
    parts = [plain(address.get(name)) for name in PARTS]
    town = parts[3] or parts[4]
    house = "".join(parts[:3])
    return "|".join((house, parts[3], parts[4], parts[5])) if house and town else ""


def group_key(rule: str, address: Mapping[str, Any], email: str, name: str) -> str:
    """Return what orders of one group have in common; empty: it goes alone."""
    key = address_key(address)
    if rule != "customer" or not key:
        return key
    who = plain(email) or plain(name)
    return f"{key}|{who}" if who else ""


def written(address: Mapping[str, Any]) -> str:
    """Return an address in one line."""
    street = " ".join(str(address.get(name) or "") for name in PARTS[:3]).split()
    town = " ".join(str(address.get(name) or "") for name in PARTS[3:5]).split()
    return ", ".join(" ".join(part) for part in (street, town) if part)
