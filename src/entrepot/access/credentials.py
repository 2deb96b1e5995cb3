"""Random secrets that programs and browsers show, and what we keep of them.

They have 256 random bits, so a fast hash is enough: nobody can try them all, and a slow one would cost 50 ms on every
request of the API.  Passwords, which people choose, are another matter: see :mod:`entrepot.access.passwords`.
"""

import base64
import binascii
import hashlib
import secrets
from dataclasses import dataclass, field

KEY_PREFIX = "ek_"
TOKEN_PREFIX = "et_"  # noqa: S105 -- lets scanners of public code recognise a leaked one
_LIMIT = 512


def new_secret(prefix: str = "") -> str:
    """Return a secret nobody can guess."""
    return prefix + secrets.token_urlsafe(32)


def new_public_id() -> str:
    """Return the part of an API key that is no secret."""
    return KEY_PREFIX + secrets.token_hex(8)


def digest(secret: str) -> bytes:
    """Return what is stored of *secret*."""
    return hashlib.sha256(secret.encode()).digest()


def readable_password() -> str:
    """Return a password a person can type from a screen: 24 letters and digits in groups, about 110 bits."""
    alphabet = "abcdefghjkmnpqrstuvwxyz23456789"  # no look-alikes
    return "-".join("".join(secrets.choice(alphabet) for _ in range(6)) for _ in range(4))


@dataclass(frozen=True, slots=True)
class KeyCredential:
    """An API key, from ``Authorization: Basic``."""

    public_id: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class TokenCredential:
    """An access token, from ``Authorization: Bearer``."""

    token: str = field(repr=False)


def read_authorization(header: str) -> KeyCredential | TokenCredential | None:
    """Return what an ``Authorization`` header carries; None if it is not one of ours or broken."""
    scheme, _, value = header.partition(" ")
    value = value.strip()
    if len(value) > _LIMIT:
        return None
    if scheme.lower() == "bearer":
        return TokenCredential(value) if value.startswith(TOKEN_PREFIX) else None
    if scheme.lower() != "basic":
        return None
    try:
        public_id, colon, secret = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None
    return KeyCredential(public_id, secret) if colon and public_id.startswith(KEY_PREFIX) and secret else None
