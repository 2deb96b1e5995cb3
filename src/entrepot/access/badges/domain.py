"""Pure decisions of badges: what a code looks like, which PINs are too easy, what a badge is good for."""

import base64
import re
import secrets
from datetime import timedelta
from itertools import pairwise

from entrepot.access.domain import Throttle
from entrepot.kit.text import N_

PREFIX = "EB"
"""Tells a badge from every other code that is scanned."""
RANDOM_BYTES = 16
PIN_MIN, PIN_MAX = 4, 8
LOCKED_AFTER = 10
"""Wrong PINs in a row."""
PIN_THROTTLE = Throttle(free=3, base=timedelta(seconds=5), most=timedelta(minutes=5))
"""One badge, tried again and again."""
DEVICE_THROTTLE = Throttle(free=20, base=timedelta(seconds=5), most=timedelta(minutes=5))
"""One device, whoever's badge."""
SHIFT = timedelta(hours=12)
"""A badge opens a session for this long at most."""
IDLE_MINUTES = 15
IDLE_MOST = 480

_CODE = re.compile(r"EB[A-Z2-7]{26}")


def new_code() -> str:
    """Return a code of 128 random bits, in capitals and digits so that every kind of barcode holds it well."""
    return PREFIX + base64.b32encode(secrets.token_bytes(RANDOM_BYTES)).decode().rstrip("=")


def read_code(scanned: str) -> str:
    """Return the code as it was given out, whatever the scanner's caps lock did to it; empty if it is no badge."""
    code = scanned.strip().upper()
    return code if _CODE.fullmatch(code) else ""


def pin_problem(pin: str) -> str:
    """Return why *pin* is not good enough, or nothing."""
    if not (pin.isascii() and pin.isdecimal() and PIN_MIN <= len(pin) <= PIN_MAX):
        return N_("Choose a PIN of 4 to 8 digits.")
    digits = [int(sign) for sign in pin]
    steps = {(after - before) % 10 for before, after in pairwise(digits)}
    repeats = len(pin) % 2 == 0 and len({pin[place : place + 2] for place in range(0, len(pin), 2)}) == 1
    year = len(pin) == PIN_MIN and pin[:2] in {"19", "20"}
    if len(steps) == 1 or repeats or year or len(set(digits)) < 3 or pin in COMMON:  # noqa: PLR2004 -- digits
        return N_("This PIN is among the first that anyone would try, like 1234, 1212 or a year. Choose another one.")
    return ""


COMMON = frozenset({"2580", "0852", "1379", "147258", "159357", "123123", "112233", "123321", "12344321"})
"""Lines and corners of the keypad, and what people type beside them."""
