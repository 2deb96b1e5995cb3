"""What is printed by itself when something happens: rules of a seller, and who makes the documents.

Printing knows no parcels.  The slice that does says how a document is made::

    @makes("fulfilment.label_made", Purpose.SHIPPING_LABEL)
    async def label(session: AsyncSession, event: RecordedEvent, printer: PrinterRef) -> Made | None: ...
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.kit import outbox
from entrepot.kit.errors import EntrepotError, InvalidInputError
from entrepot.kit.ids import new_id
from entrepot.kit.outbox import RecordedEvent
from entrepot.kit.text import N_
from entrepot.printing.domain import COPIES_MAX, PURPOSE_LABELS, Purpose
from entrepot.printing.events import NothingPrinted
from entrepot.printing.models import PrintRule
from entrepot.printing.refs import Paper, PrinterRef
from entrepot.printing.repository import StationRepository
from entrepot.printing.service import PrintService

NOWHERE = N_("Nobody knows at which workstation {name} stands. Let them choose one under Printing.")

OCCASIONS: dict[str, str] = {
    "fulfilment.pick_list_released": N_("A pick list is released"),
    "fulfilment.order_packed": N_("An order is packed"),
    "fulfilment.parcel_packed": N_("A parcel is packed"),
    "fulfilment.label_made": N_("A carrier's label is made"),
    "fulfilment.manifest_made": N_("A manifest is made"),
}
"""Topic -> what people call it.  Only those for which somebody makes a document are offered."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Made:
    """Documents for one occasion: the same in one or more formats."""

    papers: tuple[Paper, ...]
    order_id: UUID | None = None
    once: str = ""
    """Printed once under it, if several events tell of the same thing; empty: once per event."""


type Maker = Callable[[AsyncSession, RecordedEvent, PrinterRef], Awaitable[Made | None]]

_MAKERS: dict[tuple[str, Purpose], Maker] = {}


def makes(topic: str, purpose: Purpose) -> Callable[[Maker], Maker]:
    """Register how the document for *purpose* is made when *topic* happened."""

    def register(maker: Maker) -> Maker:
        _MAKERS[topic, purpose] = maker
        return maker

    return register


def offered() -> list[tuple[str, Purpose]]:
    """Return what can be printed by itself, in the order in which it happens."""
    return sorted(_MAKERS, key=lambda pair: (list(OCCASIONS).index(pair[0]), list(Purpose).index(pair[1])))


class Rules:
    """What a seller has printed by itself."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._stations = StationRepository(session)

    async def add(
        self, seller_id: UUID, topic: str, purpose: str, workstation_id: UUID | None, copies: int = 1
    ) -> UUID:
        """Add a rule.

        Raises:
            InvalidInputError: there is no such occasion, the rule exists, or the copies are absurd.
            UnknownWorkstationError: it was removed.
        """
        if purpose not in set(Purpose) or (topic, Purpose(purpose)) not in _MAKERS:
            raise InvalidInputError({"what": N_("Choose what is printed when.")})
        if not 1 <= copies <= COPIES_MAX:
            raise InvalidInputError({"copies": N_("Print between 1 and 200 copies.")})
        if workstation_id is not None:
            await PrintService(self._session).workstation(workstation_id)
        values = {"seller_id": seller_id, "topic": topic, "purpose": purpose, "workstation_id": workstation_id}
        if await self._stations.rule_exists(values):
            raise InvalidInputError({"what": N_("This is printed there already.")})
        rule = PrintRule(id=new_id(), copies=copies, **values)
        await self._stations.add(rule)
        return rule.id

    async def remove(self, rule_id: UUID) -> None:
        """Print this no longer by itself."""
        await self._stations.remove_rule(rule_id)


async def react(session: AsyncSession, events: Sequence[RecordedEvent]) -> None:
    """Print what the sellers' rules want for what happened; what cannot be printed is told, and stops nothing."""
    stations = StationRepository(session)
    sellers = {event.seller_id for event in events if event.seller_id is not None}
    rules = await stations.rules(sorted({event.topic for event in events}), sorted(sellers)) if sellers else ()
    for event in events:
        for rule in rules:
            if (rule.seller_id, rule.topic) == (event.seller_id, event.topic):
                await _print(session, stations, rule, event)


async def _print(session: AsyncSession, stations: StationRepository, rule: PrintRule, event: RecordedEvent) -> None:
    maker = _MAKERS.get((rule.topic, Purpose(rule.purpose)))
    if maker is None:
        return  # what made it is not installed any more
    purpose = Purpose(rule.purpose)
    where = rule.workstation_id or await stations.place_of(event.actor_id, rule.seller_id)
    service = PrintService(session)
    name, reason = "", ""
    try:
        if where is None:
            reason = NOWHERE.format(name=event.actor_name)
        else:
            name = (await service.workstation(where)).name
            printer = await service.printer_for(where, purpose)
            made = await maker(session, event, printer) if printer else None
            if printer is None or made is not None:
                papers, order_id = (made.papers, made.order_id) if made else ((), None)
                key = f"{rule.id}:{(made.once if made else '') or event.id}"
                await service.queue(
                    rule.seller_id, where, purpose, papers, copies=rule.copies, order_id=order_id, key=key
                )
    except EntrepotError as error:
        reason = error.detail
        log.info("not_printed", purpose=rule.purpose, reason=reason)
    if reason:
        told = NothingPrinted(
            seller_id=rule.seller_id, subject_id=event.subject_id, purpose=PURPOSE_LABELS[purpose],
            workstation=name, reason=reason,
        )  # fmt: skip
        await outbox.record(session, told)
