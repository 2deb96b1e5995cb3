"""Whose will a price change is: none of them is the second person who agrees to it."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access import views as people
from entrepot.kit.database import context_of
from entrepot.pricing.governor_repository import GovernorRepository
from entrepot.pricing.judging import Judged


async def whose_will(session: AsyncSession, asking: Sequence[Judged], told: Collection[UUID]) -> dict[UUID, list[str]]:
    """Return the ids of all whose will the changes of offers are, with who made the API keys among them.

    Args:
        session: the running transaction.
        asking: what a second person is asked about.
        told: the offers whose price the caller applied.
    """
    editors = await GovernorRepository(session).cost_editors([one.offer.id for one in asking])
    askers = {
        one.offer.id: {
            one.rule.changed_by,
            one.group.activated_by,
            one.group.chosen_by,
            editors.get(one.offer.id, ""),
            context_of(session).actor.id if one.offer.id in told else "",
        }
        for one in asking
    }
    creators = await people.key_creators(session, set[str]().union(*askers.values()))
    return {
        offer_id: sorted((found | {creators[one] for one in found if one in creators}) - {""})
        for offer_id, found in askers.items()
    }
