"""The documents of the API of channels."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from entrepot.channels.accounts import AccountRef, Mode
from entrepot.kit.call_log import RecordedCall

type Name = Annotated[str, Meta(min_length=1, max_length=80)]
type Prefix = Annotated[str, Meta(max_length=12, pattern="^[A-Za-z0-9-]*$")]


class CredentialField(msgspec.Struct):
    """One field of a channel's credentials."""

    name: str
    title: str
    description: str
    required: bool
    secret: bool
    advanced: bool


class Channel(msgspec.Struct):
    """A channel that accounts can be connected on."""

    key: str
    name: str
    website: str
    capabilities: list[str]
    credentials: list[CredentialField]


class Channels(msgspec.Struct):
    """Every channel."""

    items: list[Channel]
    next: str | None = None


class ChannelAccount(msgspec.Struct):
    """A channel account, without its credentials."""

    id: UUID
    seller_id: UUID
    channel: str
    name: str
    prefix: str
    mode: str
    health: str
    known_as: str
    warehouse_id: UUID | None
    last_error: str
    last_error_code: str
    last_error_at: datetime | None
    last_success_at: datetime | None
    last_new: int
    last_attention: int
    connected_at: datetime

    @classmethod
    def of(cls, account: AccountRef) -> "ChannelAccount":
        return cls(**{name: getattr(account, name) for name in cls.__struct_fields__})


class ChannelAccounts(msgspec.Struct):
    """Accounts, by name."""

    items: list[ChannelAccount]
    next: str | None


class ConnectAccount(msgspec.Struct, forbid_unknown_fields=True):
    """What is needed to connect an account."""

    channel: str
    name: Name
    credentials: dict[str, str]
    prefix: Prefix | None = None
    warehouse_id: UUID | None = None
    seller_id: UUID | None = None


class ChangeAccount(msgspec.Struct, forbid_unknown_fields=True):
    """What may be changed of an account; what is left out stays.  Secrets left out of *credentials* stay too."""

    name: Name | UnsetType = UNSET
    prefix: Prefix | UnsetType = UNSET
    warehouse_id: UUID | UnsetType | None = UNSET
    credentials: dict[str, str] | UnsetType = UNSET


class SwitchAccount(msgspec.Struct, forbid_unknown_fields=True):
    """The mode an account is to have."""

    mode: Mode


class TestResult(msgspec.Struct):
    """The credentials work."""

    known_as: str


class ChannelDocument(msgspec.Struct):
    """A received document in a list."""

    id: UUID
    account_id: UUID
    kind: str
    document_id: str
    state: str
    reason: str
    order_id: UUID | None
    size: int
    first_seen_at: datetime
    last_seen_at: datetime


class ChannelDocuments(msgspec.Struct):
    """Received documents, the newest first."""

    items: list[ChannelDocument]
    next: str | None


class ChannelDocumentDetail(msgspec.Struct):
    """A received document with what the channel sent."""

    id: UUID
    account_id: UUID
    kind: str
    document_id: str
    state: str
    reason: str
    order_id: UUID | None
    first_seen_at: datetime
    last_seen_at: datetime
    raw: str


class DocumentDecision(msgspec.Struct):
    """What was decided about a document."""

    id: UUID
    state: str


class IgnoreDocument(msgspec.Struct, forbid_unknown_fields=True):
    """Why a document is not to be used."""

    reason: Annotated[str, Meta(min_length=1, max_length=500)]


class ExternalCalls(msgspec.Struct):
    """Recorded calls, the newest first; headers and bodies are in the single one."""

    items: list[RecordedCall]
    next: str | None = None
