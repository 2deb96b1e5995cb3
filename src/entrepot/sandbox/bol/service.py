"""What every call of bol.com's API has in common: problems, media types, tokens, rate limits."""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from itertools import islice

import msgspec

from entrepot.sandbox.faults import Fault, FaultKind
from entrepot.sandbox.marketplace.account import Account
from entrepot.sandbox.marketplace.orders import DUTCH_TIME
from entrepot.sandbox.wire import Answer, Call, Endpoint, Refusal
from entrepot.sandbox.world import World

V10 = "application/vnd.retailer.v10+json"
V11 = "application/vnd.retailer.v11+json"
ADDRESS = "https://api.bol.com"

_ENCODER = msgspec.json.Encoder(decimal_format="number")
_TITLES = {400: "Error validating request. Consult the bol.com API documentation for more information."}


def encode(value: object) -> bytes:
    """JSON as bol.com writes it: amounts are numbers."""
    return _ENCODER.encode(value)


def moment(at: datetime) -> str:
    """A point in time as bol.com writes it: in Dutch time, to the second."""
    return at.astimezone(DUTCH_TIME).isoformat(timespec="seconds")


def problem(
    status: int, detail: str, call: Call, media_type: str = V10, violations: Mapping[str, str] | None = None
) -> Answer:
    """An error in bol.com's form."""
    body = {
        "type": f"{ADDRESS}/problems",
        "title": _TITLES.get(status, HTTPStatus(status).phrase),
        "status": status,
        "detail": detail,
        "host": "Sandbox-001",
        "instance": f"{ADDRESS}{call.path}",
        "violations": [{"name": name, "reason": reason} for name, reason in (violations or {}).items()],
    }
    return Answer(status, encode(body), media_type)


def invalid(call: Call, media_type: str = V10, **violations: str) -> Refusal:
    """A refusal of a bad request; underscores in names stand for hyphens."""
    named = {name.replace("_", "-"): reason for name, reason in violations.items()}
    return Refusal(problem(HTTPStatus.BAD_REQUEST, "Bad request", call, media_type, named))


def absent(call: Call, what: str, media_type: str = V10) -> Refusal:
    """A refusal because *what* does not exist."""
    return Refusal(problem(HTTPStatus.NOT_FOUND, f"{what} is not found.", call, media_type))


def decode[T](call: Call, of: type[T], media_type: str = V10) -> T:
    """Read the body of a call, or refuse it with what is wrong and where."""
    try:
        return msgspec.json.decode(call.body, type=of)
    except msgspec.DecodeError as error:
        reason, _, where = str(error).partition(" - at ")
        name = where.strip("`").removeprefix("$.") or "body"
        raise Refusal(problem(HTTPStatus.BAD_REQUEST, "Bad request", call, media_type, {name: reason})) from error


def whole_number(call: Call, name: str, default: int, lowest: int, highest: int, media_type: str = V10) -> int:
    """A number of the query, or a refusal."""
    text = call.query.get(name)
    if text is None:
        return default
    if not text.lstrip("-").isdigit() or not lowest <= int(text) <= highest:
        raise invalid(call, media_type, **{name: f"Request contains invalid value(s): '{text}'."})
    return int(text)


def choice(call: Call, name: str, default: str, *allowed: str) -> str:
    """One of some words of the query, or a refusal."""
    text = call.query.get(name, default)
    if text not in allowed:
        values = ", ".join(allowed)
        raise invalid(call, **{name: f"Request contains invalid value(s): '{text}', allowed values: {values}."})
    return text


class _Claims(msgspec.Struct):
    client: str
    number: int
    expires: float


