"""Introduces two slices that do not know each other: which channel accounts may be joined to an ERP account."""

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.channels.registry import connectors
from entrepot.channels.service import ChannelService
from entrepot.erp.extension import Partner, add_partners


async def channel_accounts(session: AsyncSession) -> list[Partner]:
    """Return every channel account in scope."""
    specs = connectors()
    return [
        Partner(
            id=account.id,
            seller_id=account.seller_id,
            name=account.name,
            kind=specs[account.channel].name if account.channel in specs else account.channel,
            url=f"/channels/{account.id}",
        )
        for account in await ChannelService(session).accounts()
    ]


def introduce() -> None:
    """Let the pages of ERP accounts offer channel accounts."""
    add_partners(channel_accounts)
