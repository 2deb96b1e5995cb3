"""Arguments of the slice's jobs."""

from uuid import UUID

import msgspec


class ReadNotices(msgspec.Struct, frozen=True, kw_only=True):
    """Pass on what an account was told."""

    seller_id: UUID
    account_id: UUID


class CheckCredentials(msgspec.Struct, frozen=True, kw_only=True):
    """Ask when the credentials of an account end."""

    seller_id: UUID
    account_id: UUID


class ForgetNotices(msgspec.Struct, frozen=True):
    """Remove old notices."""
