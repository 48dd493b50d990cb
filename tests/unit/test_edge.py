import asyncio
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import AsyncRequestFactory, RequestFactory

from config.edge import METHODS, EdgeMiddleware, Refusal, bounded, refuse_bad_scope
from config.limits import LIMITS

FORM = "application/x-www-form-urlencoded"


def answer(request: HttpRequest) -> HttpResponse:
    return EdgeMiddleware(lambda request: HttpResponse("in"))(request)


def get(path: str = "/", query: str = "", **headers: Any) -> HttpResponse:
    return answer(RequestFactory().get(path, QUERY_STRING=query, **headers))


def post(body: bytes, content_type: str = FORM, **headers: Any) -> HttpResponse:
    request = RequestFactory().generic("POST", "/", body, content_type, **headers)
    return answer(request)


def refusal(**changes: Any) -> Refusal:
    """What is answered to a scope that differs so; it is refused."""
    found = refuse_bad_scope(scope(**changes))
    assert found is not None
    return found


def scope(**changes: Any) -> dict[str, Any]:
    return {
        "type": "http",
        "method": "GET",
        "path": "/",
        "raw_path": b"/",
        "query_string": b"",
        "headers": [],
        **changes,
    }


def test_an_ordinary_request_passes() -> None:
    assert (
        get("/incidents/Caf%C3%A9", "q=%F0%9F%92%A5+100%25&tag=a%0Ab").status_code
        == 200
    )


@pytest.mark.parametrize("method", METHODS)
def test_each_offered_method_passes(method: str) -> None:
    assert answer(RequestFactory().generic(method, "/")).status_code == 200


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "FOO", "get", "PROPFIND"])
def test_any_other_method_is_told_which_are_offered(method: str) -> None:
    request = RequestFactory().generic(method, "/")
    request.method = method
    response = answer(request)
    assert (response.status_code, response["Allow"]) == (405, ", ".join(METHODS))


@pytest.mark.parametrize(
    "path", ["/%00", "/a%0d%0ab", "/%ff", "/%c0%af", "/%ed%a0%80", "/%1b", "/%7f"]
)
def test_a_path_that_is_not_text_is_refused(path: str) -> None:
    assert get(path).status_code == 400
    assert refusal(raw_path=path.encode()).status == 400


@pytest.mark.parametrize("query", ["q=%00", "%00=q", "q=%ff", "q=%ed%a0%80", "q=%01"])
def test_a_query_that_is_not_text_is_refused(query: str) -> None:
    assert get(query=query).status_code == 400
    assert refusal(query_string=query.encode()).status == 400


@pytest.mark.parametrize(
    "cookie", ['sessionid="\\000aaaaaaaaaaaa"', "a=\x01", "a=\xff", 'a="\\012b"']
)
def test_a_cookie_that_is_not_text_is_refused(cookie: str) -> None:
    assert get(HTTP_COOKIE=cookie).status_code == 400
    headers = [(b"cookie", cookie.encode("latin-1"))]
    assert refusal(headers=headers).status == 400


def test_a_header_with_a_line_end_is_refused() -> None:
    assert get(HTTP_X_ANYTHING="a\r\nb").status_code == 400


@pytest.mark.parametrize(("extra", "status"), [(-1, 200), (0, 200), (1, 414)])
def test_an_address_has_a_limit(extra: int, status: int) -> None:
    path = "/" + "a" * (LIMITS.url - 100 - 2)
    assert get(path, "q" * (100 + extra)).status_code == status


@pytest.mark.parametrize(("count", "status"), [(999, 200), (1_000, 200), (1_001, 400)])
def test_an_address_has_a_limited_number_of_parameters(count: int, status: int) -> None:
    assert get(query="&".join(["a=1"] * count)).status_code == status


@pytest.mark.parametrize(("extra", "refused"), [(-1, False), (0, False), (1, True)])
def test_headers_have_a_limit(extra: int, refused: bool) -> None:
    headers = [(b"x-a", b"a" * (LIMITS.header_block - 7 + extra))]
    refusal = refuse_bad_scope(scope(headers=headers))
    assert (refusal is not None and refusal.status == 431) is refused


def test_five_thousand_headers_are_refused_under_wsgi() -> None:
    assert get(**{f"HTTP_X_{n}": "a" for n in range(5_000)}).status_code == 431


