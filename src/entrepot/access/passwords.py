"""Password hashes: argon2 for new ones; bcrypt and Django's PBKDF2 are understood, and replaced at the next sign-in."""

import asyncio
import base64
import hashlib
import hmac
import re
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from pwdlib import PasswordHash
from pwdlib.exceptions import PwdlibError
from pwdlib.hashers import HasherProtocol
from pwdlib.hashers.argon2 import Argon2Hasher
from pwdlib.hashers.bcrypt import BcryptHasher

from entrepot.access.domain import PASSWORD_MAX

DJANGO = re.compile(
    r"^pbkdf2_(?P<digest>sha256|sha1)\$(?P<rounds>[0-9]{1,7})\$(?P<salt>[^$]{1,200})\$(?P<key>[A-Za-z0-9+/=]+)$"
)
BCRYPT_MAX = 72
"""bcrypt reads no further; its newest library refuses instead of cutting."""


class DjangoHasher(HasherProtocol):
    """``pbkdf2_sha256$rounds$salt$key``, as Django stores it.  Verifies only."""

    @classmethod
    def identify(cls, hash: str | bytes) -> bool:  # noqa: A002 -- pwdlib's name
        return DJANGO.match(_text(hash)) is not None

    def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
        raise NotImplementedError

    def verify(self, password: str | bytes, hash: str | bytes) -> bool:  # noqa: A002 -- pwdlib's name
        if not (parts := DJANGO.match(_text(hash))):
            return False
        key = hashlib.pbkdf2_hmac(
            parts["digest"], _text(password).encode(), parts["salt"].encode(), max(1, int(parts["rounds"]))
        )
        return hmac.compare_digest(base64.b64encode(key).decode(), parts["key"])

    def check_needs_rehash(self, hash: str | bytes) -> bool:  # noqa: A002, ARG002 -- pwdlib's name
        return True


class ShortBcryptHasher(BcryptHasher):
    """bcrypt that compares what bcrypt always compared: the first 72 bytes."""

    def verify(self, password: str | bytes, hash: str | bytes) -> bool:  # noqa: A002 -- pwdlib's name
        return super().verify(_text(password).encode()[:BCRYPT_MAX], hash)


def _text(value: str | bytes) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


_HASHES = PasswordHash((Argon2Hasher(), ShortBcryptHasher(), DjangoHasher()))
_AT_ONCE = ThreadPoolExecutor(2, "passwords")
"""argon2 takes 64 MiB and a core; a crowd at the door must not take the hub down."""


@cache
def _nobody() -> str:
    """Return a hash to verify when there is no such user, so that the answer takes as long."""
    return _HASHES.hash("the password of nobody")


async def hash_password(password: str) -> str:
    """Return what to store."""
    return await asyncio.get_running_loop().run_in_executor(_AT_ONCE, _HASHES.hash, password)


async def verify_password(password: str, stored: str | None) -> tuple[bool, str | None]:
    """Compare *password* with a stored hash, in the same time whether there is one or not.

    Returns:
        Whether it fits, and the hash to store instead if the old one is of an older kind.
    """
    if len(password) > PASSWORD_MAX:
        return False, None
    return await asyncio.get_running_loop().run_in_executor(_AT_ONCE, _verify, password, stored)


def _verify(password: str, stored: str | None) -> tuple[bool, str | None]:
    try:
        fits, newer = _HASHES.verify_and_update(password, stored or _nobody())
    except (PwdlibError, ValueError):
        return False, None
    return (fits, newer) if stored is not None else (False, None)
