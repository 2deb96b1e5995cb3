"""How a request to one of the world's services is answered, and how it is made to go wrong."""

import asyncio
import time
from collections.abc import Callable, Mapping
from functools import cache
from http import HTTPStatus
from typing import Literal, Protocol

import msgspec

from entrepot.sandbox.faults import IMPORT_KINDS, KINDS, LIST_KINDS, TOKEN_KINDS, Fault, FaultKind
from entrepot.sandbox.traffic import Request
from entrepot.sandbox.world import World

type Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]

_NO_HEADERS: Mapping[str, str] = {}


class Call(msgspec.Struct):
    """A request as a service reads it; header names are in lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    parameters: Mapping[str, str]
    address: str = ""
    """The path with the query, as it was sent."""
    twists: frozenset[str] = frozenset()
    """Faults that the answer's maker carries out itself."""


class Answer(msgspec.Struct):
    """What goes back."""

    status: int
    body: bytes = b""
    media_type: str = "application/json"
    headers: Mapping[str, str] = _NO_HEADERS


class Refusal(Exception):  # noqa: N818 - an answer, not a fault
    """Ends the handling of a call with an answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


class Endpoint[Caller](msgspec.Struct, frozen=True):
    """One entry of a service's interface; ``path`` names its parameters in braces."""

    method: Method
    path: str
    handle: Callable[[Caller, Call], Answer]
    media_type: str
    mutates: bool = False
    lists: bool = False
    imports: bool = False
    """Reads an order in full."""

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"


@cache
def _fault_kinds(*, lists: bool, imports: bool, tokens: bool) -> frozenset[str]:
    """The faults that mean something for an endpoint."""
    without: set[str] = set()
    for has, kinds in ((lists, LIST_KINDS), (imports, IMPORT_KINDS), (tokens, TOKEN_KINDS)):
        without |= set() if has else kinds
    return frozenset(KINDS) - without


class Service[Caller](Protocol):
    """What differs between the world's services."""

    guarded_by_tokens: bool

    def client(self, call: Call) -> str:
        """Who seems to be calling; for faults and the log only."""
        ...

    def admit(self, endpoint: Endpoint[Caller], call: Call) -> tuple[Caller, Mapping[str, str]]:
        """Let the caller in, or raise `Refusal`; also gives headers for every answer."""
        ...

    def problem(self, status: int, detail: str, call: Call) -> Answer: ...

    def expire_tokens(self, call: Call) -> Answer: ...

    def after_import(self, caller: Caller, call: Call, drawn: Mapping[FaultKind, Fault]) -> None: ...


async def answer[Caller](world: World, service: Service[Caller], endpoint: Endpoint[Caller], call: Call) -> Answer:
    """Answer a call, going wrong where that was asked for, and log it."""
    started = time.perf_counter()
    now = world.tick()
    client = service.client(call)
    kinds = _fault_kinds(lists=endpoint.lists, imports=endpoint.imports, tokens=service.guarded_by_tokens)
    drawn = world.faults.draw((endpoint.name, f"{call.method} {call.path}"), client, kinds)
    reply = await _faulty(service, endpoint, call, drawn) if drawn else _plain(service, endpoint, call)
    world.traffic.note(
        Request(
            number=0,
            at=now,
            client=client,
            method=call.method,
            path=call.address or call.path,
            status=reply.status,
            faults=tuple(drawn),
            milliseconds=round((time.perf_counter() - started) * 1000, 2),
            body=call.body.decode(errors="replace") if endpoint.mutates else "",
        ),
        mutates=endpoint.mutates,
    )
    world.store.flush()
    return reply


def _plain[Caller](service: Service[Caller], endpoint: Endpoint[Caller], call: Call) -> Answer:
    try:
        caller, headers = service.admit(endpoint, call)
        reply = endpoint.handle(caller, call)
    except Refusal as refusal:
        return refusal.answer
    reply.headers = {**headers, **reply.headers}
    return reply


async def _faulty[Caller](
    service: Service[Caller], endpoint: Endpoint[Caller], call: Call, drawn: Mapping[FaultKind, Fault]
) -> Answer:
    if slow := drawn.get("slow"):
        await asyncio.sleep(slow.seconds)
    if "expired_token" in drawn:
        return service.expire_tokens(call)
    call.twists = LIST_KINDS & drawn.keys()
    instead = _status_fault(drawn)
    if instead is None or instead.applied:
        reply = _plain(service, endpoint, call)
        if endpoint.imports and reply.status == HTTPStatus.OK and IMPORT_KINDS & drawn.keys():
            service.after_import(service.admit(endpoint, call)[0], call, drawn)
        if instead is None:
            return _spoiled(reply, drawn)
    return await _instead(service, instead, call)


def _status_fault(drawn: Mapping[FaultKind, Fault]) -> Fault | None:
    return next((fault for kind, fault in drawn.items() if kind in {"429", "500", "503", "timeout"}), None)


async def _instead[Caller](service: Service[Caller], fault: Fault, call: Call) -> Answer:
    match fault.kind:
        case "429":
            seconds = int(fault.seconds)
            reply = service.problem(429, f"Too many requests, retry in {seconds} seconds.", call)
            reply.headers = {"Retry-After": str(seconds)} if seconds else {}
            return reply
        case "500":
            return Answer(500, b"Internal Server Error\n", "text/html")
        case "timeout":
            await asyncio.sleep(fault.seconds)
            return service.problem(504, "The service did not answer in time.", call)
        case _:
            return service.problem(503, "The service is temporarily unavailable.", call)


def _spoiled(reply: Answer, drawn: Mapping[FaultKind, Fault]) -> Answer:
    if "broken_json" in drawn:
        reply.body = b'{"orders": [{"orderId": "C0000", <html><body>Bad Gateway</body></html>'
    if "truncated" in drawn:
        reply.body = reply.body[: len(reply.body) // 2]
    return reply
