"""What Temu's error codes mean, told apart by who has to act."""

from entrepot.channels.errors import (
    ChannelAwayError,
    ChannelThingMissingError,
    CredentialsRejectedError,
    RateLimitedError,
    RequestRejectedError,
)
from entrepot.kit.errors import EntrepotError
from entrepot.kit.text import N_

NAME = "Temu"


class TokenExpiredError(CredentialsRejectedError):
    """The access token has ended."""

    code = "temu.token_expired"
    title = N_("Access token expired")
    message = N_(
        "{channel}'s access token has expired (answer {status}). Authorise the app again in the Seller Center, and enter"
        " the new token here."
    )


class RegionMismatchError(CredentialsRejectedError):
    """This region's gateway knows neither token nor app."""

    code = "temu.region_mismatch"
    title = N_("Not known in this region")
    message = N_(
        "{channel} does not know this app key or token in the region “{region}” (answer {status}). Keys and tokens are"
        " valid in one region only: check the region, then copy both again."
    )


class SignatureRejectedError(CredentialsRejectedError):
    """The app secret does not belong to the app key."""

    code = "temu.signature_rejected"
    title = N_("App secret wrong")
    message = N_(
        "{channel} rejects the signature (answer {status}). The app secret does not belong to the app key: copy it again."
    )


class PermissionMissingError(CredentialsRejectedError):
    """The app or the token may not do this."""

    code = "temu.permission_missing"
    title = N_("Permission missing")
    message = N_(
        "{channel} does not allow the app to call {operation} (answer {status}). Give the app this permission on the"
        " Partner Platform, and authorise it again."
    )


class AddressNotAllowedError(CredentialsRejectedError):
    """Temu only lets some addresses call."""

    code = "temu.address_not_allowed"
    title = N_("Address not on the list")
    message = N_(
        "{channel} does not let this hub call (answer {status}). Add its public IP address to the app's list on the"
        " Partner Platform."
    )


class ClockWrongError(ChannelAwayError):
    """Our clock and Temu's differ by more than five minutes."""

    code = "temu.clock_wrong"
    title = N_("Clock wrong")
    message = N_(
        "{channel} says that this machine's clock is wrong ({reason}). Set the clock; it is tried again by itself."
    )


class AgreementMissingError(RequestRejectedError):
    """The seller has to sign something at Temu first."""

    code = "temu.agreement_missing"
    title = N_("Agreement not signed")
    message = N_(
        "{channel} waits for an agreement that is not signed (answer {status}: {reason}). Sign it in the Seller Center,"
        " then try again."
    )


class CarrierUnmappedError(RequestRejectedError):
    """Temu must be told one of its own carriers, and ours is none of them."""

    code = "temu.carrier_unmapped"
    title = N_("Carrier not known at the channel")
    message = N_(
        "{channel} does not know the carrier “{carrier}”. Choose which of its carriers that is in the carrier mapping of"
        " the account, for example: {known}."
    )


class TrackingMissingError(RequestRejectedError):
    """Temu takes no shipment without tracking."""

    code = "temu.tracking_missing"
    title = N_("Tracking code missing")
    message = N_("{channel} takes no shipment without a tracking code. Enter the code of the parcel, then try again.")


SUCCESS = 1_000_000
EXPIRED = frozenset({3_000_034})
UNKNOWN_HERE = frozenset({3_000_020, 3_000_026, 3_000_031, 3_000_033})
BAD_SIGNATURE = frozenset({3_000_001})
NOT_PERMITTED = frozenset({3_000_021, 3_000_027, 3_000_030, 3_000_032, 5_000_000})
NOT_FROM_HERE = frozenset({5_000_003})
WRONG_CLOCK = frozenset({3_000_011, 3_000_012})
TOO_FAST = frozenset({4_000_004, 110_020_007})
AWAY = frozenset({4_000_000, 6_000_001, 7_000_000})
MISSING = frozenset({140_020_002})
STILL_COUNTING = frozenset({140_020_008})
"""Amounts that Temu has not worked out yet."""
UNSIGNED = frozenset({140_020_003, 180_020_008})
NOT_IN_THIS_COUNTRY = frozenset({140_020_015})
"""The kind of request is not for shops of this country."""
PAUSE = 2
"""Seconds to wait after too many requests: Temu counts by the second and does not say."""


def error_of(code: int, reason: str, *, operation: str, region: str) -> EntrepotError:  # noqa: C901, PLR0911 -- a table
    """Return the error that a refusal means."""
    reason = " ".join(reason.split())[:500] or f"answer {code}"
    if code in EXPIRED:
        return TokenExpiredError(channel=NAME, status=code)
    if code in UNKNOWN_HERE:
        return RegionMismatchError(channel=NAME, status=code, region=region)
    if code in BAD_SIGNATURE:
        return SignatureRejectedError(channel=NAME, status=code)
    if code in NOT_PERMITTED:
        return PermissionMissingError(channel=NAME, status=code, operation=operation)
    if code in NOT_FROM_HERE:
        return AddressNotAllowedError(channel=NAME, status=code)
    if code in WRONG_CLOCK:
        return ClockWrongError(channel=NAME, reason=reason)
    if code in TOO_FAST:
        return RateLimitedError(channel=NAME, retry_after=PAUSE)
    if code in AWAY | STILL_COUNTING:
        return ChannelAwayError(channel=NAME, reason=reason)
    if code in MISSING:
        return ChannelThingMissingError(channel=NAME, reason=reason)
    if code in UNSIGNED:
        return AgreementMissingError(channel=NAME, status=code, reason=reason)
    return RequestRejectedError(channel=NAME, status=code, reason=reason)
