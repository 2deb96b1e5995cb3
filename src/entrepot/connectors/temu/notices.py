"""Verifies, decrypts and reads what Temu sends by itself.

The content is encrypted with AES-128 in CBC mode; the first 16 bytes of the app secret are both key and start.  The
signature is an HMAC-SHA256 over the decrypted content and four headers.  Temu's text and its own example program write
these together in two different ways, and in small or capital letters: all are accepted.
"""

import hashlib
import hmac
from base64 import b64decode
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import msgspec
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from entrepot.channels.contract_notices import Notice, NoticeKind
from entrepot.channels.errors import NoticeRefusedError
from entrepot.connectors.temu import wire
from entrepot.connectors.temu.credentials import KEY_BYTES
from entrepot.connectors.temu.errors import NAME

SIGNED_HEADERS = ("x-tm-app-key", "x-tm-event-code", "x-tm-ext-param", "x-tm-timestamp")
SIGNATURE = "x-tm-signature"
EVENT_CODES = (
    "bg_order_status_change_event",
    "bg_trade_logistics_address_changed",
    "bg_cancel_order_status_change",
    "bg_aftersales_status_change",
)
"""What we ask Temu to tell us."""
KINDS = {
    "bg_order_status_change_event": NoticeKind.ORDER,
    "bg_trade_logistics_address_changed": NoticeKind.ORDER,
    "bg_cancel_order_status_change": NoticeKind.ORDER,
    "bg_aftersales_status_change": NoticeKind.RETURN,
}
BLOCK_BITS = 128


class _Envelope(msgspec.Struct, rename="camel"):
    event_data: str


def decrypt(secret: str, data: str) -> str:
    """Return the content of a notice.

    Raises:
        ValueError: it was encrypted with another secret, or not at all.
    """
    key = secret.encode()[:KEY_BYTES]
    decryptor = Cipher(algorithms.AES(key), modes.CBC(key)).decryptor()
    padded = decryptor.update(b64decode(data, validate=True)) + decryptor.finalize()
    unpadder = PKCS7(BLOCK_BITS).unpadder()
    return (unpadder.update(padded) + unpadder.finalize()).decode()


def signatures(secret: str, values: Mapping[str, str]) -> tuple[str, str]:
    """Return the two signatures that are right for *values*: as the text says, and as the example program does."""
    names = sorted(values)
    written = ("".join(f"{name}{values[name]}" for name in names), "&".join(f"{name}={values[name]}" for name in names))
    first, second = (hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest() for text in written)
    return first, second


def is_signed(secret: str, values: Mapping[str, str], given: str) -> bool:
    """Tell whether *given* is one of the right signatures, in a time that says nothing about it."""
    said = given.strip().lower().encode()
    checked = [hmac.compare_digest(right.encode(), said) for right in signatures(secret, values)]
    return any(checked)


def read_notice(app_key: str, secret: str, headers: Mapping[str, str], body: bytes) -> Sequence[Notice]:
    """Return what a delivery tells.

    Raises:
        NoticeRefusedError: it does not come from Temu, or not for this app.
    """
    missing = [name for name in (*SIGNED_HEADERS[:2], "x-tm-timestamp", SIGNATURE) if not headers.get(name)]
    if missing:
        raise NoticeRefusedError(channel=NAME, reason=f"the header {missing[0]} is missing")
    if not hmac.compare_digest(headers["x-tm-app-key"].encode(), app_key.encode()):
        raise NoticeRefusedError(channel=NAME, reason="it is for another app")
    try:
        content = decrypt(secret, msgspec.json.decode(body, type=_Envelope).event_data)
    except (msgspec.DecodeError, ValueError) as error:
        raise NoticeRefusedError(channel=NAME, reason="it cannot be decrypted with the app secret") from error
    values = {name: headers.get(name, "") for name in SIGNED_HEADERS} | {"eventData": content}
    if "x-tm-ext-param" not in headers:
        del values["x-tm-ext-param"]
    if not is_signed(secret, values, headers[SIGNATURE]):
        raise NoticeRefusedError(channel=NAME, reason="its signature is wrong")
    return [_notice(headers, content)]


def _notice(headers: Mapping[str, str], content: str) -> Notice:
    event = headers["x-tm-event-code"]
    try:
        told = msgspec.json.decode(content, type=wire.OrderNotice)
    except msgspec.DecodeError:
        told = wire.OrderNotice()
    kind = KINDS.get(event, NoticeKind.OTHER)
    subject = told.parent_order_sn or ""
    if not subject or (kind is NoticeKind.ORDER and told.order_status == wire.PENDING):
        kind = NoticeKind.OTHER  # a pending order is not fetched yet: it comes again when it may be sent
    # Temu numbers no deliveries, and a repeated one has a new timestamp and signature: what it tells is what it is.
    return Notice(
        notice_id=hashlib.blake2b(f"{event}\n{content}".encode(), digest_size=16).hexdigest(),
        kind=kind,
        subject=subject or told.order_sn or event,
        at=_moment(told.update_time, headers["x-tm-timestamp"]),
    )


def _moment(seconds: int | None, sent_ms: str) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds or int(sent_ms) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None
