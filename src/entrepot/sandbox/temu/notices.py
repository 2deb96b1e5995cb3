"""What Temu tells by itself: signed, encrypted, and sent again when nobody answers."""

import asyncio
import hmac
from base64 import b64encode
from collections.abc import Mapping
from datetime import timedelta
from hashlib import sha256

import httpx
import msgspec
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from entrepot.sandbox.clock import real_time
from entrepot.sandbox.marketplace.entities import Order
from entrepot.sandbox.temu.shop import Shop, Shops
from entrepot.sandbox.world import World

EVENT = "bg_order_status_change_event"
TEST = "bg_open_event_test"
_KEY, _BLOCK = 16, 128
_EVERY = 1.0
_WAITS = (120, 600, 1800, 3600, 3600, 3600, 43200, 43200)
"""Seconds until a delivery is tried again; then it is dropped."""
_AT_ONCE = 32
_MOST_WAITING = 20_000


class Delivery(msgspec.Struct):
    """One notice on its way."""

    event: str
    content: bytes
    attempts: int = 0
    due: float = 0.0


def encrypt(secret: str, content: bytes) -> str:
    """A content as Temu sends it."""
    key = secret.encode()[:_KEY]
    padder = PKCS7(_BLOCK).padder()
    encryptor = Cipher(algorithms.AES(key), modes.CBC(key)).encryptor()
    padded = padder.update(content) + padder.finalize()
    return b64encode(encryptor.update(padded) + encryptor.finalize()).decode()


def signed(
    key: str, secret: str, event: str, content: bytes, *, example_style: bool = False
) -> tuple[Mapping[str, str], bytes]:
    """Headers and body of a delivery, signed as Temu's text says or as its example program does."""
    headers = {
        "x-tm-app-key": key,
        "x-tm-event-code": event,
        "x-tm-ext-param": "{}",
        "x-tm-timestamp": str(int(real_time().timestamp() * 1000)),
    }
    values = sorted((headers | {"eventData": content.decode()}).items())
    base = "&".join(f"{name}={value}" for name, value in values) if example_style else "".join(map("".join, values))
    signature = hmac.new(secret.encode(), base.encode(), sha256).hexdigest()
    body = msgspec.json.encode({"eventData": encrypt(secret, content)})
    return headers | {
        "x-tm-signature": signature.upper() if example_style else signature,
        "content-type": "application/json",
    }, body


class Postman:
    """Carries the notices of a world's shops."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._shops = Shops.of(world)
        self._waiting: dict[str, list[Delivery]] = {}
        self._told: dict[str, tuple[int, int]] = {}

    @classmethod
    def of(cls, world: World) -> "Postman":
        """That of a world, always the same one."""
        return world.part(cls)

    async def deliver(self) -> None:
        """Deliver until cancelled; the world goes on meanwhile."""
        async with httpx.AsyncClient(timeout=5, limits=httpx.Limits(max_connections=_AT_ONCE)) as http:
            while True:
                self._world.tick()
                await self.deliver_waiting(http)
                await asyncio.sleep(_EVERY)

    async def deliver_waiting(self, http: httpx.AsyncClient) -> int:
        """Try once everything that is due; returns how many arrived."""
        arrived = 0
        for shop in self._shops.by_key.values():
            if not shop.state.hook:
                continue
            self._look(shop)
            now = self._world.clock.now().timestamp()
            waiting = self._waiting.setdefault(shop.account.client_id, [])
            due = [delivery for delivery in waiting if delivery.due <= now]
            turns = asyncio.Semaphore(_AT_ONCE)

            async def send(delivery: Delivery, shop: Shop = shop, turns: asyncio.Semaphore = turns) -> bool:
                async with turns:
                    return await self._send(shop, delivery, http)

            outcomes = await asyncio.gather(*(send(delivery) for delivery in due))
            for delivery, done in zip(due, outcomes, strict=True):
                delivery.attempts += 1
                if done or delivery.attempts > len(_WAITS):
                    waiting.remove(delivery)
                else:
                    delivery.due = now + _WAITS[delivery.attempts - 1]
            arrived += sum(outcomes)
        return arrived

    def tell(self, shop: Shop, event: str, content: Mapping[str, object], times: int = 1) -> None:
        """Put a notice on its way, *times* times."""
        waiting = self._waiting.setdefault(shop.account.client_id, [])
        written = msgspec.json.encode(content)
        waiting += [Delivery(event, written) for _ in range(times)]
        del waiting[:-_MOST_WAITING]

    def storm(self, shop: Shop, count: int) -> int:
        """Tell everything that is known, over and over, until *count* notices are on their way."""
        orders = list(shop.account.orders.latest(count))
        for number in range(count if orders else 0):
            self.tell(shop, EVENT, about(shop, orders[number % len(orders)]))
        return count if orders else 0

    def _look(self, shop: Shop) -> None:
        """Put on its way what changed since the last look."""
        now = self._world.clock.now()
        since = shop.state.told_until or now
        pending = timedelta(seconds=self._world.options.temu_pending_seconds)
        for order in shop.account.orders.changed_since(since - pending - timedelta(seconds=5)):
            version = (order.version, shop.status(order))
            if self._told.get(order.order_id) == version:
                continue
            fresh = order.order_id in self._told or shop.changed_at(order) >= since
            self._told[order.order_id] = version
            if fresh:
                self.tell(shop, EVENT, about(shop, order))
        shop.state.told_until = now
        shop.save()

    async def _send(self, shop: Shop, delivery: Delivery, http: httpx.AsyncClient) -> bool:
        options = shop.account.options
        headers, body = signed(
            options.client_id,
            options.client_secret,
            delivery.event,
            delivery.content,
            example_style=shop.state.example_style,
        )
        try:
            return (await http.post(shop.state.hook, content=body, headers=dict(headers))).is_success
        except httpx.HTTPError:
            return False


def about(shop: Shop, order: Order) -> dict[str, object]:
    """What a notice about an order says."""
    return {
        "mallId": shop.mall,
        "parentOrderSn": shop.number(order),
        "orderSn": shop.line_number(order.items[0]),
        "orderStatus": shop.status(order),
        "updateTime": int(shop.changed_at(order).timestamp()),
    }
