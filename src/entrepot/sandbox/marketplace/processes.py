"""Wishes of a seller that the marketplace accepted and works on later."""

from collections import defaultdict
from datetime import datetime, timedelta
from heapq import heappop, heappush

from entrepot.sandbox.dice import Dice
from entrepot.sandbox.marketplace.entities import (
    CancellationInstruction,
    EventType,
    ExportInstruction,
    Instruction,
    LabelInstruction,
    NewReturnInstruction,
    Process,
    ReturnInstruction,
    ShipmentInstruction,
    Status,
    SubscriptionInstruction,
)
from entrepot.sandbox.store import Store


class ProcessQueue:
    """Processes by number and by what they are about; forgotten some time after they ended."""

    def __init__(self, kind: str, store: Store, dice: Dice, retention: timedelta) -> None:
        self._kind = kind
        self._store = store
        self._dice = dice
        self._retention = retention
        self.processes: dict[str, Process] = {}
        self._of_entity: defaultdict[tuple[str, str], list[Process]] = defaultdict(list)
        self._due: list[tuple[datetime, int, Process]] = []
        for process in store.load(kind, Process):
            self._index(process)

    def accept(
        self,
        instruction: Instruction,
        now: datetime,
        delay: timedelta,
    ) -> Process:
        """Take note of a wish; it is due after *delay*."""
        event_type, entities = _about(instruction)
        process = Process(
            process_id=self._dice.uuid(self._kind, len(self.processes)),
            event_type=event_type,
            entity_ids=entities,
            instruction=instruction,
            created=now,
            due=now + delay,
        )
        self._index(process)
        self._store.put(self._kind, process.process_id, process)
        return process

    def next_due(self) -> datetime | None:
        return self._due[0][0] if self._due else None

    def pop_due(self) -> Process:
        return heappop(self._due)[2]

    def settle(self, process: Process, status: Status, error: str = "", result: str = "") -> None:
        process.status, process.error, process.result = status, error, result
        self._store.put(self._kind, process.process_id, process)

    def get(self, process_id: str, now: datetime) -> Process | None:
        process = self.processes.get(process_id)
        return process if process is not None and self._is_kept(process, now) else None

    def of_entity(self, entity_id: str, event_type: str, now: datetime) -> list[Process]:
        """Processes about *entity_id*, the latest first."""
        found = self._of_entity.get((entity_id, event_type), ())
        return [process for process in reversed(found) if self._is_kept(process, now)]

    def attempts(self) -> dict[str, int]:
        """How often shipping each order item was asked for and accepted for processing."""
        return {
            entity: len(found)
            for (entity, event_type), found in self._of_entity.items()
            if event_type == "CREATE_SHIPMENT"
        }

    def _is_kept(self, process: Process, now: datetime) -> bool:
        return process.status == "PENDING" or now - process.due < self._retention

    def _index(self, process: Process) -> None:
        self.processes[process.process_id] = process
        for entity in dict.fromkeys(process.entity_ids):
            self._of_entity[entity, process.event_type].append(process)
        if process.status == "PENDING":
            heappush(self._due, (process.due, len(self.processes), process))


def _about(instruction: Instruction) -> tuple[EventType, tuple[str, ...]]:
    """What kind of process an instruction starts, and what it is about."""
    about: tuple[EventType, tuple[str, ...]]
    match instruction:
        case ShipmentInstruction():
            about = "CREATE_SHIPMENT", tuple(line.order_item_id for line in instruction.lines)
        case CancellationInstruction():
            about = "CANCEL_ORDER", (instruction.order_item_id,)
        case ExportInstruction():
            about = "CREATE_OFFER_EXPORT", ()
        case LabelInstruction():
            about = "CREATE_SHIPPING_LABEL", instruction.order_item_ids
        case ReturnInstruction():
            about = "HANDLE_RETURN_ITEM", (instruction.rma_id,)
        case NewReturnInstruction():
            about = "CREATE_RETURN_ITEM", (instruction.order_item_id,)
        case SubscriptionInstruction():
            about = instruction.event_type, (instruction.subscription_id,)
    return about
