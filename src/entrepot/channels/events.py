"""What happens to channel accounts and to what they receive."""

from typing import ClassVar

from entrepot.kit.outbox import Event


class AccountConnected(Event, frozen=True, kw_only=True):
    """A new account can be used."""

    topic: ClassVar[str] = "channels.account_connected"
    subject_kind: ClassVar[str] = "channel_account"

    channel: str
    name: str


class AccountChanged(Event, frozen=True, kw_only=True):
    """Name, prefix, warehouse or credentials were changed."""

    topic: ClassVar[str] = "channels.account_changed"
    subject_kind: ClassVar[str] = "channel_account"

    name: str
    credentials_changed: bool


class AccountModeChanged(Event, frozen=True, kw_only=True):
    """The account was paused, or what it may do was changed."""

    topic: ClassVar[str] = "channels.account_mode_changed"
    subject_kind: ClassVar[str] = "channel_account"

    name: str
    before: str
    after: str


class ImportRequested(Event, frozen=True, kw_only=True):
    """A person does not want to wait for the next import."""

    topic: ClassVar[str] = "channels.import_requested"
    subject_kind: ClassVar[str] = "channel_account"

    name: str


class AccountHealthChanged(Event, frozen=True, kw_only=True):
    """Talking to the channel began to fail, or works again."""

    topic: ClassVar[str] = "channels.account_health_changed"
    subject_kind: ClassVar[str] = "channel_account"

    name: str
    before: str
    after: str
    reason: str


class DocumentsReceived(Event, frozen=True, kw_only=True):
    """An account brought something new."""

    topic: ClassVar[str] = "channels.documents_received"
    subject_kind: ClassVar[str] = "channel_account"

    kind: str
    count: int


class DocumentsNeedAttention(Event, frozen=True, kw_only=True):
    """Some documents cannot be used as they are."""

    topic: ClassVar[str] = "channels.documents_need_attention"
    subject_kind: ClassVar[str] = "channel_account"

    kind: str
    count: int


class DocumentReleased(Event, frozen=True, kw_only=True):
    """A person asked to try a document again; whoever imports documents of this kind should do it soon."""

    topic: ClassVar[str] = "channels.document_released"
    subject_kind: ClassVar[str] = "inbox_document"

    account_id: str
    kind: str
    document_id: str


class DocumentIgnored(Event, frozen=True, kw_only=True):
    """A person decided that a document is not to be used."""

    topic: ClassVar[str] = "channels.document_ignored"
    subject_kind: ClassVar[str] = "inbox_document"

    account_id: str
    kind: str
    document_id: str


class OrderNoticed(Event, frozen=True, kw_only=True):
    """The channel told us that an order is new or changed; whoever imports should look at it soon."""

    topic: ClassVar[str] = "channels.order_noticed"
    subject_kind: ClassVar[str] = "channel_account"

    account_id: str
    channel_order_id: str


class ProcessNoticed(Event, frozen=True, kw_only=True):
    """The channel told us that something we asked for is done, or failed."""

    topic: ClassVar[str] = "channels.process_noticed"
    subject_kind: ClassVar[str] = "channel_account"

    account_id: str
    ref: str


class OfferNoticed(Event, frozen=True, kw_only=True):
    """The channel told us that an offer changed."""

    topic: ClassVar[str] = "channels.offer_noticed"
    subject_kind: ClassVar[str] = "channel_account"

    account_id: str
    channel_offer_id: str


class CompetingNoticed(Event, frozen=True, kw_only=True):
    """The channel told us that others ask something else for a product."""

    topic: ClassVar[str] = "channels.competing_noticed"
    subject_kind: ClassVar[str] = "channel_account"

    account_id: str
    gtin: str


class ReturnNoticed(Event, frozen=True, kw_only=True):
    """The channel told us about a return."""

    topic: ClassVar[str] = "channels.return_noticed"
    subject_kind: ClassVar[str] = "channel_account"

    account_id: str
    ref: str


class CredentialsEndSoon(Event, frozen=True, kw_only=True):
    """The credentials stop working in some days: a person has to make new ones."""

    topic: ClassVar[str] = "channels.credentials_end_soon"
    subject_kind: ClassVar[str] = "channel_account"

    name: str
    ends_at: str
    days: int
