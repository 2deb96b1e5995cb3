"""What the governor allows, set by people."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.kit import outbox
from entrepot.kit.clock import now
from entrepot.kit.database import context_of
from entrepot.kit.errors import InvalidInputError
from entrepot.kit.i18n import gettext
from entrepot.kit.ids import new_id
from entrepot.kit.text import N_
from entrepot.pricing.errors import WholeInstanceError
from entrepot.pricing.events import LimitsChanged
from entrepot.pricing.governing import Allowed
from entrepot.pricing.governor import allowed_for
from entrepot.pricing.governor_repository import NUMBERS, GovernorRepository, LimitsRow

WHOLE = frozenset({"stock_units", "hour_items", "day_items", "least_offers"})
SHARES = frozenset({"hour_share", "day_share", "floor_share", "stock_share"})
MOST = 1_000_000


class LimitService:
    """Use cases of what the governor allows."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._store = GovernorRepository(session)

    async def limits(self) -> list[LimitsRow]:
        """Return what is set, of every scope the caller sees and of the instance."""
        return await self._store.limits()

    async def allowed(self, seller_id: UUID | None, account_id: UUID | None = None) -> Allowed:
        """Return what holds for a scope, wider ones included."""
        return allowed_for(await self._store.limits(), seller_id, account_id)

    async def put(
        self,
        values: Mapping[str, Decimal | int | None],
        *,
        seller_id: UUID | None,
        account_id: UUID | None = None,
    ) -> None:
        """Set what holds for the instance (no seller), a seller, or one account; None: as the next wider one.

        Raises:
            WholeInstanceError: what holds for all is only set by those who work for all sellers.
            InvalidInputError: a number makes no sense.
        """
        if seller_id is None and not context_of(self._session).scope.everyone:
            raise WholeInstanceError
        problems = _problems(values)
        if problems:
            raise InvalidInputError(problems)
        before = next(
            (row for row in await self._store.limits() if (row.seller_id, row.account_id) == (seller_id, account_id)),
            None,
        )
        row: dict[str, Any] = {
            name: int(value) if name in WHOLE and value is not None else value
            for name in NUMBERS
            for value in (values.get(name),)
        }
        changes = {
            name: [_text(getattr(before, name, None)), _text(value)]
            for name, value in row.items()
            if getattr(before, name, None) != value
        }
        if not changes:
            return
        row.update(
            id=new_id(),
            seller_id=seller_id,
            account_id=account_id,
            updated_by=context_of(self._session).actor.name,
            updated_at=now(),
        )
        limits_id = await self._store.put_limits(row)
        await outbox.record(self._session, LimitsChanged(seller_id=seller_id, subject_id=limits_id, changes=changes))


def _problems(values: Mapping[str, Decimal | int | None]) -> dict[str, str]:
    problems: dict[str, str] = {}
    for name, value in values.items():
        most = 100 if name in SHARES else MOST
        if value is None:
            continue
        whole = value == int(value) if name in WHOLE and Decimal(value).is_finite() else True
        if not (Decimal(value).is_finite() and 0 <= value <= most and whole):
            problems[name] = gettext(N_("Enter a number from {least} to {most}.")).format(least=0, most=most)
    return problems


def _text(value: Decimal | int | None) -> str | None:
    return None if value is None else str(value)
