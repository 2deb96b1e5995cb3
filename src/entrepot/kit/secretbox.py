"""Secrets at rest: encrypted with the newest key, readable with every older one."""

import hashlib
import hmac
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from entrepot.kit.errors import UnavailableError
from entrepot.kit.text import N_


class SecretUnreadableError(UnavailableError):
    """A stored secret was encrypted with a key that is not here."""

    code = "kit.secret_unreadable"
    title = N_("Secret cannot be read")
    message = N_(
        "The key that encrypted {what} is missing. Add the old key to ENTREPOT_SECRET_KEYS, or enter the secret again."
    )


class SecretBox:
    """Encrypts and decrypts; rotates by re-encrypting with the newest key.

    Args:
        keys: Fernet keys (URL-safe base64 of 32 bytes), newest first.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        self._fernet = MultiFernet([Fernet(key) for key in keys])
        self._derivation_key = keys[-1].encode()

    def seal(self, plain: bytes) -> bytes:
        return self._fernet.encrypt(plain)

    def open(self, sealed: bytes, *, what: str) -> bytes:
        """Decrypt.  *what* names the secret in the error shown to a person.

        Raises:
            SecretUnreadableError: no key fits.
        """
        try:
            return self._fernet.decrypt(sealed)
        except InvalidToken:
            raise SecretUnreadableError(what=what) from None

    def rotate(self, sealed: bytes) -> bytes:
        """Return the same secret, encrypted with the newest key."""
        return self._fernet.rotate(sealed)

    def derive(self, purpose: str) -> str:
        """Return a stable secret for *purpose* (64 hex digits), the same for as long as the oldest key is kept."""
        return hmac.new(self._derivation_key, purpose.encode(), hashlib.sha256).hexdigest()
