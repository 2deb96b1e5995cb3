"""Offers as pages, the API and jobs use them."""

from datetime import timedelta
from uuid import UUID

from entrepot.jobs import service as jobs
from entrepot.kit import outbox
from entrepot.kit.errors import InvalidInputError
from entrepot.kit.i18n import gettext
from entrepot.kit.text import N_
from entrepot.offers.deciding import Deciding
from entrepot.offers.domain import MOST
from entrepot.offers.errors import NotOurStockError, OfferGoneError, RulesChangedError, UnmatchedOfferError
from entrepot.offers.events import AccountRulesChanged, OfferChanged
from entrepot.offers.listing import Listing
from entrepot.offers.rows import OfferRow
from entrepot.offers.rules_repository import RulesRow
from entrepot.offers.tasks import RefreshOffers, SampleOffers

LONGEST_AGE = 60 * 24 * 30
WHOLE = N_("Enter a whole number from 0 to {most}, or nothing for none.")


class OfferService(Listing):
    """Every use case of offers that does not talk to a channel."""

    # What people decide

    async def change(
        self,
        offer_id: UUID,
        *,
        maximum: int | None,
        paused: bool,
        buffer: int | None = None,
        version: int | None = None,
    ) -> None:
        """Set what holds units of an offer back; None: as the product and the account say.

        Args:
            offer_id: which.
            maximum: the most that the channel is told.
            paused: the channel is told that there is nothing.
            buffer: units withheld, instead of those of the product and the account.
            version: refuse unless it is the present one.

        Raises:
            InvalidInputError: a number is negative, or more than any channel is told.
            OfferChangedError: *version* is not the present one.
        """
        _check(maximum=maximum, buffer=buffer)
        row = await self._row(offer_id, version)
        await self._change([row], {"maximum": maximum, "paused": paused, "buffer": buffer})

    async def pause_product(self, product_id: UUID, *, paused: bool) -> int:
        """Keep every offer of a product at nothing, or let them all go on; return how many changed."""
        rows = [row for row in await self._offers.lock_of_product(product_id) if row.paused != paused]
        for row in rows:
            await self._change([row], {"maximum": row.maximum, "paused": paused, "buffer": row.buffer})
        return len(rows)

    async def _change(self, rows: list[OfferRow], values: dict[str, int | bool | None]) -> None:
        for row in rows:
            changes = {
                name: [getattr(row, name), after] for name, after in values.items() if getattr(row, name) != after
            }
            if not changes:
                continue
            await self._offers.change(row.id, values)
            await outbox.record(
                self._session, OfferChanged(seller_id=row.seller_id, subject_id=row.id, changes=changes)
            )
            await self.stock_changed(row.seller_id, offer_ids=[row.id])

    async def rules(self, account_id: UUID) -> RulesRow:
        """Return what holds for every offer of an account."""
        account = await self._channels.account(account_id)
        found = await self._rules.find([account.id])
        return found.get(account_id, RulesRow(account_id=account_id))

    async def change_rules(
        self,
        account_id: UUID,
        *,
        buffer: int,
        maximum: int | None,
        paused: bool,
        pause_account: bool = False,
        oldest_minutes: int = 120,
        version: int | None = None,
    ) -> None:
        """Set what holds for every offer of an account that does not say otherwise itself.

        Args:
            account_id: which.
            buffer: units withheld.
            maximum: the most that the channel is told; None: no limit.
            paused: the channel is told that there is nothing of anything.
            pause_account: pause the account once the channel knows that; implies *paused*.
            oldest_minutes: after this, numbers of an ERP are called too old.
            version: refuse unless it is the present one.

        Raises:
            InvalidInputError: a number makes no sense.
            RulesChangedError: *version* is not the present one.
        """
        _check(maximum=maximum, buffer=buffer)
        if not 0 < oldest_minutes <= LONGEST_AGE:
            problem = gettext(N_("Enter a whole number of minutes from 1 to {most}."))
            raise InvalidInputError({"oldest_minutes": problem.format(most=LONGEST_AGE)})
        account = await self._channels.account(account_id)
        before = await self._rules.lock(account_id, account.seller_id)
        if version is not None and version != before.version:
            raise RulesChangedError(name=account.name)
        values: dict[str, int | bool | None] = {
            "buffer": buffer,
            "maximum": maximum,
            "paused": paused or pause_account,
            "pause_account": pause_account,
            "oldest_minutes": oldest_minutes,
        }
        changes = {
            name: [getattr(before, name), after] for name, after in values.items() if getattr(before, name) != after
        }
        if not changes:
            return
        await self._rules.change(account_id, values)
        await outbox.record(
            self._session,
            AccountRulesChanged(seller_id=account.seller_id, subject_id=account_id, name=account.name, changes=changes),
        )
        await self.stock_changed(account.seller_id, account_ids=[account_id])

    async def publish_now(self, offer_id: UUID) -> UUID:
        """Tell the channel its number again, whatever was told before; return the run's id.

        Raises:
            AccountImportOnlyError: the account is not live, so nothing is sent.
            UnmatchedOfferError: it has no product.
            NotOurStockError: the channel counts it.
            OfferGoneError: it is no longer on the channel.
        """
        row = await self._row(offer_id, None)
        if row.state == "gone":
            raise OfferGoneError(offer=row.channel_offer_id)
        if row.fulfilment != "seller":
            raise NotOurStockError(offer=row.channel_offer_id)
        if row.product_id is None:
            raise UnmatchedOfferError(offer=row.channel_offer_id)
        (await self._channels.account(row.account_id)).require_write()
        await self._offers.forget_published([row.id])
        await self._decide(row.seller_id, offer_ids=[row.id])
        return await self._publish(row.seller_id, row.account_id)

    async def refresh(self, account_id: UUID) -> UUID:
        """Read an account's offers from the channel soon; return the run's id."""
        account = await self._channels.account(account_id)
        account.require_read()
        task = RefreshOffers(seller_id=account.seller_id, account_id=account_id)
        return await jobs.enqueue(self._session, task, key=str(account_id))

    async def sample(self, account_id: UUID) -> UUID:
        """Read some of an account's offers back soon; return the run's id."""
        account = await self._channels.account(account_id)
        account.require_read()
        task = SampleOffers(seller_id=account.seller_id, account_id=account_id)
        return await jobs.enqueue(self._session, task, key=str(account_id))

    # What runs do

    async def decide_account(self, account_id: UUID) -> tuple[int, int]:
        """Decide anew about every offer of an account; return how many changed, and how many are due."""
        account = await self._channels.account(account_id)
        changes = await Deciding(self._session).decide(account.seller_id, account_ids=[account_id])
        return len(changes), await self._offers.due(account_id)

    async def compare(self, seller_id: UUID, *, forgive: timedelta) -> int:
        """Decide anew about every offer of a seller, and have sent what is due: what events missed is found here.

        Args:
            seller_id: whose offers.
            forgive: an offer refused longer ago than this is tried again.

        Returns:
            How many accounts have numbers to be sent.
        """
        await self._offers.forgive(seller_id, older_than=forgive)
        await self._decide(seller_id)
        return await self._publish_due(seller_id, None)


def _check(**numbers: int | None) -> None:
    problems = {
        name: gettext(WHOLE).format(most=MOST)
        for name, number in numbers.items()
        if number is not None and not 0 <= number <= MOST
    }
    if problems:
        raise InvalidInputError(problems)
