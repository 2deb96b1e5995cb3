"""A mail server that delivers nothing and shows everything."""

import asyncio
from functools import partial

from aiosmtpd.smtp import SMTP, Envelope, Session

from entrepot.sandbox.world import World


class Catcher:
    """Puts every mail into the world's mailbox."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Take a mail."""
        del server, session
        content = envelope.content or b""
        self._world.mails.receive(
            sender=envelope.mail_from or "",
            recipients=tuple(envelope.rcpt_tos),
            content=content if isinstance(content, bytes) else content.encode(),
            now=self._world.clock.now(),
        )
        return "250 Caught"


async def listen(world: World, host: str, port: int) -> asyncio.Server:
    """Open the mail server; close what it returns to stop."""
    loop = asyncio.get_running_loop()
    session = partial(SMTP, Catcher(world), hostname="sandbox.example", ident="Sandbox mail", enable_SMTPUTF8=True)
    return await loop.create_server(session, host, port)
