"""Subscriptions: what bol sends by itself, and the keys it signs with."""

from base64 import b64encode
from http import HTTPStatus
from typing import Annotated, Literal

import msgspec
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
)

from entrepot.sandbox.bol.processes import accepted
from entrepot.sandbox.bol.service import V10, BolService, absent, decode, encode, moment
from entrepot.sandbox.marketplace.account import Account
from entrepot.sandbox.marketplace.entities import EventType, Subscription, SubscriptionInstruction
from entrepot.sandbox.marketplace.subscriptions import Notice
from entrepot.sandbox.wire import Answer, Call, Endpoint
from entrepot.sandbox.world import World

_BITS = 2048
KEY_ID = "0"

type _Resource = Literal[
    "PROCESS_STATUS",
    "SHIPMENT",
    "PRICE_STAR_BOUNDARY",
    "COMPETING_OFFER",
    "OFFER_FOR_SALE",
    "OFFER_NOT_FOR_SALE",
    "ORDER",
]


class _Wish(msgspec.Struct, rename="camel"):
    resources: Annotated[list[_Resource], msgspec.Meta(min_length=1)]
    url: Annotated[str, msgspec.Meta(min_length=1)]
    subscription_type: Literal["WEBHOOK", "GCP_PUBSUB", "AWS_SQS"]
    enabled: bool = True
    identity: str | None = None


class _StoredKey(msgspec.Struct):
    der: bytes


class Signer:
    """bol's private key; the same after a restart."""

    def __init__(self, world: World) -> None:
        self._store = world.store
        self._key: rsa.RSAPrivateKey | None = None

    @classmethod
    def of(cls, world: World) -> "Signer":
        """The signer of a world, which has one key."""
        return world.part(cls)

    def _private(self) -> rsa.RSAPrivateKey:
        if self._key is None:
            stored = next(iter(self._store.load("bol signing key", _StoredKey)), None)
            if stored is not None:
                loaded = load_der_private_key(stored.der, None)
                self._key = loaded if isinstance(loaded, rsa.RSAPrivateKey) else None
        if self._key is None:
            self._key = rsa.generate_private_key(65537, _BITS)
            der = self._key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
            self._store.put("bol signing key", "", _StoredKey(der))
        return self._key

    def public(self) -> str:
        """The public key, as bol publishes it."""
        der = self._private().public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return b64encode(der).decode()

    def sign(self, body: bytes) -> str:
        """The Signature header of a delivery."""
        signature = b64encode(self._private().sign(body, PKCS1v15(), SHA256())).decode()
        return f'keyId={KEY_ID}, algorithm="rsa-sha256", signature={signature}'


def body_of(account: Account, notice: Notice) -> bytes:
    """A delivery's body."""
    del account
    event = {"resource": notice.resource, "type": notice.event_type, "resourceId": notice.resource_id}
    return encode({"retailerId": 1234567, "timestamp": moment(notice.at), "event": event})


class BolSubscriptions:
    """The subscription endpoints."""

    def __init__(self, service: BolService) -> None:
        self._world = service.world
        self._signer = Signer.of(service.world)

    def endpoints(self) -> list[Endpoint[Account]]:
        path = "/retailer/subscriptions/{subscription-id}"
        return [
            Endpoint("GET", "/retailer/subscriptions", self.listing, V10),
            Endpoint("POST", "/retailer/subscriptions", self.create, V10, mutates=True),
            Endpoint("GET", "/retailer/subscriptions/signature-keys", self.keys, V10),
            Endpoint("POST", "/retailer/subscriptions/test/{subscription-id}", self.test, V10, mutates=True),
            Endpoint("GET", path, self.detail, V10),
            Endpoint("PUT", path, self.change, V10, mutates=True),
            Endpoint("DELETE", path, self.end, V10, mutates=True),
        ]

    def listing(self, account: Account, call: Call) -> Answer:
        del call
        found = [_written(one) for one in account.subscriptions.active]
        if not found and self._world.options.omit_empty_arrays:
            return Answer(HTTPStatus.OK, b"{ }", V10)
        return Answer(HTTPStatus.OK, encode({"subscriptions": found}), V10)

    def detail(self, account: Account, call: Call) -> Answer:
        return Answer(HTTPStatus.OK, encode(_written(self._one(account, call))), V10)

    def keys(self, account: Account, call: Call) -> Answer:
        del account, call
        keys = [{"id": KEY_ID, "type": "RSA", "publicKey": self._signer.public()}]
        return Answer(HTTPStatus.OK, encode({"signatureKeys": keys}), V10)

    def create(self, account: Account, call: Call) -> Answer:
        return self._wish(account, call, account.subscriptions.new_id(), "CREATE_SUBSCRIPTION")

    def change(self, account: Account, call: Call) -> Answer:
        return self._wish(account, call, self._one(account, call).subscription_id, "UPDATE_SUBSCRIPTION")

    def end(self, account: Account, call: Call) -> Answer:
        subscription_id = self._one(account, call).subscription_id
        instruction = SubscriptionInstruction(subscription_id, "DELETE_SUBSCRIPTION", enabled=False)
        return accepted(self._world, account, instruction)

    def test(self, account: Account, call: Call) -> Answer:
        found = self._one(account, call)
        now = self._world.clock.now()
        account.subscriptions.waiting.append(Notice(found.subscription_id, "TEST", "TEST", "test", now))
        return accepted(
            self._world, account, SubscriptionInstruction(found.subscription_id, "SEND_SUBSCRIPTION_TST_MSG")
        )

    def _wish(self, account: Account, call: Call, subscription_id: str, event_type: EventType) -> Answer:
        wanted = decode(call, _Wish)
        instruction = SubscriptionInstruction(
            subscription_id, event_type, wanted.url, tuple(wanted.resources), wanted.enabled
        )
        return accepted(self._world, account, instruction)

    def _one(self, account: Account, call: Call) -> Subscription:
        subscription_id = call.parameters["subscription-id"]
        found = account.subscriptions.get(subscription_id)
        if found is None:
            raise absent(call, f"Subscription {subscription_id}")
        return found


def _written(one: Subscription) -> dict[str, object]:
    return {
        "id": one.subscription_id,
        "resources": one.resources,
        "url": one.url,
        "subscriptionType": "WEBHOOK",
        "enabled": one.enabled,
    }
