"""What the client does with servers that answer badly, or not at all (BAR §6.I)."""

import gzip
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from config.limits import LIMITS
from outbound import http
from tests.http_server import Elsewhere, serve

SOON = 0.4
"""Seconds that these tests give a call, instead of ten."""


def test_an_answer_is_status_headers_and_body(elsewhere: Elsewhere) -> None:
    elsewhere.will_answer(404, b'{"a": [1]}', Content_Type="application/json", X_A="b")
    answer = http.fetch(
        "POST", f"{elsewhere.address}/in?a=b", json={"ä": 1}, headers={"X-Mine": "c"}
    )
    assert (answer.status, answer.headers["x-a"], answer.json()) == (
        404,
        "b",
        {"a": [1]},
    )
    (got,) = elsewhere.got
    assert (got.method, got.path, got.body) == ("POST", "/in?a=b", b'{"\\u00e4": 1}')
    assert got.headers["X-Mine"] == "c"
    assert got.headers["Host"] == elsewhere.address.removeprefix("http://")
    assert got.headers["Content-Type"] == "application/json"
    assert got.headers["User-Agent"].startswith("Afterword/")


def test_no_redirect_is_followed(elsewhere: Elsewhere) -> None:
    for status in (301, 302, 303, 307, 308):
        elsewhere.will_answer(status, Location=f"{elsewhere.address}/inside")
        assert http.fetch("GET", elsewhere.address).status == status
    assert {got.path for got in elsewhere.got} == {"/"}


def test_the_second_answer_of_a_name_server_is_not_asked_for(
    elsewhere: Elsewhere, settings: Any
) -> None:
    """Rebinding: the name leads elsewhere each time it is asked for."""
    asked = iter(["127.0.0.1", "127.0.0.2"])
    port = elsewhere.address.rpartition(":")[2]
    settings.OUTBOUND_ALLOW = [f"rebinding.example:{port}"]
    answer = http.fetch(
        "GET",
        f"http://rebinding.example:{port}/",
        resolve=lambda _host, _port: [next(asked)],
    )
    assert answer.status == 200
    assert elsewhere.got[0].headers["Host"] == f"rebinding.example:{port}"
    assert next(asked) == "127.0.0.2"


