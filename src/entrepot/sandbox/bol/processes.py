"""Process statuses: what came of shipments and cancellations."""

from datetime import timedelta
from http import HTTPStatus
from typing import Annotated

import msgspec

from entrepot.sandbox.bol.service import (
    ADDRESS,
    V10,
    BolService,
    absent,
    choice,
    decode,
    encode,
    invalid,
    moment,
    whole_number,
)
from entrepot.sandbox.marketplace.account import Account
from entrepot.sandbox.marketplace.entities import EventType, Instruction, Process
from entrepot.sandbox.wire import Answer, Call, Endpoint
from entrepot.sandbox.world import World

PAGE_SIZE = 50
_MOST_PAGES = 100_000
_WORDS: dict[EventType, str] = {
    "CREATE_SHIPMENT": "Confirm shipment for order item {entity}.",
    "CANCEL_ORDER": "Cancel order for order item {entity}.",
    "CREATE_OFFER_EXPORT": "Create an offer export.",
    "CREATE_SHIPPING_LABEL": "Create a shipping label for order item {entity}.",
    "HANDLE_RETURN_ITEM": "Handle the return item with return number {entity}.",
    "CREATE_RETURN_ITEM": "Create a return for order item {entity}.",
    "CREATE_SUBSCRIPTION": "Create subscription {entity}.",
    "UPDATE_SUBSCRIPTION": "Update subscription {entity}.",
    "DELETE_SUBSCRIPTION": "Delete subscription {entity}.",
    "SEND_SUBSCRIPTION_TST_MSG": "Send a test message for subscription {entity}.",
}
_EVENTS = (*_WORDS, "CHANGE_TRANSPORT", "CREATE_OFFER", "UPDATE_OFFER", "DELETE_OFFER")
_TOLD_AT_ONCE = frozenset({"CREATE_SHIPMENT", "CANCEL_ORDER", "HANDLE_RETURN_ITEM"})
"""What these are about is known before they are done; the others make it."""


class _Query(msgspec.Struct, rename="camel"):
    process_status_id: str


class _BulkQuery(msgspec.Struct, rename="camel"):
    process_status_queries: Annotated[list[_Query], msgspec.Meta(min_length=1, max_length=1000)]


def accepted(world: World, account: Account, instruction: Instruction) -> Answer:
    """Take note of a wish and answer 202 with its process status."""
    delay = timedelta(seconds=world.options.process_seconds)
    process = account.processes.accept(instruction, world.clock.now(), delay)
    return Answer(HTTPStatus.ACCEPTED, encode(_written(process)), V10)


class BolProcesses:
    """The process status endpoints of the shared API."""

    def __init__(self, service: BolService) -> None:
        self._world = service.world

    def endpoints(self) -> list[Endpoint[Account]]:
        return [
            Endpoint("GET", "/shared/process-status/{process-status-id}", self.one, V10),
            Endpoint("GET", "/shared/process-status", self.of_entity, V10, lists=True),
            Endpoint("POST", "/shared/process-status", self.bulk, V10),
        ]

    def one(self, account: Account, call: Call) -> Answer:
        process_id = call.parameters["process-status-id"]
        process = account.processes.get(process_id, self._world.clock.now())
        if process is None:
            raise absent(call, f"Process status {process_id}")
        return Answer(HTTPStatus.OK, encode(_written(process)), V10)

    def of_entity(self, account: Account, call: Call) -> Answer:
        entity, page = call.query.get("entity-id", ""), whole_number(call, "page", 1, 1, _MOST_PAGES)
        if not entity or "event-type" not in call.query:
            raise invalid(call, entity_id="entity-id and event-type are required.")
        event_type = choice(call, "event-type", "", *_EVENTS)
        found = account.processes.of_entity(entity, event_type, self._world.clock.now())
        return self._listed(found[(page - 1) * PAGE_SIZE : page * PAGE_SIZE])

    def bulk(self, account: Account, call: Call) -> Answer:
        now = self._world.clock.now()
        wanted = decode(call, _BulkQuery).process_status_queries
        found = (account.processes.get(query.process_status_id, now) for query in wanted)
        return self._listed([process for process in found if process is not None])

    def _listed(self, processes: list[Process]) -> Answer:
        if not processes and self._world.options.omit_empty_arrays:
            return Answer(HTTPStatus.OK, b"{ }", V10)
        return Answer(HTTPStatus.OK, encode({"processStatuses": [_written(process) for process in processes]}), V10)


def _written(process: Process) -> dict[str, object]:
    entity = next(iter(process.entity_ids), "")
    written: dict[str, object] = {
        "processStatusId": process.process_id,
        "eventType": process.event_type,
        "description": _WORDS[process.event_type].format(entity=entity),
        "status": process.status,
        "createTimestamp": moment(process.created),
        "links": [{"rel": "self", "href": f"{ADDRESS}/shared/process-status/{process.process_id}", "method": "GET"}],
    }
    named = process.result or (entity if process.event_type in _TOLD_AT_ONCE else "")
    if named:
        written["entityId"] = named
    if process.error:
        written["errorMessage"] = process.error
    return written
