"""What can go wrong with mail."""

from entrepot.kit.errors import RefusedError, UnavailableError
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
