"""Rules of choice: made, changed, put in another order, removed."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.fulfilment.account_services import AccountServices
from entrepot.fulfilment.carriage import choice
from entrepot.fulfilment.carriage.choice import Rule
from entrepot.fulfilment.carriage.errors import RuleFormError, RuleNotFoundError
from entrepot.fulfilment.carriage.events import RulesChanged
from entrepot.fulfilment.carriage.repository import RuleRepository
from entrepot.fulfilment.repository import CarrierRepository
from entrepot.kit import outbox
from entrepot.kit.ids import new_id
from entrepot.kit.text import N_

MOST_RULES = 200
MOST_COUNTRIES = 60
HEAVIEST_G = 1_000_000
DEAREST = Decimal(10_000_000)
LATEST = 365

COUNTRY_CODES = N_("Give countries as two letters, separated by commas, such as DE, AT.")
NUMBER = N_("Enter a number.")
BACKWARDS = N_("This is less than where it begins.")
CHOOSE = N_("Choose what carries the parcel.")
TOO_MANY = N_("There are 200 rules already. Remove one first.")


class Rules:
    """Use cases of rules."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._rules = RuleRepository(session)

    async def all(self, seller_id: UUID) -> list[Rule]:
        """Return a seller's rules in their order."""
        return await self._rules.rules(seller_id)

    async def rule(self, rule_id: UUID) -> Rule:
        """Return one rule.

        Raises:
            RuleNotFoundError: there is none, or it is somebody else's.
        """
        found = await self._rules.rule(rule_id)
        if found is None:
            raise RuleNotFoundError(rule=str(rule_id))
        return found

    async def save(self, seller_id: UUID, values: Mapping[str, str], rule_id: UUID | None = None) -> Rule:
        """Make or change a rule; a new one goes last.

        Raises:
            RuleFormError: a field makes no sense.
        """
        old = await self.rule(rule_id) if rule_id is not None else None
        rules = await self._rules.rules(seller_id, lock=True)
        if old is None and len(rules) >= MOST_RULES:
            raise RuleFormError({"carrier": TOO_MANY})
        rule = await self._read(seller_id, values, old, len(rules) + 1)
        await self._rules.save(rule)
        await self._changed(seller_id)
        return rule

    async def move(self, rule_id: UUID, to: int) -> None:
        """Put a rule at another place, counted from 1; the others close up."""
        rule = await self.rule(rule_id)
        rules = await self._rules.rules(rule.seller_id, lock=True)
        await self._rules.place(choice.moved(rules, rule_id, to))
        await self._changed(rule.seller_id)

    async def switch(self, rule_id: UUID, *, active: bool) -> None:
        """Let a rule count, or not."""
        rule = await self.rule(rule_id)
        await self._rules.save(msgspec.structs.replace(rule, active=active))
        await self._changed(rule.seller_id)

    async def remove(self, rule_id: UUID) -> None:
        """Remove a rule; what it chose keeps its explanation."""
        rule = await self.rule(rule_id)
        rules = await self._rules.rules(rule.seller_id, lock=True)
        await self._rules.remove(rule_id)
        await self._rules.place([one.id for one in rules if one.id != rule_id])
        await self._changed(rule.seller_id)

    async def _changed(self, seller_id: UUID) -> None:
        await outbox.record(self._session, RulesChanged(seller_id=seller_id, subject_id=seller_id))

    async def _read(self, seller_id: UUID, values: Mapping[str, str], old: Rule | None, last: int) -> Rule:
        problems: dict[str, str] = {}
        countries = tuple(code.upper() for code in values.get("countries", "").replace(",", " ").split())
        if any(len(code) != 2 or not code.isalpha() or not code.isascii() for code in countries):  # noqa: PLR2004 -- letters
            problems["countries"] = COUNTRY_CODES
        least_kg, most_kg = _pair(values, "kg", Decimal(HEAVIEST_G) / 1000, problems)
        least_value, most_value = _pair(values, "value", DEAREST, problems)
        least_days, most_days = _pair(values, "days", Decimal(LATEST), problems)
        account_id, service = await self._result(seller_id, values, problems)
        channel = values.get("channel_account_id", "")
        try:
            channel_id = UUID(channel) if channel else None
        except ValueError:
            channel_id = None
            problems["channel_account_id"] = CHOOSE
        if problems or account_id is None:
            raise RuleFormError(problems)
        return Rule(
            id=old.id if old else new_id(),
            seller_id=seller_id,
            position=old.position if old else last,
            active=old.active if old else True,
            countries=countries[:MOST_COUNTRIES],
            least_g=None if least_kg is None else int(least_kg * 1000),
            most_g=None if most_kg is None else int(most_kg * 1000),
            least_value=least_value,
            most_value=most_value,
            channel_account_id=channel_id,
            least_days=None if least_days is None else int(least_days),
            most_days=None if most_days is None else int(most_days),
            carrier_account_id=account_id,
            service=service,
        )

    async def _result(
        self, seller_id: UUID, values: Mapping[str, str], problems: dict[str, str]
    ) -> tuple[UUID | None, str]:
        """Return what carries the parcel: ``carrier`` is the account's id and its service, with a colon between."""
        written, _, service = values.get("carrier", "").partition(":")
        accounts = {str(one.id): one for one in await CarrierRepository(self._session).all(seller_id)}
        account = accounts.get(written)
        services = (await AccountServices(self._session).of([account]))[account.id] if account else ()
        if account is None or service not in {one.code for one in services}:
            problems["carrier"] = CHOOSE
            return None, ""
        return account.id, service


def _pair(
    values: Mapping[str, str], what: str, most: Decimal, problems: dict[str, str]
) -> tuple[Decimal | None, Decimal | None]:
    """Return ``least_<what>`` and ``most_<what>``, with a comma or a point."""
    found: list[Decimal | None] = []
    for name in (f"least_{what}", f"most_{what}"):
        written = values.get(name, "").replace(",", ".").strip()
        try:
            number = Decimal(written) if written else None
        except InvalidOperation:
            number = Decimal("NaN")
        if number is not None and (not number.is_finite() or not 0 <= number <= most):
            problems[name] = NUMBER
            number = None
        found.append(number)
    least, up_to = found
    if least is not None and up_to is not None and up_to < least:
        problems[f"most_{what}"] = BACKWARDS
    return least, up_to