class Tokens:
    """Tokens that prove themselves, so that a restarted world still knows those it gave out."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._key = f"sandbox tokens of seed {world.options.seed}".encode()

    def issue(self, account: Account) -> str:
        """Make a token for an account that has proven who it is."""
        account.tally.issued_tokens += 1
        account.save_tally()
        expires = self._world.clock.now().timestamp() + self._world.options.token_seconds
        claims = _Claims(account.client_id, account.tally.issued_tokens, expires)
        payload = urlsafe_b64encode(msgspec.json.encode(claims)).decode().rstrip("=")
        return f"eyJhbGciOiJIUzI1NiJ9.{payload}.{self._sign(payload)}"

    def read(self, token: str) -> _Claims | None:
        """What a token says, if it is one of ours."""
        _, payload, signature = [*token.split("."), "", "", ""][:3]
        if not signature or not hmac.compare_digest(signature, self._sign(payload)):
            return None
        return msgspec.json.decode(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)), type=_Claims)

    def _sign(self, payload: str) -> str:
        return hmac.digest(self._key, payload.encode(), "sha256").hex()


class BolService:
    """The rules at bol.com's gate."""

    guarded_by_tokens = True

    def __init__(self, world: World) -> None:
        self.world = world
        self.tokens = Tokens(world)

    def problem(self, status: int, detail: str, call: Call) -> Answer:
        return problem(status, detail, call)

    def client(self, call: Call) -> str:
        claims = self._claims(call)
        return claims.client if claims is not None else ""

    def admit(self, endpoint: Endpoint[Account], call: Call) -> tuple[Account, Mapping[str, str]]:
        """Check token, rate limit and media types, in this order."""
        account = self._authenticate(call)
        headers = self._rate_headers(account, endpoint, call)
        accept = call.headers.get("accept", "")
        if not any(_same_media(part, endpoint.media_type) for part in accept.split(",")):
            raise Refusal(
                problem(
                    HTTPStatus.NOT_ACCEPTABLE,
                    f"Accept header contains '{accept}', allowed value is {endpoint.media_type}.",
                    call,
                    endpoint.media_type,
                )
            )
        content = call.headers.get("content-type", "")
        if call.body and not _same_media(content, endpoint.media_type):
            raise Refusal(
                problem(
                    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
                    f"Content-Type header contains '{content}', allowed value is {endpoint.media_type}.",
                    call,
                    endpoint.media_type,
                )
            )
        return account, headers

    def expire_tokens(self, call: Call) -> Answer:
        """Make all tokens of the caller void, as if their time had passed."""
        claims = self._claims(call)
        if claims is not None:
            account = self.world.accounts[claims.client]
            account.tally.revoked_tokens = account.tally.issued_tokens
            account.save_tally()
        now = self.world.clock.now().timestamp()
        return _expired(min(now, claims.expires) - 1 if claims is not None else now, now)

    def after_import(self, caller: Account, call: Call, drawn: Mapping[FaultKind, Fault]) -> None:
        """The buyer of an order that was just read changes his mind."""
        order = caller.orders.orders[call.parameters["order-id"]]
        now = self.world.clock.now()
        if "order_changes" in drawn:
            moved = msgspec.structs.replace(order.buyer, house_number=f"{int(order.buyer.house_number) + 1}")
            caller.change_buyer(order, moved, now)
        item = next((item for item in order.items if item.open and not item.cancellation_requested), None)
        if "buyer_cancels" in drawn and item is not None:
            caller.ask_to_cancel(item.order_item_id, now)

    def _claims(self, call: Call) -> _Claims | None:
        scheme, _, token = call.headers.get("authorization", "").partition(" ")
        return self.tokens.read(token) if scheme.lower() == "bearer" else None

    def _authenticate(self, call: Call) -> Account:
        claims = self._claims(call)
        account = self.world.accounts.get(claims.client) if claims is not None else None
        if claims is None or account is None:
            raise Refusal(problem(HTTPStatus.UNAUTHORIZED, "No valid access token was sent.", call))
        now = self.world.clock.now().timestamp()
        if now >= claims.expires or claims.number <= account.tally.revoked_tokens:
            raise Refusal(_expired(min(claims.expires, now - 1), now))
        if not account.options.active:
            raise Refusal(
                problem(
                    HTTPStatus.FORBIDDEN,
                    "Account is not active, access denied. Please contact partnerservice if this is unexpected.",
                    call,
                )
            )
        return account

    def _rate_headers(self, account: Account, endpoint: Endpoint[Account], call: Call) -> Mapping[str, str]:
        limits = self.world.options.rate_limits
        limit = limits.get(endpoint.name) or limits.get("*")
        if limit is None:
            return {}
        allowance = self.world.limiter.take(account.client_id, endpoint.name, limit, self.world.clock.now())
        headers = {
            "X-RateLimit-Limit": str(allowance.limit),
            "X-RateLimit-Remaining": str(allowance.remaining),
            "X-RateLimit-Reset": str(allowance.reset_seconds),
        }
        if not allowance.allowed:
            wait = allowance.reset_seconds
            reply = problem(HTTPStatus.TOO_MANY_REQUESTS, f"Too many requests, retry in {wait} seconds.", call)
            reply.headers = {**headers, "Retry-After": str(wait)}
            raise Refusal(reply)
        return headers


def twist[T](entries: Iterable[T], page: int, size: int, call: Call, key: Callable[[T], int | str]) -> list[T]:
    """Cut a page out of a list, twisted as the faults of the call say."""
    if "shuffled_pages" in call.twists:
        entries = sorted(entries, key=key)
    start = (page - 1) * size
    if "duplicate_entries" not in call.twists:
        return list(islice(entries, start, start + size))
    known = list(entries)
    cut = known[start : start + size]
    return [*known[max(0, start - 3) : start], *cut, *cut[: max(1, len(cut) // 10)]] if cut else []


def _same_media(text: str, wanted: str) -> bool:
    return text.partition(";")[0].strip().lower() == wanted


def _expired(expires: float, now: float) -> Answer:
    milliseconds = max(1001, int((now - expires) * 1000))
    body = {
        "title": "Expired JWT",
        "status": 401,
        "detail": f"JWT expired at {_zulu(expires)}. Current time: {_zulu(now)}, a difference of {milliseconds} "
        "milliseconds.  Allowed clock skew: 1000 milliseconds.",
    }
    return Answer(HTTPStatus.UNAUTHORIZED, encode(body), V10)


def _zulu(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"
