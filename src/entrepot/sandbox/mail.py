"""The mails that were sent to the world."""

from collections import deque
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import msgspec

_KEPT = 500


class Mail(msgspec.Struct, frozen=True):
    """A mail as its reader sees it; ``attachments`` are file names."""

    mail_id: int
    received: datetime
    sender: str
    recipients: tuple[str, ...]
    subject: str
    text: str
    attachments: tuple[str, ...]
    size: int


class Mailbox:
    """Everybody's mail, the last 500."""

    def __init__(self) -> None:
        self._mails: deque[Mail] = deque(maxlen=_KEPT)
        self._count = 0

    def __len__(self) -> int:
        return len(self._mails)

    def receive(self, sender: str, recipients: tuple[str, ...], content: bytes, now: datetime) -> Mail:
        """Take a mail as it came over the wire."""
        message = message_from_bytes(content, EmailMessage, policy=default)
        body = message.get_body(("plain", "html"))
        self._count += 1
        mail = Mail(
            mail_id=self._count,
            received=now,
            sender=sender,
            recipients=recipients,
            subject=str(message.get("Subject", "")),
            text=str(body.get_content()) if body is not None else "",
            attachments=tuple(part.get_filename() or "" for part in message.iter_attachments()),
            size=len(content),
        )
        self._mails.append(mail)
        return mail

    def latest(self, count: int = _KEPT) -> list[Mail]:
        return list(reversed(self._mails))[:count]

    def clear(self) -> None:
        self._mails.clear()
