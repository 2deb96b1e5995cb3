"""What alerts do by themselves: they look at whatever happens to watched prices."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.jobs.reactions import reaction
from entrepot.kit.outbox import RecordedEvent
from entrepot.pricewatch.alerts.evaluating import TOPICS, Evaluation


@reaction("pricewatch.alerts", topics=TOPICS)
async def on_prices(session: AsyncSession, events: Sequence[RecordedEvent]) -> None:
    """Move alerts on and tell users, in the transaction that keeps the place in the event log."""
    await Evaluation(session).look(events)