def test_the_environment_names_no_proxy(
    elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert http.fetch("GET", elsewhere.address).status == 200


def test_no_cookie_is_kept(elsewhere: Elsewhere) -> None:
    elsewhere.will_answer(Set_Cookie="a=b")
    http.fetch("GET", elsewhere.address)
    http.fetch("GET", elsewhere.address)
    assert "Cookie" not in elsewhere.got[1].headers


# --- Answers that never end, or are too large -----------------------------------------


def after(head: bytes, drip: bytes, elsewhere: Elsewhere) -> Callable[[Any], None]:
    """Send the head at once, and then a little, again and again."""

    def play(connection: socket.socket) -> None:
        connection.sendall(head)
        while not elsewhere.ends.wait(0.05):
            connection.sendall(drip)

    return play


HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("head", "drip"),
    [
        (b"", b"H"),
        (HEAD, b"X"),
        (HEAD, b"X-A: b\r\n"),
        (HEAD + b"Content-Length: 1000000\r\n\r\n", b"x"),
        (HEAD + b"\r\n", b"x"),
        (HEAD + CHUNKED, b"1\r\nx\r\n"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    ],
    ids=["status", "header", "headers", "length", "body", "chunks", "continue"],
)
def test_a_slow_drip_ends_at_the_deadline(
    elsewhere: Elsewhere, head: bytes, drip: bytes
) -> None:
    elsewhere.answers.append(after(head, drip, elsewhere))
    began = time.monotonic()
    with pytest.raises(http.TimedOut):
        http.fetch("GET", elsewhere.address, seconds=SOON)
    assert time.monotonic() - began < SOON + 1


def test_silence_ends_at_the_deadline(elsewhere: Elsewhere) -> None:
    elsewhere.will_hang()
    with pytest.raises(http.TimedOut):
        http.fetch("GET", elsewhere.address, seconds=SOON)


def test_a_silent_name_server_ends_at_the_deadline() -> None:
    def silent(_host: str, _port: int) -> list[str]:
        time.sleep(SOON * 2)
        return []

    with pytest.raises(http.TimedOut):
        http.fetch("GET", "https://example.org/", resolve=silent, seconds=SOON)


def endless(piece: bytes, head: bytes = HEAD) -> Callable[[socket.socket], None]:
    def play(connection: socket.socket) -> None:
        connection.sendall(head)
        try:
            while True:
                connection.sendall(piece)
        except OSError:
            return

    return play


@pytest.mark.parametrize(
    "play",
    [
        endless(b"x" * 65_536, HEAD + b"\r\n"),
        endless(
            b"10000\r\n" + b"x" * 65_536 + b"\r\n",
            HEAD + CHUNKED,
        ),
        endless(b"x" * 65_536, HEAD + b"Content-Length: 1000000000\r\n\r\n"),
    ],
    ids=["until it closes", "chunks", "length"],
)
def test_an_endless_body_is_too_large(elsewhere: Elsewhere, play: Any) -> None:
    elsewhere.answers.append(play)
    with pytest.raises(http.AnswerTooLarge):
        http.fetch("GET", elsewhere.address)


@pytest.mark.parametrize("piece", [b"X-A: b\r\n", b"X"], ids=["many", "long"])
def test_endless_headers_are_not_read_to_their_end(
    elsewhere: Elsewhere, piece: bytes
) -> None:
    elsewhere.answers.append(endless(piece * 1_000))
    with pytest.raises(http.OutboundError):
        http.fetch("GET", elsewhere.address)


def test_what_is_packed_stays_packed(elsewhere: Elsewhere) -> None:
    bomb = gzip.compress(b"\0" * 50_000_000)
    elsewhere.will_answer(body=bomb, Content_Encoding="gzip")
    assert http.fetch("GET", elsewhere.address).body == bomb
    assert elsewhere.got[0].headers["Accept-Encoding"] == "identity"


@pytest.mark.parametrize("more", [-1, 0, 1])
def test_an_answer_has_a_limit(elsewhere: Elsewhere, more: int) -> None:
    elsewhere.will_answer(body=b"x" * (LIMITS.outbound_answer + more))
    if more > 0:
        with pytest.raises(http.AnswerTooLarge):
            http.fetch("GET", elsewhere.address)
    else:
        got = len(http.fetch("GET", elsewhere.address).body)
        assert got == LIMITS.outbound_answer + more


@pytest.mark.parametrize(
    "answer",
    [b"", b"nonsense\r\n\r\n", HEAD + b"Content-Length: 9\r\n\r\nx", b"\x16\x03\x01"],
    ids=["nothing", "no HTTP", "half", "TLS"],
)
def test_an_answer_that_breaks_off_is_none(elsewhere: Elsewhere, answer: bytes) -> None:
    def play(connection: socket.socket) -> None:
        connection.sendall(answer)
        connection.shutdown(socket.SHUT_RDWR)

    elsewhere.answers.append(play)
    with pytest.raises(http.Unreachable):
        http.fetch("GET", elsewhere.address)


def test_nobody_there_is_said_as_such(settings: Any) -> None:
    settings.OUTBOUND_ALLOW = ["127.0.0.1:*"]
    with pytest.raises(http.Unreachable):
        http.fetch("GET", "http://127.0.0.1:1/")


def test_json_that_is_none_or_too_deep_is_a_plain_error(elsewhere: Elsewhere) -> None:
    for body in (b"", b"{", b"[" * 100_000, b"\xff"):
        elsewhere.will_answer(body=body)
        with pytest.raises(ValueError, match=r"."):
            http.fetch("GET", elsewhere.address).json()


# --- TLS ------------------------------------------------------------------------------


class Certified:
    """An authority of the test's own, and what it certifies."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test CA")])
        self.certificate = self._sign(
            self.name, self.key.public_key(), [], ca=True, days=1
        )
        self.file = folder / "ca.pem"
        self.file.write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))

    def _sign(
        self, name: x509.Name, key: Any, names: list[Any], *, ca: bool, days: int
    ) -> x509.Certificate:
        now = datetime.now(UTC)
        made = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self.name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=9))
            .not_valid_after(now + timedelta(days=days))
            .add_extension(
                x509.BasicConstraints(ca=ca, path_length=None), critical=True
            )
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(key), critical=False
            )
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(
                    self.key.public_key()
                ),
                critical=False,
            )
        )
        if names:
            made = made.add_extension(
                x509.SubjectAlternativeName(names), critical=False
            )
        return made.sign(self.key, hashes.SHA256())

    def server(self, *names: Any, days: int = 1) -> ssl.SSLContext:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "server")])
        certificate = self._sign(
            subject, key.public_key(), list(names), ca=False, days=days
        )
        file = self.folder / "server.pem"
        file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            + certificate.public_bytes(serialization.Encoding.PEM)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context


@pytest.fixture
def authority(tmp_path: Path) -> Certified:
    return Certified(tmp_path)


@pytest.fixture
def secured(settings: Any) -> Iterator[Callable[[ssl.SSLContext], Elsewhere]]:
    """Starts a server that speaks TLS."""
    started = []

    def start(context: ssl.SSLContext) -> Elsewhere:
        found = Elsewhere()
        server = serve(found, context)
        settings.OUTBOUND_ALLOW = ["127.0.0.1:*", f"jira.internal:{server.server_port}"]
        started.append((found, server))
        return found

    yield start
    for found, server in started:
        found.ends.set()
        server.shutdown()
        server.server_close()


def to_this_machine(_host: str, _port: int) -> list[str]:
    return ["127.0.0.1"]


def test_a_certificate_of_a_named_authority_is_accepted(
    authority: Certified, secured: Any
) -> None:
    names = []
    context = authority.server(x509.DNSName("jira.internal"))
    context.sni_callback = lambda _socket, name, _context: names.append(name)
    server = secured(context)
    url = server.address.replace("127.0.0.1", "jira.internal")
    answer = http.fetch(
        "GET", url, ca_file=str(authority.file), resolve=to_this_machine
    )
    assert answer.status == 200
    assert names == ["jira.internal"]


def test_the_operator_may_name_the_authority(
    authority: Certified, secured: Any, settings: Any
) -> None:
    server = secured(authority.server(x509.IPAddress(ip_address("127.0.0.1"))))
    settings.OUTBOUND_CA_FILE = str(authority.file)
    assert http.fetch("GET", server.address).status == 200


@pytest.mark.parametrize("wrong", ["authority", "name", "time"])
def test_a_wrong_certificate_ends_the_call_before_anything_is_sent(
    authority: Certified, secured: Any, wrong: str
) -> None:
    name = "other.internal" if wrong == "name" else "jira.internal"
    days = -1 if wrong == "time" else 1
    server = secured(authority.server(x509.DNSName(name), days=days))
    with pytest.raises(http.Unreachable, match="certificate"):
        http.fetch(
            "GET",
            server.address.replace("127.0.0.1", "jira.internal"),
            ca_file="" if wrong == "authority" else str(authority.file),
            resolve=to_this_machine,
        )
    assert server.got == []


def test_a_handshake_that_hangs_ends_at_the_deadline(settings: Any) -> None:
    settings.OUTBOUND_ALLOW = ["127.0.0.1:*"]
    with socket.create_server(("127.0.0.1", 0)) as listener:
        began = time.monotonic()
        with pytest.raises(http.TimedOut):
            http.fetch(
                "GET",
                f"https://127.0.0.1:{listener.getsockname()[1]}/",
                seconds=SOON,
            )
    assert time.monotonic() - began < SOON + 1


def test_a_call_leaves_no_connection_behind(
    elsewhere: Elsewhere,
) -> None:
    def open_files() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    before = open_files()
    for _ in range(5):
        http.fetch("GET", elsewhere.address)
    deadline = time.monotonic() + 5
    while open_files() > before + 1:
        assert time.monotonic() < deadline
