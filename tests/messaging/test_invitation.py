"""A new user is invited by mail, through a real mail server that delivers nothing."""

from collections.abc import AsyncGenerator
from email import message_from_bytes, policy

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from pydantic import SecretStr

from entrepot.access.service import create_user, use_password_link
from entrepot.access.service.people import add_user
from entrepot.jobs.inline import run_inline
from entrepot.kit.database import Database
from entrepot.kit.ids import new_id
from entrepot.kit.scope import Scope
from entrepot.kit.secretbox import SecretBox
from entrepot.kit.settings import Settings
from entrepot.messaging.errors import MailRefusedError, MailServerAwayError
from entrepot.messaging.jobs import SendInvitation
from entrepot.messaging.mail import compose, send

pytestmark = pytest.mark.anyio


class Mailbox:
    """Keeps what it is sent, and refuses one address."""

    def __init__(self) -> None:
        self.mails: list[str] = []
        self.port = 0

    async def handle_RCPT(  # noqa: N802 -- aiosmtpd's names
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address.startswith("nobody"):
            return "550 No such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 -- aiosmtpd's name
        message = message_from_bytes(envelope.content or b"", policy=policy.default)  # type: ignore[arg-type]  # bytes here
        words = message.get_body(("plain",))
        assert words is not None
        files = "".join(f"\n[{part.get_filename()}]" for part in message.iter_attachments())
        self.mails.append(f"{message['To']}\n{message['Subject']}\n{words.get_content()}{files}")
        return "250 OK"


@pytest.fixture
async def mailbox() -> AsyncGenerator[Mailbox]:
    import asyncio  # noqa: PLC0415 -- for this server alone

    box = Mailbox()
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(box), "127.0.0.1", 0)
    box.port = server.sockets[0].getsockname()[1]
    yield box
    server.close()


@pytest.fixture
def with_mail(settings: Settings, mailbox: Mailbox) -> Settings:
    return settings.model_copy(
        update={"smtp_url": SecretStr(f"smtp://127.0.0.1:{mailbox.port}"), "public_url": "https://hub.example"}
    )


async def test_a_new_user_gets_a_link_that_works(
    database: Database, box: SecretBox, with_mail: Settings, mailbox: Mailbox
) -> None:
    async with database.transaction(Scope.all_sellers()) as session:
        user = await add_user(session, email=f"{new_id()}@example.org", name="Nora", password_hash=None, locale="en")

    assert await run_inline(database, box, with_mail, SendInvitation(user_id=user.id)) == {"sent": True}

    (mail,) = mailbox.mails
    assert mail.startswith(f"{user.email}\nYour access to Entrepot\nHello Nora,")
    token = mail.split("https://hub.example/set-password/")[1].split()[0]
    async with database.transaction(Scope.all_sellers()) as session:
        assert (await use_password_link(session, token, "correct-horse-battery-9")).id == user.id


async def test_who_has_a_password_is_not_invited(
    database: Database, box: SecretBox, with_mail: Settings, mailbox: Mailbox
) -> None:
    async with database.transaction(Scope.all_sellers()) as session:
        made = await create_user(session, f"{new_id()}@example.org", name="Piet")

    assert await run_inline(database, box, with_mail, SendInvitation(user_id=made.user_id)) == {"sent": False}
    assert mailbox.mails == []


async def test_without_a_mail_server_nothing_is_sent(database: Database, box: SecretBox, settings: Settings) -> None:
    assert await run_inline(database, box, settings, SendInvitation(user_id=new_id())) == {"sent": False}


async def test_a_refused_mail_names_the_address_and_the_reason(with_mail: Settings) -> None:
    message = compose(with_mail, to="nobody@example.org", subject="x", text="x", key="")

    with pytest.raises(MailRefusedError, match=r"refused the mail to nobody@example\.org: .*No such user"):
        await send(with_mail, message)


async def test_a_mail_server_that_is_away_is_waited_for(settings: Settings) -> None:
    away = settings.model_copy(update={"smtp_url": SecretStr("smtp://127.0.0.1:1")})
    message = compose(away, to="a@example.org", subject="x", text="x", key="")

    with pytest.raises(MailServerAwayError, match=r"127\.0\.0\.1 does not answer"):
        await send(away, message)


def test_a_header_cannot_be_smuggled_in(settings: Settings) -> None:
    with pytest.raises(ValueError, match="linefeed"):
        compose(settings, to="a@example.org\nBcc: b@example.org", subject="x", text="x", key="")
