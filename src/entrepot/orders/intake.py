"""From received documents to orders: one batch, one transaction."""

from collections.abc import Sequence

import msgspec
import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.channels.accounts import AccountRef, DocumentState, ReceivedDocument, Settlement
from entrepot.channels.contract import ChannelOrder, ImportsOrders
from entrepot.channels.service import ChannelService
from entrepot.kit.errors import EntrepotError
from entrepot.kit.text import N_
from entrepot.orders.importing import OrderImport
from entrepot.orders.refs import Imported, ImportOutcome

log = structlog.get_logger()

READER_BROKE = N_("The document could not be read, because of a mistake in the connector. Report it with the document.")


class Tally(msgspec.Struct):
    """What an import did, in orders."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0
    attention: int = 0
    """Stored, but a person has to look."""
    failed: int = 0
    """Left in the inbox with the reason."""

    def add(self, other: "Tally") -> None:
        """Add the numbers of another one."""
        for name in Tally.__struct_fields__:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    @property
    def total(self) -> int:
        return self.created + self.changed + self.unchanged + self.failed


class Intake(msgspec.Struct):
    """One batch."""

    tally: Tally
    outcomes: list[ImportOutcome]


async def take_in(
    session: AsyncSession, account: AccountRef, connector: ImportsOrders, documents: Sequence[ReceivedDocument]
) -> Intake:
    """Read *documents*, import their orders and settle them, bad ones with a reason."""
    settlements: list[Settlement] = []
    readable: list[tuple[ReceivedDocument, ChannelOrder]] = []
    tally = Tally()
    for document in documents:
        try:
            readable.append((document, connector.read_order(document.raw)))
        except EntrepotError as error:
            reason = error.detail
        except Exception:  # a mistake in one connector's reader must not stop the other orders
            log.exception("reader_broke", document=document.document_id, channel=account.channel)
            reason = READER_BROKE
        else:
            continue
        tally.failed += 1
        settlements.append(Settlement(id=document.id, state=DocumentState.ATTENTION, reason=reason))
    outcomes = await OrderImport(session, account).run([order for _, order in readable])
    for (document, _), outcome in zip(readable, outcomes, strict=True):
        bad = outcome.result is Imported.FAILED
        settlements.append(
            Settlement(
                id=document.id,
                state=DocumentState.ATTENTION if bad else DocumentState.IMPORTED,
                reason=outcome.problem,
                order_id=outcome.order_id,
            )
        )
    for outcome in {outcome.channel_order_id: outcome for outcome in outcomes}.values():
        setattr(tally, str(outcome.result), getattr(tally, str(outcome.result)) + 1)
        tally.attention += bool(outcome.attention)
    await ChannelService(session).settle_documents(settlements)
    return Intake(tally, outcomes)