@pytest.mark.parametrize(
    ("content_type", "limit"),
    [
        (FORM, LIMITS.form_body),
        ("application/json", LIMITS.json_body),
        ("application/json; charset=utf-8", LIMITS.json_body),
        ("text/plain", LIMITS.json_body),
        ("", LIMITS.json_body),
        ("multipart/form-data; boundary=x", LIMITS.upload_body),
    ],
)
def test_a_body_has_the_limit_of_its_type(content_type: str, limit: int) -> None:
    def stated(length: int) -> Any:
        headers = [
            (b"content-type", content_type.encode()),
            (b"content-length", str(length).encode()),
        ]
        return refuse_bad_scope(scope(method="POST", headers=headers))

    assert stated(limit - 1) is None
    assert stated(limit) is None
    assert stated(limit + 1).status == 413


@pytest.mark.parametrize("length", [b"-1", b"1e9", b"9" * 40, b"0x10"])
def test_a_length_that_is_no_number_is_refused(length: bytes) -> None:
    assert refusal(headers=[(b"content-length", length)]).status == 400


@pytest.mark.parametrize(
    "body", [b"a=%00", b"%00=a", b"a=%ff", b"a=\xff", b"a=%ed%a0%80"]
)
def test_a_form_that_is_not_text_is_refused(body: bytes) -> None:
    assert post(body).status_code == 400


def test_a_pasted_terminal_log_in_a_form_passes() -> None:
    assert post(b"log=%1B[31mred%0D%0Anext").status_code == 200


def test_a_multipart_form_with_nul_is_refused() -> None:
    request = RequestFactory().post("/", {"title": "a\x00b"})
    assert answer(request).status_code == 400


def test_a_multipart_form_can_still_be_read_behind_the_edge() -> None:
    request = RequestFactory().post("/", {"title": "Café"})
    seen = EdgeMiddleware(lambda request: HttpResponse(request.POST["title"]))(request)
    assert seen.content.decode() == "Café"


def test_a_json_body_is_left_for_the_view() -> None:
    assert post(b"\xff{", "application/json").status_code == 200


def test_the_middleware_reads_what_asgi_was_sent() -> None:
    request = AsyncRequestFactory().get("/", {"q": "\x00"})
    assert answer(request).status_code == 400


# --- Around an ASGI application -------------------------------------------------------


def exchange(chunks: list[bytes], **changes: Any) -> Any:
    """What `bounded` sends when a body arrives in these chunks."""
    sent: list[Any] = []
    queue = [
        {"type": "http.request", "body": chunk, "more_body": number < len(chunks)}
        for number, chunk in enumerate(chunks, start=1)
    ]

    async def receive() -> Any:
        return queue.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    async def application(scope: Any, receive: Any, send: Any) -> None:
        while (await receive())["more_body"]:
            pass
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"in"})

    asyncio.run(bounded(application)(scope(method="POST", **changes), receive, send))
    return sent


def test_a_body_within_its_limit_reaches_the_application() -> None:
    assert exchange([b"a" * 400_000, b"a" * 600_000])[0]["status"] == 200


def test_a_body_that_never_ends_is_cut_off() -> None:
    sent = exchange([b"a" * 600_000, b"a" * 400_001, b"never read"])
    assert sent[0]["status"] == 413


def test_a_body_that_the_disk_has_no_room_for_is_told_so() -> None:
    sent: list[Any] = []

    async def application(_scope: Any, _receive: Any, _send: Any) -> None:
        await asyncio.to_thread(Path("/dev/full").write_bytes, b"a")

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(bounded(application)(scope(method="POST"), lambda: None, send))  # type: ignore[arg-type, return-value]
    assert sent[0]["status"] == 507
    assert b"no room" in sent[1]["body"]


def test_a_bad_scope_never_reaches_the_application() -> None:
    sent = exchange([b""], query_string=b"q=%00")
    assert sent[0]["status"] == 400
    assert (b"x-content-type-options", b"nosniff") in sent[0]["headers"]


def test_a_websocket_goes_through_to_its_own_checks() -> None:
    assert refuse_bad_scope(scope(type="websocket", method=None)) is None


@pytest.mark.parametrize(
    "header", ["Content-Security-Policy", "X-Content-Type-Options", "Cache-Control"]
)
def test_a_refusal_carries_the_headers_of_every_answer(header: str) -> None:
    assert get("/%00").has_header(header)
