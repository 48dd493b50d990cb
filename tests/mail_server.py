"""A real mail server that keeps what it gets, and refuses as often as it is told."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from socket import socket
from typing import Any

import pytest
from aiosmtpd.controller import Controller


@dataclass
class Mailbox:
    mails: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    refusals: int = 0
    """How many more mails are refused for now."""
    unknown: set[str] = field(default_factory=set)
    """Addresses that are refused for good."""
    breaks: int = 0
    """How many more mails are taken without a word: the connection breaks off."""

    connections: int = 0

    async def handle_EHLO(  # noqa: N802  aiosmtpd's name
        self,
        _server: Any,
        session: Any,
        _envelope: Any,
        hostname: str,
        responses: list[str],
    ) -> list[str]:
        session.host_name = hostname
        self.connections += 1
        return responses

    async def handle_RCPT(  # noqa: N802  aiosmtpd's name
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        if address in self.unknown:
            return "550 5.1.1 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 known"

    async def handle_DATA(  # noqa: N802  aiosmtpd's name
        self, server: Any, _session: Any, envelope: Any
    ) -> str:
        if self.refusals:
            self.refusals -= 1
            return "451 4.3.0 try again later"
        mail = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        self.recipients.extend(envelope.rcpt_tos)
        if self.breaks:
            self.breaks -= 1
            server.transport.abort()
        return "250 2.0.0 taken"

    def text(self, kind: str = "plain") -> str:
        """The body of the only mail, as plain text or HTML."""
        (mail,) = self.mails
        body = mail.get_body((kind,))
        assert body is not None
        return str(body.get_content())


def free_port() -> int:
    with socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture
def mailbox(settings: Any) -> Iterator[Mailbox]:
    box = Mailbox()
    server = Controller(box, hostname="127.0.0.1", port=free_port())
    server.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST = "127.0.0.1"
    settings.EMAIL_PORT = server.port
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.PUBLIC_URL = "https://afterword.example"
    yield box
    server.stop()


@pytest.fixture
def no_mail_server(mailbox: Mailbox, settings: Any) -> None:
    """Nobody answers where the mail server should be."""
    settings.EMAIL_PORT = 1
