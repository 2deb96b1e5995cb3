"""Jobs and reactions of the price watch, gathered from its parts."""

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.pricewatch.alerts import jobs as alerts
from entrepot.pricewatch.competing import jobs as competing
from entrepot.pricewatch.history import jobs as history
from entrepot.pricewatch.pictures import jobs as pictures
from entrepot.pricewatch.snapshots import jobs as snapshots
from entrepot.pricewatch.watching import jobs as watching

PARTS = (competing, watching, snapshots, pictures, history)
REACTIONS = (alerts.on_prices,)


async def set_up(session: AsyncSession) -> None:
    """Make the schedules of every part."""
    for part in PARTS:
        await part.set_up(session)
