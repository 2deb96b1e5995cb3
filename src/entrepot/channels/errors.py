"""What can go wrong between us and a channel, told apart by who has to act.

=======================  ===========================================  ==============================
raised when              who acts                                     what the job runner does
=======================  ===========================================  ==============================
CredentialsRejected      the seller reconnects the account            stops the account, no retry
RateLimited              nobody                                       retries after *retry_after*
ChannelAway              nobody                                       retries with growing pauses
RequestRejected          the seller fixes the listing or order        shows it as a task, no retry
UnexpectedPayload        we fix the connector                         alerts us, no retry
UnreadableDocument       the seller looks at one document             the others go on
=======================  ===========================================  ==============================
"""

from entrepot.kit.errors import (
    ConflictError,
    EntrepotError,
    NotFoundError,
    RefusedError,
    UnavailableError,
)
from entrepot.kit.text import N_


class CredentialsRejectedError(RefusedError):
    """The channel does not accept our credentials, or no longer grants a right we need."""

    code = "channels.credentials_rejected"
    title = N_("Credentials rejected")
    message = N_(
        "{channel} does not accept the credentials (answer {status})."
        " Check them in the channel's own settings, then enter them again."
    )


class RequestRejectedError(RefusedError):
    """The channel understood the request and will not carry it out."""

    code = "channels.request_rejected"
    title = N_("Request rejected")
    message = N_("{channel} refused this (answer {status}): {reason}")


class ChannelThingMissingError(NotFoundError):
    """The channel does not know what we asked about."""

    code = "channels.thing_missing"
    title = N_("Unknown to the channel")
    message = N_("{channel} does not know this (answer 404): {reason}")


class ChannelAwayError(UnavailableError):
    """The channel did not answer, or answered that it cannot answer now."""

    code = "channels.away"
    title = N_("Channel away")
    message = N_("{channel} cannot be reached ({reason}). Nothing was changed; it is tried again by itself.")


class RateLimitedError(UnavailableError):
    """The channel asks us to slow down."""

    code = "channels.rate_limited"
    title = N_("Too many requests")
    message = N_("{channel} asks us to wait {retry_after} s. It goes on by itself.")

    def __init__(self, *, channel: str, retry_after: int) -> None:
        super().__init__(channel=channel, retry_after=retry_after)
        self.retry_after = retry_after


class UnexpectedPayloadError(EntrepotError):
    """The channel answered something that its documentation does not describe."""

    code = "channels.unexpected_payload"
    title = N_("Unexpected answer")
    message = N_("{channel} answered something unexpected: {reason}. Report this with the recorded call.")


class UnreadableDocumentError(RefusedError):
    """One document is not what the channel's documentation describes."""

    code = "channels.unreadable_document"
    title = N_("Cannot be read")
    message = N_("What {channel} sent cannot be read: {reason}.")


class AccountNotFoundError(NotFoundError):
    """No such account, or not one of the caller's."""

    code = "channels.account_not_found"
    title = N_("Channel account not found")
    message = N_("There is no channel account {account_id}. It may have been removed.")


class DocumentNotFoundError(NotFoundError):
    """No such document in the inbox, or not one of the caller's."""

    code = "channels.document_not_found"
    title = N_("Document not found")
    message = N_("There is no received document {document}. It may have been cleaned up.")


class CallNotFoundError(NotFoundError):
    """No such external call, or not one of the caller's."""

    code = "channels.call_not_found"
    title = N_("External call not found")
    message = N_("There is no recorded call {call_id}. Recorded calls are kept for a limited time.")


class UnknownChannelError(NotFoundError):
    """No connector of that name is installed."""

    code = "channels.unknown_channel"
    title = N_("Unknown channel")
    message = N_("There is no connector “{channel}” here. Install it, or choose another channel.")


class AccountNameTakenError(ConflictError):
    """Two accounts of one seller would have the same name."""

    code = "channels.name_taken"
    title = N_("Name taken")
    message = N_("There already is a channel account “{name}”. Choose another name.")


class AccountPausedError(RefusedError):
    """The account is paused, or its credentials were rejected."""

    code = "channels.account_paused"
    title = N_("Account paused")
    message = N_("“{name}” is paused. Switch it on on its page, then do this again.")


class AccountImportOnlyError(RefusedError):
    """Something would be written to a channel that is not switched on."""

    code = "channels.import_only"
    title = N_("Import only")
    message = N_("“{name}” only imports: nothing is written to the channel. Go live on its page, then do this again.")


class CannotDoThatError(RefusedError):
    """The connector has no such capability."""

    code = "channels.no_capability"
    title = N_("Not supported")
    message = N_("{channel} cannot do this ({capability}).")


class ComesAgainError(RefusedError):
    """Something of which there is nothing to try again, because it never came whole and cannot be asked for alone."""

    code = "channels.comes_again"
    title = N_("Not here yet")
    message = N_(
        "{document} never came whole, and the channel is not asked for it alone. The next run reads it again; nothing is lost."
    )


class NoticeRefusedError(RefusedError):
    """A delivery at the door for notices does not come from the channel, or nobody can read it."""

    code = "channels.notice_refused"
    title = N_("Notice refused")
    message = N_(
        "This does not come from {channel}: {reason}. Send it signed, with the credentials that are stored here."
    )


class DoorNotFoundError(NotFoundError):
    """Nobody receives notices at this address."""

    code = "channels.door_not_found"
    title = N_("Nothing here")
    message = N_("Nobody receives notices here. Copy the address again from the page of the channel account.")


class TooManyNoticesError(UnavailableError):
    """More notices than an account can need."""

    code = "channels.too_many_notices"
    title = N_("Too many notices")
    message = N_("Too many notices in a short time. Send them again in {retry_after} s; none is lost.")
