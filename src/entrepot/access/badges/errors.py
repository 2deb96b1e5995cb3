"""What badges refuse."""

from entrepot.kit.errors import ForbiddenError, NotFoundError, RefusedError
from entrepot.kit.text import N_


class DeviceNotEnrolledError(ForbiddenError):
    """Badges work on devices that a supervisor enrolled."""

    code = "access.device_not_enrolled"
    title = N_("Badges do not work here")
    message = N_(
        "This device is not enrolled for badges, or was taken out again. Ask a supervisor to enrol it under Devices."
    )


class WrongPinError(RefusedError):
    """Badge and PIN do not belong together; which of them is wrong is not said."""

    code = "access.wrong_pin"
    title = N_("Not signed in")
    message = N_("Badge and PIN do not belong together. Scan your badge and try again.")


class UnknownBadgeError(RefusedError):
    """No badge of anyone."""

    code = "access.unknown_badge"
    title = N_("Unknown badge")
    message = N_("This is not a badge that works here. It may have been revoked; ask a supervisor for a new one.")


class PinLockedError(RefusedError):
    """Tried too often."""

    code = "access.pin_locked"
    title = N_("PIN locked")
    message = N_("The PIN was wrong {tries} times in a row and is locked. Ask a supervisor to give you a new one.")


class NoPinError(RefusedError):
    """A badge without a PIN."""

    code = "access.no_pin"
    title = N_("No PIN yet")
    message = N_("{name} has no PIN yet. Ask a supervisor to set one, or choose one under your account.")


class ElsewhereError(RefusedError):
    """The device belongs to a seller for whom they do not work."""

    code = "access.badge_elsewhere"
    title = N_("Not on this device")
    message = N_("{name} does not work for the seller whose device this is. Use another device, or ask a supervisor.")


class BadgeNotFoundError(NotFoundError):
    """No such badge or device, or not for the caller."""

    code = "access.badge_not_found"
    title = N_("Nothing there")
    message = N_("There is no such badge or device among those you manage. It may have been revoked already.")
