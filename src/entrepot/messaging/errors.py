"""What can go wrong with mail and notifications."""

from entrepot.kit.errors import NotFoundError, RefusedError, UnavailableError
from entrepot.kit.text import N_


class MailServerAwayError(UnavailableError):
    """The mail server does not answer."""

    code = "messaging.server_away"
    title = N_("Mail server away")
    message = N_("The mail server {server} does not answer. The mail is sent when it is back; check ENTREPOT_SMTP_URL if it stays away.")  # fmt: skip


class MailRefusedError(RefusedError):
    """The mail server will not take a mail."""

    code = "messaging.refused"
    title = N_("Mail refused")
    message = N_("The mail server refused the mail to {to}: {reason}. Correct the address, or the mail server's settings.")  # fmt: skip


class WayNotFoundError(NotFoundError):
    """No such way, or not one of the caller's."""

    code = "messaging.way_not_found"
    title = N_("Way not found")
    message = N_("There is no such way of telling you. It may have been removed.")


class NotificationNotFoundError(NotFoundError):
    """No such notification, or not one of the caller's."""

    code = "messaging.notification_not_found"
    title = N_("Notification not found")
    message = N_("There is no such notification. It may have been removed with what it was about.")


class NotAPersonError(RefusedError):
    """A program with a key of its own has nobody to tell."""

    code = "messaging.not_a_person"
    title = N_("Only for people")
    message = N_("Notifications belong to a person. Sign in, or use an access token of yours instead of an API key.")


class AddressUnknownError(RefusedError):
    """Apprise cannot read the address."""

    code = "messaging.address_unknown"
    title = N_("Address not understood")
    message = N_(
        "This is not the address of a service: it begins like ntfys://ntfy.sh/topic or tgram://token/chat. See the examples below the field."
    )


class ServiceNotAllowedError(RefusedError):
    """Apprise knows the service, the hub does not let it out."""

    code = "messaging.service_not_allowed"
    title = N_("Service not possible")
    message = N_("“{schema}” is not among the services that Entrepot sends to. Choose one of: {known}.")


class ParameterNotAllowedError(RefusedError):
    """An address wants a file of the server, or to reach elsewhere."""

    code = "messaging.parameter_not_allowed"
    title = N_("Not possible in an address")
    message = N_("The parameter “{name}” is not possible here. Take it out of the address.")


class HostNotAllowedError(RefusedError):
    """The address leads into a private network."""

    code = "messaging.host_not_allowed"
    title = N_("Address refused")
    message = N_(
        "“{host}” is not an address on the public internet, so Entrepot sends nothing there."
        " If you trust it, the operator can add its network to ENTREPOT_OUTSIDE_ALLOW."
    )


class ServiceFailedError(UnavailableError):
    """A service did not take a message."""

    code = "messaging.service_failed"
    title = N_("Not delivered")
    message = N_("{service} did not take the message: {reason}")


class MailNotSetUpError(RefusedError):
    """Nobody said how mail is sent."""

    code = "messaging.mail_not_set_up"
    title = N_("Mail not set up")
    message = N_("No mail server is set up, so nothing is mailed. The operator can set ENTREPOT_SMTP_URL.")


class CutOffError(UnavailableError):
    """Sending was cut off twice."""

    code = "messaging.interrupted"
    title = N_("Interrupted")
    message = N_("Sending was cut off twice, so it was not tried again. It may have come, even twice.")
