"""The signature of a request: MD5 over the parameters, each in exactly the bytes that are sent.

Temu sorts the parameters by name, joins names and values, and puts the app secret before and behind.  Scalars count as
text, without the quotes of JSON; arrays and objects count as the compact JSON of the body, whose keys are *not* sorted.
So each value is written once, and the same text is signed and sent.
"""

import hashlib
from collections.abc import Mapping

import msgspec

SIGN = "sign"


def signature(secret: str, values: Mapping[str, str]) -> str:
    """Return the signature of *values*, each already written as JSON."""
    joined = "".join(f"{name}{_bare(values[name])}" for name in sorted(values) if name != SIGN)
    # The protocol's choice; the secret stands on both sides, so that nothing can be appended.
    return hashlib.md5(f"{secret}{joined}{secret}".encode(), usedforsecurity=False).hexdigest().upper()


def signed_body(secret: str, parameters: Mapping[str, object]) -> bytes:
    """Return *parameters* as the JSON body of a signed request; those that are None are left out."""
    written = {name: msgspec.json.encode(value).decode() for name, value in parameters.items() if value is not None}
    sent = {**written, SIGN: f'"{signature(secret, written)}"'}
    return (
        "{" + ",".join(f"{msgspec.json.encode(name).decode()}:{text}" for name, text in sent.items()) + "}"
    ).encode()


def _bare(text: str) -> str:
    """Return a JSON string without its quotes, anything else as it is."""
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text
