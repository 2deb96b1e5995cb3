"""Pure decisions of access: what a role gives, what a password must be, how long to wait after a wrong one."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from entrepot.access.rights import INSTANCE, Right
from entrepot.kit.text import N_

SESSION_IDLE = timedelta(hours=12)
"""A browser that asks for nothing this long is signed out."""
SESSION_LIFE = timedelta(days=14)
"""A browser must sign in again after this, however busy it is."""
LINK_LIFE = timedelta(days=3)
SEEN_STEP = timedelta(minutes=1)
"""How exactly "last seen" and "last used" are kept."""
TOKEN_LIFE_MAX = timedelta(days=366)

PASSWORD_MIN = 10
PASSWORD_MAX = 200
PASSWORD_VARIETY = 5

READING = frozenset(right for right in Right if right.value.endswith(".read")) - INSTANCE - {Right.AUDIT_READ}
"""What everybody who works with orders and goods may see."""

BUILT_IN: Mapping[str, tuple[str, frozenset[Right]]] = {
    "owner": (N_("Owner"), frozenset(Right)),
    "manager": (N_("Manager"), frozenset(Right) - INSTANCE),
    "seller": (
        N_("Seller staff"),
        READING
        | {
            Right.CATALOG_WRITE, Right.OFFERS_MANAGE, Right.PRICEWATCH_MANAGE, Right.PRICING_MANAGE,
            Right.ORDERS_WRITE, Right.ORDERS_CANCEL, Right.INVOICES_IMPORT,
        },
    ),
    "picker": (
        N_("Picker"),
        frozenset({
            Right.CATALOG_READ, Right.INVENTORY_READ, Right.INVENTORY_COUNT, Right.ORDERS_READ,
            Right.FULFILMENT_READ, Right.FULFILMENT_PICK, Right.PRINTING_READ, Right.PRINTING_PRINT,
        }),
    ),
    "packer": (
        N_("Packer"),
        frozenset({
            Right.CATALOG_READ, Right.INVENTORY_READ, Right.ORDERS_READ, Right.FULFILMENT_READ,
            Right.FULFILMENT_PICK, Right.FULFILMENT_PACK, Right.FULFILMENT_SHIP,
            Right.PRINTING_READ, Right.PRINTING_PRINT,
        }),
    ),
    "reader": (N_("Read-only"), READING),
    "developer": (
        N_("Developer"),
        READING
        | {Right.JOBS_MANAGE, Right.API_KEYS_MANAGE, Right.CHANNELS_MANAGE, Right.ERP_MANAGE, Right.AUDIT_READ, Right.OPERATIONS_READ},
    ),
}  # fmt: skip
"""Key -> name and rights of the roles every instance has.  They follow the release and cannot be edited."""


@dataclass(frozen=True, slots=True)
class Grant:
    """A user's role for one seller, or (None) for the whole instance."""

    seller_id: UUID | None
    rights: frozenset[Right]


def rights_of(names: Iterable[str]) -> frozenset[Right]:
    """Return the rights with these names.  Names of rights that this release no longer knows give nothing."""
    known = {right.value: right for right in Right}
    return frozenset(known[name] for name in names if name in known)


def rights_over(grants: Sequence[Grant], sellers: Sequence[UUID], chosen: UUID | None) -> frozenset[Right]:
    """Return what a user with *grants* may do while they look at *chosen*, or at all of *sellers* at once.

    Several sellers at once give only what is allowed for each of them.  Rights over the instance come from a grant
    for the instance alone.
    """
    whole = frozenset[Right]().union(*(grant.rights for grant in grants if grant.seller_id is None))

    def over(seller_id: UUID) -> frozenset[Right]:
        own = frozenset[Right]().union(*(grant.rights for grant in grants if grant.seller_id == seller_id))
        return whole | (own - INSTANCE)

    if chosen is not None:
        return over(chosen)
    if any(grant.seller_id is None for grant in grants):
        return whole
    each = [over(seller_id) for seller_id in sellers]
    return frozenset.intersection(*each) if each else frozenset()


def password_problem(password: str, *, about: Iterable[str] = ()) -> str:
    """Return why *password* is too weak, or nothing.

    Length and variety, and nothing that a stranger would try first; no rules about digits and signs, which people
    answer with ``Password1!`` (https://pages.nist.gov/800-63-4/sp800-63b.html#passwordver, read 2026-11-21).

    Args:
        password: as typed.
        about: what is known of its owner: name, e-mail address.
    """
    folded = unicodedata.normalize("NFKC", password).casefold()
    if len(folded) < PASSWORD_MIN:
        return N_("This password is too short. Use at least 10 characters; a few words in a row are easy to remember.")
    if len(folded) > PASSWORD_MAX:
        return N_("This password is too long. Use at most 200 characters.")
    if len(set(folded)) < PASSWORD_VARIETY:
        return N_("This password repeats the same few characters. Use more different ones.")
    plain = re.sub(r"[^a-z]", "", folded)
    if (any(word in folded for word in COMMON) and len(folded) < PASSWORD_MIN + 6) or plain in COMMON:
        return N_("This password is among the first that anyone would try. Choose another one.")
    parts = {part for text in about for part in re.split(r"[^\w]+", text.casefold()) if len(part) >= 4}  # noqa: PLR2004
    if any(part in folded and len(folded) - len(part) < PASSWORD_MIN - 2 for part in parts):
        return N_("This password contains your name or e-mail address. Choose another one.")
    return ""


COMMON = (
    "password", "passwort", "wachtwoord", "welkom", "welcome", "willkommen", "qwerty", "qwertz", "azerty", "123456",
    "abc123", "letmein", "iloveyou", "entrepot", "changeme", "geheim", "secret", "administrator",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Throttle:
    """How many wrong attempts are free, before each next one must wait twice as long."""

    free: int
    base: timedelta = timedelta(seconds=2)
    most: timedelta = timedelta(minutes=15)
    forgotten: timedelta = timedelta(hours=1)
    """Failures count no more when nothing was tried for this long after the last wait."""

    def wait(self, failures: int) -> timedelta:
        """Return how long after the last of *failures* the next attempt may come."""
        excess = failures - self.free
        if excess < 0:
            return timedelta()
        return min(self.most, self.base * (1 << min(excess, 20)))

    def left(self, failures: int, last_at: datetime, now: datetime) -> timedelta:
        """Return how long to wait from *now*."""
        return max(timedelta(), last_at + self.wait(failures) - now)


PAIR = Throttle(free=5)
"""One person mistyping at one place."""
EMAIL = Throttle(free=20)
"""One account attacked from many places: later than :data:`PAIR`, so that an attacker elsewhere does not lock the
owner out at once."""
ADDRESS = Throttle(free=40)
"""Many accounts attacked from one place; a whole warehouse may share one address."""


def slug_of(name: str) -> str:
    """Return *name* as it may stand in an address: ``Café Bleu`` -> ``cafe-bleu``."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60] or "seller"


EMAIL_FORM = re.compile(r"^[^@\s<>\"',;:\\\[\]()]+@[^@\s<>\"',;:\\\[\]()]+$")


def email_problem(email: str) -> str:
    """Return why *email* cannot be an e-mail address, or nothing."""
    if len(email) > 254 or not EMAIL_FORM.match(email) or not email.isprintable():  # noqa: PLR2004 -- RFC 5321
        return N_("This is not an e-mail address. It looks like name@example.org.")
    return ""
