"""Writes a mail and hands it to the mail server of the settings."""

from collections.abc import Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from urllib.parse import unquote, urlsplit

import aiosmtplib

from entrepot.kit.settings import Settings
from entrepot.messaging.errors import MailRefusedError, MailServerAwayError

TIMEOUT = 30
SUBMISSION = 587


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes along."""

    name: str
    media_type: str
    content: bytes


def compose(
    settings: Settings, *, to: str, subject: str, text: str, key: str, attachments: Sequence[Attachment] = ()
) -> EmailMessage:
    """Return a plain-text mail.

    Args:
        settings: who it comes from.
        to: one address.
        subject: becomes one line.
        text: the body.
        key: the same for the same mail, so that a repeat is recognised by mail programs.
        attachments: what goes along.
    """
    message = EmailMessage()
    message["From"] = settings.mail_from
    message["To"] = to
    message["Subject"] = " ".join(subject.split())
    message["Date"] = formatdate()
    domain = settings.mail_from.rpartition("@")[2].strip(">") or "entrepot"
    message["Message-ID"] = f"<{key}@{domain}>" if key else make_msgid(domain=domain)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text)
    for one in attachments:
        kind, _, subkind = one.media_type.partition("/")
        message.add_attachment(one.content, maintype=kind, subtype=subkind, filename=one.name)
    return message


async def send(settings: Settings, message: EmailMessage) -> None:
    """Send a mail.  ``smtps://`` speaks TLS from the start, ``smtp://`` starts it where the server offers it.

    Raises:
        MailServerAwayError: try again later.
        MailRefusedError: the server will not take it.
    """
    if settings.smtp_url is None:
        return
    server = urlsplit(settings.smtp_url.get_secret_value())
    try:
        await aiosmtplib.send(
            message,
            hostname=server.hostname or "localhost",
            port=server.port or SUBMISSION,
            username=unquote(server.username) if server.username else None,
            password=unquote(server.password) if server.password else None,
            use_tls=server.scheme == "smtps",
            timeout=TIMEOUT,
        )
    except (aiosmtplib.SMTPConnectError, aiosmtplib.SMTPServerDisconnected, aiosmtplib.SMTPTimeoutError) as error:
        raise MailServerAwayError(server=server.hostname or "localhost") from error
    except aiosmtplib.SMTPException as error:
        raise MailRefusedError(to=message["To"], reason=str(error)) from error
