"""What users do with their alerts."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.kit.errors import InvalidInputError
from entrepot.kit.i18n import gettext
from entrepot.kit.ids import new_id
from entrepot.kit.money import CURRENCIES
from entrepot.kit.text import N_
from entrepot.pricewatch.alerts.domain import STOCK, AlertKind, Basis, Direction
from entrepot.pricewatch.alerts.errors import AlertChangedError, AlertNotFoundError, TooManyAlertsError
from entrepot.pricewatch.alerts.evaluating import Evaluation
from entrepot.pricewatch.alerts.models import PriceAlert
from entrepot.pricewatch.alerts.repository import ALERT, AlertRepository, AlertRow
from entrepot.pricewatch.watching.service import WatchService

MOST_ALERTS = 2000
LARGEST = Decimal(10_000_000)
MOST_PERCENT = Decimal(1000)
MOST_DAYS = 730
USUAL_DAYS = 90
COLUMNS = tuple(column.removeprefix("a.") for column in ALERT.split(", "))


class AlertService:
    """The alerts of one user."""

    def __init__(self, session: AsyncSession, user_id: UUID) -> None:
        self._session = session
        self._user_id = user_id
        self._repository = AlertRepository(session)

    async def add(
        self,
        seller_id: UUID,
        given: Mapping[str, Any],
        *,
        listing_id: UUID | None = None,
        watched_product_id: UUID | None = None,
        group_id: UUID | None = None,
    ) -> UUID:
        """Make an alert; one that is true already tells its user at once.

        Args:
            seller_id: whose prices.
            given: ``kind``, ``direction``, ``basis``, ``threshold``, ``currency``, ``days``, ``again``, as in a form.
            listing_id: look at one page alone,
            watched_product_id: or at one product,
            group_id: or at one group; none of them: at everything.

        Raises:
            InvalidInputError: it says which field and why.
            TooManyAlertsError: nobody reads so many.
            ListingNotFoundError: and the like.
        """
        count = await self._repository.count(self._user_id)
        if count >= MOST_ALERTS:
            raise TooManyAlertsError(count=count)
        values = read(given)
        product_id = watched_product_id
        if listing_id is not None:
            listing = await WatchService(self._session).listing(listing_id)
            seller_id, product_id, watched_product_id = listing.seller_id, listing.watched_product_id, None
        elif watched_product_id is not None:
            seller_id = (await WatchService(self._session).product(watched_product_id)).seller_id
        alert = PriceAlert(
            id=new_id(),
            seller_id=seller_id,
            user_id=self._user_id,
            listing_id=listing_id,
            watched_product_id=watched_product_id,
            group_id=group_id,
            enabled=True,
            version=1,
            **values,
        )
        await self._repository.add(alert)
        if product_id is not None:
            await Evaluation(self._session).begin(row_of(alert), product_id)
        return alert.id

    async def change(self, alert_id: UUID, given: Mapping[str, Any], *, version: int | None = None) -> None:
        """Let an alert wait for something else; it begins anew.

        Raises:
            InvalidInputError: it says which field and why.
            AlertChangedError: *version* is not the present one.
            AlertNotFoundError: it is not theirs.
        """
        alert = await self._own(alert_id, version)
        for name, value in read(given).items():
            setattr(alert, name, value)
        alert.version += 1
        await self._begin_anew(alert)

    async def switch(self, alert_id: UUID, *, on: bool) -> None:
        """Let an alert rest, or look again; what happened meanwhile is not told.

        Raises:
            AlertNotFoundError: it is not theirs.
        """
        alert = await self._own(alert_id)
        if alert.enabled == on:
            return
        alert.enabled = on
        alert.version += 1
        await self._begin_anew(alert)

    async def remove(self, alert_id: UUID) -> None:
        """Remove an alert; what it told stays to be read.

        Raises:
            AlertNotFoundError: it is not theirs.
        """
        await self._repository.remove(await self._own(alert_id))

    async def _own(self, alert_id: UUID, version: int | None = None) -> PriceAlert:
        found = await self._repository.alert(alert_id, lock=True)
        if found is None or found.user_id != self._user_id:
            raise AlertNotFoundError(alert=alert_id)
        if version is not None and version != found.version:
            raise AlertChangedError
        return found

    async def _begin_anew(self, alert: PriceAlert) -> None:
        await self._session.flush()
        await self._repository.forget_states(alert.id)
        if not alert.enabled:
            return
        product_id = alert.watched_product_id
        if alert.listing_id is not None:
            product_id = (await WatchService(self._session).listing(alert.listing_id)).watched_product_id
        if product_id is not None:
            await Evaluation(self._session).begin(row_of(alert), product_id)


def row_of(alert: PriceAlert) -> AlertRow:
    """Return an alert as it is looked at."""
    return AlertRow(**{name: getattr(alert, name) for name in COLUMNS})


def read(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns of an alert.

    Raises:
        InvalidInputError: it says which field and why.
    """
    problems: dict[str, str] = {}
    kind = _one_of(AlertKind, given, "kind", AlertKind.TARGET, problems)
    direction = _one_of(Direction, given, "direction", Direction.DOWN, problems)
    basis = _one_of(Basis, given, "basis", Basis.BEST, problems)
    if kind in STOCK or kind in {AlertKind.LOWEST, AlertKind.FAILING}:
        direction = Direction.DOWN
    if kind is AlertKind.TARGET and direction is Direction.EITHER:
        problems["direction"] = gettext(N_("A target is reached from above or from below; choose one."))
    threshold, currency = Decimal(0), ""
    if kind in {AlertKind.TARGET, AlertKind.AMOUNT, AlertKind.PERCENT}:
        most = MOST_PERCENT if kind is AlertKind.PERCENT else LARGEST
        threshold = _number(given, "threshold", most, problems) or Decimal(0)
        if threshold <= 0:
            problems.setdefault("threshold", gettext(N_("Enter a number above 0.")))
    if kind in {AlertKind.TARGET, AlertKind.AMOUNT}:
        currency = str(given.get("currency") or "").strip().upper()
        if currency not in CURRENCIES:
            problems["currency"] = gettext(N_("Enter a currency as EUR."))
    days = 0
    if kind is AlertKind.LOWEST:
        days = _days(given, problems)
    again = None
    if kind in {AlertKind.TARGET, AlertKind.LOWEST}:
        again = _number(given, "again", Decimal(100), problems)
    if problems:
        raise InvalidInputError(problems)
    return {
        "kind": str(kind),
        "direction": str(direction),
        "basis": str(basis),
        "threshold": threshold,
        "currency": currency,
        "days": max(1, days) if days else 0,
        "again": again or None,
    }


