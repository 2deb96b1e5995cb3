"""The prices of offers, as pricing, pages, the API and jobs use them."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from decimal import Decimal
from uuid import UUID

from entrepot.kit import outbox
from entrepot.kit.clock import now
from entrepot.kit.database import context_of
from entrepot.kit.errors import InvalidInputError
from entrepot.kit.ids import new_id
from entrepot.kit.money import round_money
from entrepot.kit.sentence import Sentence
from entrepot.kit.text import N_
from entrepot.offers.errors import OfferNotFoundError
from entrepot.offers.prices.deciding import PriceWork
from entrepot.offers.prices.domain import MOST
from entrepot.offers.prices.errors import PriceChangedError
from entrepot.offers.prices.events import PriceLocked, PricesHeld
from entrepot.offers.prices.rows import PriceRow
from entrepot.offers.prices.wanting import Guard, PriceOutcome, WantedPrice

NOT_POSITIVE = N_("A price must be more than 0 and at most {most}.")
TOO_FINE = N_("{price} has more decimals than {currency} has.")
OTHER_CURRENCY = N_("This offer is priced in {currency}, not in {given}.")
NOT_TOLD = N_("This channel takes no prices from us.")
NO_OFFER = N_("There is no such offer.")
LONGEST_REASON = 500


class PriceService(PriceWork):
    """Every use case of prices that does not talk to a channel, but for lists, schedules and changes of many."""

    async def want(self, prices: Sequence[WantedPrice], *, guard: Guard | None = None) -> list[PriceOutcome]:
        """Say what offers should cost; the strongest of all who say so counts (manual, schedule, list, rule).

        In the caller's transaction, for thousands at once.  What changes is sent by a job after the commit.  Asking for
        the same again changes nothing.

        Args:
            prices: each offer at most once.
            guard: looks at what is about to change and may refuse single prices, which are then not stored.

        Returns:
            One outcome per price, in their order.
        """
        rows = await self._lock_rows([wanted.offer_id for wanted in prices])
        refused: dict[UUID, Sentence] = {}
        after: list[PriceRow] = []
        able = await self._can_tell()
        for wanted in prices:
            row = rows.get(wanted.offer_id)
            problem = _problem(wanted, row, able)
            if problem is not None or row is None:
                refused[wanted.offer_id] = problem or Sentence(NO_OFFER)
                continue
            after.append(self._taken(row, wanted))
        turned = await self._turn(after, guard=guard, before=rows)
        refused.update(turned.refused)
        locked = [
            PriceLocked(
                seller_id=row.seller_id,
                subject_id=row.offer_id,
                price=row.manual_price,
                before=rows[row.offer_id].manual_price if rows[row.offer_id].locked else None,
                currency=row.currency,
                reason=row.manual_reason,
            )
            for row in after
            if row.locked
            and row.offer_id not in refused
            and row != rows[row.offer_id]
            and row.locked_at != rows[row.offer_id].locked_at
        ]
        await outbox.record(self._session, *locked)
        outcomes: list[PriceOutcome] = []
        for wanted in prices:
            if wanted.offer_id in refused:
                outcomes.append(PriceOutcome(offer_id=wanted.offer_id, refused=refused[wanted.offer_id]))
                continue
            decided = turned.decided[wanted.offer_id]
            outcomes.append(
                PriceOutcome(
                    offer_id=wanted.offer_id,
                    changed=wanted.offer_id in turned.changed,
                    price=decided.price,
                    source=decided.source,
                )
            )
        return outcomes

    def _taken(self, row: PriceRow, wanted: WantedPrice) -> PriceRow:
        if wanted.source == "rule":
            return replace(
                row,
                rule_price=wanted.price,
                rule_source_id=wanted.source_id,
                rule_derivation=wanted.derivation,
                rule_at=now(),
            )
        return replace(
            row,
            locked=True,
            manual_price=wanted.price,
            manual_reason=wanted.reason[:LONGEST_REASON],
            locked_by=context_of(self._session).actor.name,
            locked_at=now(),
        )

    async def withdraw(self, offer_ids: Collection[UUID]) -> int:
        """Forget what pricing wanted for offers; return for how many something else counts now."""
        rows = await self._lock_rows(offer_ids)
        turned = await self._turn(
            [
                replace(row, rule_price=None, rule_source_id=None, rule_derivation=None, rule_at=None)
                for row in rows.values()
                if row.rule_price is not None
            ]
        )
        return len(turned.changed)

    async def withdraw_unsent(self, seller_id: UUID, *, account_id: UUID | None = None) -> list[UUID]:
        """Forget what pricing wanted and no channel was told yet; return of which offers."""
        offer_ids = await self._prices.unsent_rule_prices(seller_id, account_id)
        await self.withdraw(offer_ids)
        return offer_ids

    async def lock(
        self, offer_id: UUID, price: Decimal, *, reason: str = "", currency: str = "", version: int | None = None
    ) -> PriceOutcome:
        """Set a price by hand; nothing changes it until a person lets go.

        Raises:
            InvalidInputError: the price cannot be.
            OfferNotFoundError: there is no such offer.
            PriceChangedError: *version* is not the present one.
        """
        row = await self._row(offer_id, version)
        wanted = WantedPrice(
            offer_id=offer_id,
            price=price,
            currency=currency or row.currency,
            source="manual",
            derivation={},
            reason=reason,
        )
        (outcome,) = await self.want([wanted])
        if outcome.refused is not None:
            raise InvalidInputError({"price": outcome.refused.shown})
        await self._prices.changed_by_person([offer_id])
        return outcome

    async def release(self, offer_ids: Collection[UUID], *, version: int | None = None) -> int:
        """Let go of prices that were set by hand; schedules, lists and rules count again.  Return how many there were.

        Raises:
            PriceChangedError: *version* is not the present one.
        """
        rows = await self._lock_rows(offer_ids)
        if version is not None and any(row.version != version for row in rows.values()):
            raise PriceChangedError
        let_go = [row for row in rows.values() if row.locked]
        await self._turn([replace(row, locked=False) for row in let_go])
        await self._prices.changed_by_person([row.offer_id for row in let_go])
        await outbox.record(
            self._session,
            *(
                PriceLocked(
                    seller_id=row.seller_id,
                    subject_id=row.offer_id,
                    price=None,
                    before=row.manual_price,
                    currency=row.currency,
                    reason="",
                )
                for row in let_go
            ),
        )
        return len(let_go)

    async def refresh(self, offer_ids: Collection[UUID]) -> int:
        """Decide anew about offers, because a list, a schedule or their product changed; return how many changed."""
        rows = await self._lock_rows(offer_ids)
        return len((await self._turn(list(rows.values()))).changed)

    async def publish_now(self, offer_id: UUID) -> UUID:
        """Tell the channel the price of an offer now, even if it refused it before; return the run.

        Raises:
            OfferNotFoundError: there is no such offer.
            AccountPausedError, AccountImportOnlyError: nothing is sent to the account.
        """
        row = await self._row(offer_id, None)
        account = await self._channels.account(row.account_id)
        account.require_write()
        await self._prices.forgive_offers([offer_id])
        return await self._publish(account.seller_id, account.id)

    # Stopping

    async def hold(self, seller_id: UUID, *, account_id: UUID | None = None, reason: str) -> bool:
        """Send no price any more until :meth:`resume`: what is wanted goes on to be decided.

        Args:
            seller_id: whose.
            account_id: only on this account; None: on every account of the seller.
            reason: shown to people.

        Returns:
            False if it was held before.
        """
        held_by = context_of(self._session).actor.name
        made = await self._prices.add_hold(
            {"id": new_id(), "seller_id": seller_id, "account_id": account_id, "reason": reason, "held_by": held_by}
        )
        if made:
            await self._record_hold(seller_id, account_id, held=True, reason=reason)
        return made

    async def resume(self, seller_id: UUID, *, account_id: UUID | None = None) -> bool:
        """Send prices again, what became due meanwhile first; return False if nothing was held."""
        removed = await self._prices.remove_hold(seller_id, account_id)
        if removed:
            await self._record_hold(seller_id, account_id, held=False, reason="")
            await self.publish_due(seller_id)
        return removed

    async def _record_hold(self, seller_id: UUID, account_id: UUID | None, *, held: bool, reason: str) -> None:
        event = PricesHeld(
            seller_id=seller_id,
            subject_id=seller_id,
            held=held,
            account_id="" if account_id is None else str(account_id),
            reason=reason,
        )
        await outbox.record(self._session, event)

    # One offer

    async def _row(self, offer_id: UUID, version: int | None) -> PriceRow:
        found = await self._lock_rows([offer_id])
        if not found:
            raise OfferNotFoundError(offer=offer_id)
        if version is not None and version != found[offer_id].version:
            raise PriceChangedError
        return found[offer_id]


def price_problem(price: Decimal, currency: str) -> Sentence | None:
    """Return why this can be no price, or None."""
    if not (price.is_finite() and 0 < price <= MOST):
        return Sentence(NOT_POSITIVE, {"most": str(MOST)})
    if round_money(price, currency) != price:
        return Sentence(TOO_FINE, {"price": str(price), "currency": currency})
    return None


def checked_price(price: Decimal, currency: str, field: str = "price") -> Decimal:
    """Return *price*, which a person entered.

    Raises:
        InvalidInputError: it can be none.
    """
    problem = price_problem(price, currency)
    if problem is not None:
        raise InvalidInputError({field: problem.shown})
    return price


def _problem(wanted: WantedPrice, row: PriceRow | None, able: Collection[UUID]) -> Sentence | None:
    if row is None:
        return Sentence(NO_OFFER)
    if row.account_id not in able:
        return Sentence(NOT_TOLD)
    if wanted.currency != row.currency:
        return Sentence(OTHER_CURRENCY, {"currency": row.currency, "given": wanted.currency})
    return price_problem(wanted.price, wanted.currency)
