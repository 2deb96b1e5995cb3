"""What bol tells us by itself: subscriptions, and the signatures of what they bring."""

import re
from base64 import b64decode
from collections.abc import Mapping, Sequence
from contextlib import suppress
from urllib.parse import quote

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from entrepot.channels.client import Operation
from entrepot.channels.contract_notices import Notice, NoticeKind
from entrepot.channels.errors import NoticeRefusedError, RequestRejectedError
from entrepot.connectors.bol import wire_notices as wire
from entrepot.connectors.bol.gate import NAME, BolGate
from entrepot.connectors.bol.orders import digest

SUBSCRIPTIONS = Operation(name="subscriptions", rate=5, burst=5)
WANTED = ("PROCESS_STATUS", "ORDER", "OFFER_FOR_SALE", "OFFER_NOT_FOR_SALE")
MARKET = ("COMPETING_OFFER",)
"""Asked for apart: bol says that some events are for some kinds of subscription only, and not which."""
WEBHOOK = "WEBHOOK"
KINDS = {
    "PROCESS_STATUS": NoticeKind.PROCESS,
    "ORDER": NoticeKind.ORDER,
    "OFFER_FOR_SALE": NoticeKind.OFFER,
    "OFFER_NOT_FOR_SALE": NoticeKind.OFFER,
    "COMPETING_OFFER": NoticeKind.COMPETING,
}
ALGORITHM = "rsa-sha256"
_PART = re.compile(r'\s*(\w+)\s*=\s*"?([^",]*)"?\s*(?:,|$)')
KEYS_DECODER = msgspec.json.Decoder(wire.KeySet)
DELIVERY_DECODER = msgspec.json.Decoder(wire.Delivery)


class BolNotices(BolGate):
    """What bol sends to our door."""

    async def subscribe(self, address: str) -> bytes:
        """Make, mend or keep the subscriptions to *address*, and return bol's public keys."""
        listed = await self._read(SUBSCRIPTIONS, "/retailer/subscriptions", wire.Subscriptions)
        await self._keep(listed, WANTED, address)
        with suppress(RequestRejectedError):  # then the market is only read by the clock
            await self._keep(listed, MARKET, f"{address}?market")
        keys = await self._read(SUBSCRIPTIONS, "/retailer/subscriptions/signature-keys", wire.KeySet)
        return msgspec.json.encode(keys)

    async def _keep(self, listed: wire.Subscriptions, wanted: Sequence[str], address: str) -> None:
        """Have one subscription to *address*: bol allows no second."""
        ours = [one for one in listed.subscriptions if one.url == address and one.subscription_type == WEBHOOK]
        body = {"resources": list(wanted), "url": address, "subscriptionType": WEBHOOK, "enabled": True}
        if not ours:
            await self._start(SUBSCRIPTIONS, "POST", "/retailer/subscriptions", body, subject="notices")
        elif not ours[0].enabled or set(ours[0].resources) != set(wanted):  # bol switches off what fails for long
            path = f"/retailer/subscriptions/{quote(ours[0].id, safe='')}"
            await self._start(SUBSCRIPTIONS, "PUT", path, body, subject="notices")

    def read_notice(self, headers: Mapping[str, str], body: bytes, keys: bytes) -> Sequence[Notice]:
        """Verify RSA-SHA256 over the body as it came, then say what happened.

        bol gives deliveries no number: one is known by what it says.
        """
        parts = dict(_PART.findall(headers.get("signature", "")))
        if parts.get("algorithm", ALGORITHM).lower() != ALGORITHM or not parts.get("signature"):
            raise _refused("it carries no signature that we know")
        try:
            signature = b64decode(_padded(parts["signature"]), validate=True)
        except ValueError as error:
            raise _refused("its signature is no Base64") from error
        key = _key(keys, parts.get("keyId", ""))
        try:
            key.verify(signature, body, PKCS1v15(), SHA256())
        except InvalidSignature as error:
            raise _refused("its signature does not fit what it says") from error
        try:
            delivery = DELIVERY_DECODER.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise _refused("it is not what bol documents") from error
        event = delivery.event
        kind = KINDS.get(event.resource, NoticeKind.OTHER)
        subject = event.resource_id or event.resource
        return [Notice(notice_id=digest(body), kind=kind, subject=subject, at=delivery.timestamp)]


def _padded(text: str) -> bytes:
    return (text + "=" * (-len(text) % 4)).encode()


def _key(keys: bytes, key_id: str) -> RSAPublicKey:
    """Return the key that the delivery names."""
    try:
        known = {key.id: key for key in KEYS_DECODER.decode(keys).signature_keys}
    except msgspec.DecodeError as error:
        raise _refused("bol's keys are not stored: subscribe again") from error
    if key_id not in known:
        raise _refused("it is signed with a key that bol had not told us: subscribe again")
    text = "".join(line for line in known[key_id].public_key.splitlines() if not line.startswith("-----"))
    try:
        found = load_der_public_key(b64decode(text))
    except ValueError as error:
        raise _refused("the key it is signed with cannot be read: subscribe again") from error
    if not isinstance(found, RSAPublicKey):
        raise _refused("the key it is signed with is none of RSA")
    return found


def _refused(reason: str) -> NoticeRefusedError:
    return NoticeRefusedError(channel=NAME, reason=reason)
