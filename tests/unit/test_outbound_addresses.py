"""Which addresses this server calls: the corpus of BAR §6.I, without a connection."""

from collections.abc import Sequence
from typing import Any

import pytest

from outbound import http
from outbound.addresses import NotAllowed, addresses_of, is_public, target_of

PUBLIC, PUBLIC_6 = "93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"

NOWHERE = "0.0.0.0"  # noqa: S104  called, not listened at

OWN_MACHINE = [
    *("127.0.0.1", "localhost", "127.1", "2130706433", "0x7f.1", "0x7f000001"),
    *("0177.0.0.1", NOWHERE, "0", "[::1]", "[::]", "[::ffff:127.0.0.1]"),
    *("[::ffff:7f00:1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[fe80::1%25eth0]"),
]
INSIDE = [
    *("169.254.169.254", "100.100.100.200", "10.0.0.1", "10.255.255.255"),
    *("172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "[fc00::1]"),
    *("[fd12:3456::1]", "224.0.0.1", "239.255.255.255", "255.255.255.255"),
    *(
        "240.0.0.1",
        "192.0.2.1",
        "198.18.0.1",
        "[ff02::1]",
        "[fe80::1]",
        "[2001:db8::1]",
    ),
    *("[64:ff9b:1::1]", "[2001::1]", "[fec0::1]"),
]
MISLEADING = [
    "https://good@127.0.0.1/",
    "https://good:secret@example.org/",
    "https://good#@evil.example/",
    "https://good.example\\@evil.example/",
    "https://good.example%00.evil.example/",
    "https://example.org./",
    "https://exa。mple.org/",
    "https://exämple.org/",
    "https://exam\tple.org/",
    "https://exam ple.org/",
    " https://example.org/",
    "https://example.org/\r\nX-Injected: 1",
    "https://example.org/päth",
    "https://example.org:22/",
    "https://example.org:25/",
    "https://example.org:6379/",
    "https://example.org:5432/",
    "https://example.org:0/",
    "https://example.org:/",
    "https://example.org:99999/",
    "https://example.org:4 43/",
    "https:///path",
    "https://",
    "https://-example.org/",
    "https://example..org/",
    "https://[::1/",
    "https://1.2.3/",
    "https://1.2.3.4.5/",
    "http://example.org/",
    "ftp://example.org/",
    "file:///etc/passwd",
    "gopher://example.org/",
    "//example.org/",
    "example.org",
    "",
    "https://" + "a" * 300 + ".example/",
    "https://example.org/" + "a" * 9_000,
]


def nobody(_host: str, _port: int) -> Sequence[str]:
    raise AssertionError("asked the name server")


def answering(*addresses: str) -> Any:
    return lambda _host, _port: list(addresses)


@pytest.mark.parametrize("host", OWN_MACHINE + INSIDE)
def test_an_address_inside_is_refused_before_anything_connects(host: str) -> None:
    with pytest.raises(http.Refused):
        http.fetch("GET", f"https://{host}/")


@pytest.mark.parametrize("url", MISLEADING)
def test_an_address_that_can_be_misread_is_refused(url: str) -> None:
    with pytest.raises(NotAllowed):
        target_of(url)


def test_a_refusal_repeats_nothing_of_the_address() -> None:
    for url in MISLEADING[1:]:
        with pytest.raises(NotAllowed) as refused:
            target_of(url)
        assert "example" not in str(refused.value)


@pytest.mark.parametrize(
    "answers",
    [
        ("10.0.0.5",),
        (PUBLIC, "10.0.0.5"),
        (PUBLIC_6, "fd00::1"),
        ("fd00::1",),
        ("169.254.169.254",),
        ("::ffff:10.0.0.5",),
        ("fe80::1%eth0",),
        ("no address",),
        (),
    ],
)
def test_a_name_is_called_only_where_all_its_addresses_are_public(
    answers: tuple[str, ...],
) -> None:
    with pytest.raises(http.Refused):
        http.fetch("GET", "https://metadata.example/", resolve=answering(*answers))


def test_a_name_of_public_addresses_may_be_called() -> None:
    target = target_of("https://Example.ORG/in?a=%C3%A4")
    assert (target.host, target.port, target.path) == (
        "example.org",
        443,
        "/in?a=%C3%A4",
    )
    assert addresses_of(target, answering(PUBLIC, PUBLIC_6, PUBLIC)) == [
        PUBLIC,
        PUBLIC_6,
    ]
    assert addresses_of(target_of(f"https://[{PUBLIC_6}]/"), nobody) == [PUBLIC_6]


ALLOWED = ["jira.internal", "chat.internal:8443", "10.0.0.9:*", " [fd00::9]:443"]


@pytest.mark.parametrize(
    ("url", "may"),
    [
        ("https://jira.internal/", True),
        ("http://jira.internal/", True),
        ("https://jira.internal:8443/", False),
        ("https://sub.jira.internal/", False),
        ("https://chat.internal:8443/", True),
        ("https://chat.internal/", False),
        ("http://10.0.0.9:6379/", True),
        ("https://10.0.0.8/", False),
        ("https://[fd00::9]/", True),
        ("https://[fd00::8]/", False),
    ],
)
def test_the_operator_names_what_may_be_called_inside(
    settings: Any, url: str, may: bool
) -> None:
    settings.OUTBOUND_ALLOW = ALLOWED
    try:
        found = addresses_of(target_of(url), answering("10.0.0.7"))
    except NotAllowed:
        found = []
    assert bool(found) is may


def test_what_clouds_answer_their_secrets_from_is_never_called(settings: Any) -> None:
    settings.OUTBOUND_ALLOW = ["169.254.169.254", "jira.internal"]
    for url, answer in (
        ("https://169.254.169.254/", ""),
        ("https://jira.internal/", "169.254.169.254"),
        ("https://jira.internal/", NOWHERE),
    ):
        with pytest.raises(NotAllowed):
            addresses_of(target_of(url), answering(answer))


def test_public_is_what_anybody_in_the_internet_has() -> None:
    assert [is_public(one) for one in (PUBLIC, PUBLIC_6, "1.1.1.1")] == [True] * 3


@pytest.mark.parametrize(
    "headers",
    [
        {"X-One": "a\r\nX-Two: b"},
        {"X-One": "a\nb"},
        {"X-One": "ä"},
        {"X-One\r\nX-Two": "a"},
        {"X One": "a"},
        {"Host": "evil.example"},
        {"Cookie": "a=b"},
        {"transfer-encoding": "chunked"},
    ],
)
def test_a_header_cannot_start_another_request(headers: dict[str, str]) -> None:
    with pytest.raises(http.Refused):
        http.fetch("GET", "https://example.org/", headers=headers, resolve=nobody)


def test_only_methods_that_are_used_are_sent() -> None:
    with pytest.raises(http.Refused):
        http.fetch("TRACE", "https://example.org/", resolve=nobody)
