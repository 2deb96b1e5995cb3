"""Chooses the carrier of a parcel by the seller's rules, and remembers why."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.channels.service import ChannelService
from entrepot.fulfilment.account_services import AccountServices
from entrepot.fulfilment.carriage import choice
from entrepot.fulfilment.carriage.choice import Reason, Rule, Situation, Verdict
from entrepot.fulfilment.carriage.errors import NoRuleError
from entrepot.fulfilment.carriage.repository import RuleRepository
from entrepot.fulfilment.errors import NoCarrierError
from entrepot.fulfilment.refs import CarrierAccountRef, ParcelRef
from entrepot.fulfilment.registry import carriers
from entrepot.fulfilment.repository import CarrierRepository
from entrepot.kit import i18n
from entrepot.kit.clock import now
from entrepot.kit.database import context_of
from entrepot.kit.text import N_
from entrepot.orders.service import OrderRef

BY_HAND = N_("{who} chose {result}")
ONLY_ONE = N_("There are no rules: {result}, the first account by name")
SEPARATOR = ", "


@dataclass(frozen=True, slots=True)
class Chosen:
    """Who carries a parcel, and why."""

    account: CarrierAccountRef
    service: str
    reason: Reason
    rule_id: UUID | None = None


class Choosing:
    """Choices within one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._rules = RuleRepository(session)

    async def choose(self, order: OrderRef, parcel: ParcelRef) -> Chosen:
        """Return the carrier of a parcel: of the first rule that fits and whose account can carry it.

        Raises:
            NoCarrierError: no account serves the order.
            NoRuleError: there are rules, and none fits.
        """
        usable = await self._usable(order)
        if not usable:
            raise NoCarrierError
        rules = [rule for rule in await self._rules.rules(order.seller_id) if rule.active]
        if not rules:
            account = next(iter(usable.values()))
            result = await self.result(account, account.default_service)
            return Chosen(account, account.default_service, Reason(ONLY_ONE, {"result": result}))
        services = await AccountServices(self._session).of(usable.values())
        for verdict in choice.judge_all(rules, situation_of(order, parcel.weight_g)):
            rule = verdict.rule
            chosen = usable.get(rule.carrier_account_id)
            if (
                verdict.fits
                and chosen is not None
                and parcel.weight_g <= carriers()[chosen.carrier].heaviest_g
                and rule.service in {service.code for service in services[chosen.id]}
            ):
                return Chosen(chosen, rule.service, await self.explain(rule, chosen), rule.id)
        raise NoRuleError(
            count=len(rules), number=parcel.number, country=order.ship_country or "?", weight=parcel.weight_g
        )

    async def by_hand(self, account: CarrierAccountRef, service: str) -> Chosen:
        """Return what a person chose."""
        who = context_of(self._session).actor.name
        return Chosen(account, service, Reason(BY_HAND, {"who": who, "result": await self.result(account, service)}))

    async def keep(self, shipment_id: UUID, seller_id: UUID, chosen: Chosen) -> None:
        """Remember why a shipment goes with its carrier."""
        await self._rules.keep_choice(
            {
                "shipment_id": shipment_id,
                "seller_id": seller_id,
                "rule_id": chosen.rule_id,
                "message": chosen.reason.message,
                "facts": chosen.reason.facts,
            }
        )

    async def judge(self, seller_id: UUID, situation: Situation) -> list[Verdict]:
        """Say of each active rule whether it fits, to try rules."""
        return choice.judge_all(await self._rules.rules(seller_id), situation)

    async def explain(self, rule: Rule, account: CarrierAccountRef | None) -> Reason:
        """Return “Rule 3: to DE, up to 5 kg → DHL · Paket”."""
        channel = ""
        if rule.channel_account_id is not None:
            known = {one.id: one.name for one in await ChannelService(self._session).accounts(seller_id=rule.seller_id)}
            channel = known.get(rule.channel_account_id, "")
        said = SEPARATOR.join(written(reason) for reason in choice.conditions(rule, channel))
        result = await self.result(account, rule.service) if account is not None else rule.service
        return Reason(choice.FITS, {"place": rule.position, "conditions": said, "result": result})

    async def result(self, account: CarrierAccountRef, service: str) -> str:
        """Return account and service as people read them."""
        services = (await AccountServices(self._session).of([account]))[account.id]
        name = next((one.name for one in services if one.code == service), service)
        return f"{account.name} · {i18n.gettext(name)}"

    async def _usable(self, order: OrderRef) -> dict[UUID, CarrierAccountRef]:
        installed = carriers()
        return {
            one.id: one
            for one in await CarrierRepository(self._session).all(order.seller_id)
            if one.active and one.carrier in installed and installed[one.carrier].serves(order.channel)
        }


def situation_of(order: OrderRef, weight_g: int) -> Situation:
    """Return what rules look at."""
    return Situation(
        country=order.ship_country,
        weight_g=weight_g,
        value=order.total,
        channel_account_id=order.channel_account_id,
        days_left=choice.days_left(order.ship_by, now()),
    )


def written(reason: Reason) -> str:
    """Return a reason in the reader's language."""
    return i18n.gettext(reason.message).format(**reason.facts)
