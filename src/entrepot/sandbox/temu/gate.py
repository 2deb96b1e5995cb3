"""Temu's one address: signatures, tokens, limits, and answers that are always 200."""

import hmac
from collections.abc import Mapping
from hashlib import md5
from http import HTTPStatus

import msgspec

from entrepot.sandbox.clock import real_time
from entrepot.sandbox.faults import Fault, FaultKind
from entrepot.sandbox.options import RateLimit
from entrepot.sandbox.temu.shop import Shop, Shops
from entrepot.sandbox.wire import Answer, Call, Endpoint, Refusal
from entrepot.sandbox.world import World

JSON = "application/json"
_COMMON = frozenset({"type", "app_key", "access_token", "data_type", "timestamp", "sign", "version", "request"})
_OLDEST = 300
_LIMIT = RateLimit(20, 1)
_MEANING = {
    3000001: "SIGN_UNVALID",
    3000003: "type not exists",
    3000010: "no timestamp",
    3000011: "timestamp invalid",
    3000012: "timestamp expired",
    3000014: "data_type invalid",
    3000026: "app_key not exists",
    3000031: "access_token not exists",
    3000032: "access_token lacks api access",
    3000034: "access_token expired",
    4000000: "SYSTEM_EXCEPTION",
    4000004: "RATE_LIMIT_EXCEED_EXCEPTION",
    140020002: "Order not found",
}


def good(result: object) -> Answer:
    """A request that was carried out."""
    body = {"success": True, "requestId": "sandbox", "errorCode": 1000000, "errorMsg": "", "result": result}
    return Answer(HTTPStatus.OK, msgspec.json.encode(body), JSON)


def bad(code: int, reason: str = "") -> Answer:
    """A request that was not: Temu answers 200 all the same."""
    said = reason or _MEANING.get(code, "BUSINESS_EXCEPTION")
    body = {"success": False, "requestId": "sandbox", "errorCode": code, "errorMsg": said, "result": None}
    return Answer(HTTPStatus.OK, msgspec.json.encode(body), JSON)


def refusal(code: int, reason: str = "") -> Refusal:
    """Ends the handling of a request that is not carried out."""
    return Refusal(bad(code, reason))


def fields(call: Call) -> dict[str, msgspec.Raw]:
    """The parameters of a request, each in the bytes it was sent in."""
    try:
        return msgspec.json.decode(call.body, type=dict[str, msgspec.Raw])
    except msgspec.DecodeError:
        return {}


def text_of(raw: msgspec.Raw | None) -> str:
    """A parameter as Temu signs it: without the quotes of a text."""
    text = bytes(raw or b"").decode()
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text


def business[T](call: Call, of: type[T]) -> T:
    """The parameters of a request that are about its business, beside the common ones or inside ``request``."""
    sent = fields(call)
    inner = sent.get("request")
    try:
        if inner is not None:
            return msgspec.json.decode(inner, type=of)
        return msgspec.convert(
            {name: msgspec.json.decode(raw) for name, raw in sent.items() if name not in _COMMON}, of
        )
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        raise refusal(3000000, f"BAD_PARAMS: {error}") from error


def signature(secret: str, sent: Mapping[str, msgspec.Raw]) -> str:
    """What the signature of a request should be."""
    joined = "".join(f"{name}{text_of(sent[name])}" for name in sorted(sent) if name != "sign")
    return md5(f"{secret}{joined}{secret}".encode(), usedforsecurity=False).hexdigest().upper()


class TemuGate:
    """The rules at the gate."""

    guarded_by_tokens = True

    def __init__(self, world: World) -> None:
        self.world = world
        self.shops = Shops.of(world)

    def client(self, call: Call) -> str:
        key = text_of(fields(call).get("app_key"))
        return key if key in self.shops.by_key else ""

    def admit(self, endpoint: Endpoint[Shop], call: Call) -> tuple[Shop, Mapping[str, str]]:
        """Check app, time, signature, token and limit, in this order."""
        del endpoint
        sent = fields(call)
        shop = self.shops.by_key.get(text_of(sent.get("app_key")))
        if shop is None:
            raise refusal(3000026)
        if text_of(sent.get("data_type")) != "JSON":
            raise refusal(3000014)
        timestamp = text_of(sent.get("timestamp"))
        if not timestamp.isdigit():
            raise refusal(3000010)
        age = real_time().timestamp() - int(timestamp)
        if abs(age) > _OLDEST:
            raise refusal(3000012 if age > 0 else 3000011)
        options = shop.account.options
        right = signature(options.client_secret, sent)
        if not hmac.compare_digest(right.encode(), text_of(sent.get("sign")).encode()):
            raise refusal(3000001)
        if not hmac.compare_digest(options.token.encode(), text_of(sent.get("access_token")).encode()):
            raise refusal(3000031)
        if shop.state.token_ends <= self.world.clock.now():
            raise refusal(3000034)
        limits = self.world.options.rate_limits
        if limits:
            limit = _LIMIT if "*" not in limits or limits["*"].requests <= _LIMIT.requests else limits["*"]
            now = self.world.clock.now()
            if not self.world.limiter.take(options.client_id, "temu", limit, now).allowed:
                raise refusal(4000004)
        return shop, {}

    def problem(self, status: int, detail: str, call: Call) -> Answer:
        del call
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            return bad(4000004)
        return Answer(status, msgspec.json.encode({"error": detail}), JSON)

    def expire_tokens(self, call: Call) -> Answer:
        """The token of the caller ends now."""
        shop = self.shops.by_key.get(self.client(call))
        if shop is not None:
            shop.state.token_ends = self.world.clock.now()
            shop.save()
        return bad(3000034)

    def after_import(self, caller: Shop, call: Call, drawn: Mapping[FaultKind, Fault]) -> None:
        """The buyer of an order that was just read changes his mind."""
        order = caller.order(business(call, _About).parent_order_sn)
        if order is None:
            return
        now = self.world.clock.now()
        if "order_changes" in drawn:
            moved = msgspec.structs.replace(order.buyer, house_number=f"{int(order.buyer.house_number) + 1}")
            caller.account.change_buyer(order, moved, now)
        item = next((item for item in order.items if item.open and not item.cancellation_requested), None)
        if "buyer_cancels" in drawn and item is not None:
            caller.account.ask_to_cancel(item.order_item_id, now)


class _About(msgspec.Struct, rename="camel"):
    parent_order_sn: str = ""