def _one_of[E: (AlertKind, Direction, Basis)](
    choices: type[E], given: Mapping[str, Any], name: str, usual: E, problems: dict[str, str]
) -> E:
    written = str(given.get(name) or usual)
    try:
        return choices(written)
    except ValueError:
        problems[name] = gettext(N_("Choose one of the list."))
        return usual


def _days(given: Mapping[str, Any], problems: dict[str, str]) -> int:
    written = _number(given, "days", Decimal(MOST_DAYS), problems) or Decimal(USUAL_DAYS)
    if written != int(written):
        problems["days"] = gettext(N_("Enter a whole number from {least} to {most}.")).format(least=1, most=MOST_DAYS)
    return int(written)


def _number(given: Mapping[str, Any], name: str, most: Decimal, problems: dict[str, str]) -> Decimal | None:
    """Return a number as people write it, with a comma or a point; None: nothing was written."""
    written = str(given.get(name) if given.get(name) is not None else "").strip().replace(" ", "")
    if not written:
        return None
    try:
        value = Decimal(written.replace(",", ".") if written.count(",") <= 1 and "." not in written else written)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or not 0 <= value <= most:
        problems[name] = gettext(N_("Enter a number from 0 to {most}.")).format(most=most)
        return None
    return value.quantize(Decimal("0.0001"))
