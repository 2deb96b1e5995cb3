"""What a seller is told by itself, and where."""

from datetime import datetime

import msgspec

from entrepot.sandbox.marketplace.entities import Subscription, SubscriptionInstruction
from entrepot.sandbox.marketplace.refusal import Refused
from entrepot.sandbox.store import Store

_MOST_WAITING = 10_000


class Notice(msgspec.Struct):
    """Something that happened, on its way to one subscription."""

    subscription_id: str
    resource: str
    event_type: str
    resource_id: str
    at: datetime
    attempts: int = 0
    due: datetime | None = None
    """Of the next attempt."""


class SubscriptionBook:
    """Subscriptions, and the notices that wait to be sent."""

    def __init__(self, kind: str, store: Store) -> None:
        self._kind = kind
        self._store = store
        self._all = {found.subscription_id: found for found in store.load(kind, Subscription)}
        self._numbers = 0
        self.waiting: list[Notice] = []

    @property
    def active(self) -> list[Subscription]:
        """Those that were not ended."""
        return [found for found in self._all.values() if found.url]

    def new_id(self) -> str:
        self._numbers = max(self._numbers, len(self._all)) + 1  # two may be asked for before the first is carried out
        return str(self._numbers)

    def get(self, subscription_id: str) -> Subscription | None:
        found = self._all.get(subscription_id)
        return found if found is not None and found.url else None

    def carry_out(self, wish: SubscriptionInstruction) -> None:
        """Begin, change or end a subscription."""
        if wish.event_type == "SEND_SUBSCRIPTION_TST_MSG":
            return
        if wish.event_type != "CREATE_SUBSCRIPTION" and self.get(wish.subscription_id) is None:
            raise Refused(f"Subscription {wish.subscription_id} does not exist.")
        if wish.event_type == "CREATE_SUBSCRIPTION" and any(one.url == wish.url for one in self.active):
            raise Refused(f"There is a subscription to {wish.url} already.")
        self._put(Subscription(wish.subscription_id, wish.url, wish.resources, wish.enabled))

    def disable(self, subscription_id: str) -> None:
        """Switch off what cannot be delivered."""
        found = self.get(subscription_id)
        if found is not None:
            found.enabled = False
            self._put(found)

    def note(self, resource: str, event_type: str, resource_id: str, at: datetime) -> None:
        """Have everybody told who wants to know."""
        self.waiting += [
            Notice(one.subscription_id, resource, event_type, resource_id, at)
            for one in self.active
            if one.enabled and resource in one.resources
        ]
        del self.waiting[:-_MOST_WAITING]

    def _put(self, subscription: Subscription) -> None:
        self._all[subscription.subscription_id] = subscription
        self._store.put(self._kind, subscription.subscription_id, subscription)
