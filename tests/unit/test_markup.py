# ruff: noqa: E501  the corpus stands on whole lines
import re
import threading
import time
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postmortems.file_addresses import is_address
from postmortems.markup import (
    BLOCK_TAGS,
    INLINE_TAGS,
    LONGEST,
    REL,
    render,
    render_inline,
    to_plain,
)

LINK = f'rel="{REL}"'


class Tags(HTMLParser):
    """Every tag and attribute of a piece of HTML, as a browser would find them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def assert_harmless(html: str, tags: set[str]) -> None:
    for tag, attributes in Tags(html).found:
        assert tag in tags
        allowed = {"a": {"href", "title", "rel"}, "ol": {"start"}}.get(tag, set())
        assert set(attributes) <= allowed
        if tag == "a":
            assert attributes["rel"] == REL
            href = attributes.get("href") or "#"
            assert re.match(r"(https?://|mailto:|#)", href, re.IGNORECASE)
        if tag == "img":
            assert is_address(attributes["src"] or "")


# --- What people write ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("Alert `high_api_latency` fired", "Alert <code>high_api_latency</code> fired"),
        ("plain snake_case_word stays", "plain snake_case_word stays"),
        ("*em* and **strong**", "<em>em</em> and <strong>strong</strong>"),
        ("**a `b*` c**", "<strong>a <code>b*</code> c</strong>"),
        ("1. a line, no list", "1. a line, no list"),
        ("# no heading", "# no heading"),
        ("two\nlines", "two<br>lines"),
        ("a < b & c", "a &lt; b &amp; c"),
        ("[x](https://a.b/c_d?e=1&f=2)", f'<a href="https://a.b/c_d?e=1&amp;f=2" {LINK}>x</a>'),
        ('[x](http://a.b "Title")', f'<a href="http://a.b" title="Title" {LINK}>x</a>'),
        ("[a [b] c](http://x)", f'<a href="http://x" {LINK}>a [b] c</a>'),
        ("[a](http://x/y_(z))", f'<a href="http://x/y_(z)" {LINK}>a</a>'),
        ("<me@example.org>", f'<a href="mailto:me@example.org" {LINK}>me@example.org</a>'),
        ("see http://a.b/c_d.", f'see <a href="http://a.b/c_d" {LINK}>http://a.b/c_d</a>.'),
        ("`http://a.b`", "<code>http://a.b</code>"),
        ("[here](#entry-12)", f'<a href="#entry-12" {LINK}>here</a>'),
        ("![graph](http://a/x.png)", f'<a href="http://a/x.png" {LINK}>graph</a>'),
        ("[![badge](http://a/i)](http://b)", f'<a href="http://b" {LINK}>badge</a>'),
        ("[a](ftp-less", "[a](ftp-less"),
        (r"\*not em\*", "*not em*"),
        ("", ""),
    ],
)  # fmt: skip
def test_a_line_keeps_its_code_emphasis_and_links(text: str, html: str) -> None:
    assert render_inline(text) == html


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("# Title", "<h3>Title</h3>"),
        ("Title\n-----\ntext", "<h3>Title</h3>\n<p>text</p>"),
        ("#4711 is a ticket", "<p>#4711 is a ticket</p>"),
        ("text\n# Title\nmore", "<p>text</p>\n<h3>Title</h3>\n<p>more</p>"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
        ("3. a\n4. b", '<ol start="3">'),
        ("> quoted", "<blockquote>\n<p>quoted</p>\n</blockquote>"),
        (
            "```python\nx_y < 1 # a\n# b\n```",
            "<pre><code>x_y &lt; 1 # a\n# b\n</code></pre>",
        ),
        ("|a|b|\n|-|-|\n|1|2|", "<td>1</td>"),
        ("[one][1]\n\n[1]: http://one.x", f'<a href="http://one.x" {LINK}>one</a>'),
        ("[two]\n\n[two]: http://two.x", f'<a href="http://two.x" {LINK}>two</a>'),
        ("hard  \nbreak", "hard<br>"),
        ("a\r\n\r\nb", "<p>a</p>\n<p>b</p>"),
    ],
)
def test_prose_keeps_its_blocks(text: str, part: str) -> None:
    assert part in render(text)


OURS = "/incidents/INC-2026-03-05-001/files/0123456789abcdef0123456789abcdef/"
THEIRS = OURS.replace("-001", "-002")


def test_a_picture_of_the_reports_own_evidence_is_shown_with_room_for_it() -> None:
    html = render(f"![Queue <depth>]({OURS}#1280x720)", "INC-2026-03-05-001")
    assert re.fullmatch(
        rf'<p><a href="{OURS}#1280x720" {LINK}><img [^<>]*></a></p>', html
    )
    for attribute in (
        f'src="{OURS}#1280x720"',
        'alt="Queue &lt;depth&gt;"',
        'width="1280"',
        'height="720"',
        'loading="lazy"',
    ):
        assert attribute in html


@pytest.mark.parametrize(
    "address",
    [
        THEIRS,
        f"https://elsewhere.example{OURS}",
        f"//elsewhere.example{OURS}",
        f"{OURS}../../edit/",
        f"{OURS}?a=b",
        OURS.replace("/files/", "/edit/"),
        "http://a/x.png",
        "data:image/png;base64,AAAA",
    ],
)
def test_no_other_picture_is_loaded(address: str) -> None:
    assert "<img" not in render(f"![x]({address})", "INC-2026-03-05-001")


def test_a_picture_without_a_report_around_it_is_its_words() -> None:
    assert render_inline(f"![x]({OURS})") == f'<a href="{OURS}" {LINK}>x</a>'
    assert to_plain(f"see ![the queue]({OURS})") == "see the queue"


def test_a_file_is_linked_and_no_other_address_without_a_host() -> None:
    assert render(f"[log]({OURS})") == f'<p><a href="{OURS}" {LINK}>log</a></p>'
    assert render("[log](/incidents/)") == f"<p><a {LINK}>log</a></p>"


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Alert `x_y` fired", "Alert x_y fired"),
        ("# T\n\n- a `b`\n- [c](http://x)", "T\na b\nc"),
        ("|a|b|\n|-|-|\n|1|2|", "a b\n1 2"),
        ("<b>a</b> & b", "<b>a</b> & b"),
        ("plain words", "plain words"),
        ("- one", "one"),
    ],
)
def test_plain_text_is_the_words_alone(text: str, plain: str) -> None:
    assert to_plain(text) == plain


# --- What attackers write -------------------------------------------------------------

ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">',
    "<template><script>alert(1)</script></template>",
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
    '<style><img src="</style><img src=x onerror=alert(1)//">',
    '<a href="javascript:alert(1)',
    "</textarea><script>alert(1)</script>",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<!--><script>alert(1)</script>-->",
    "<?php echo 1 ?>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](<java",
    "script:alert(1)>)",
    "[x](&#106;avascript:alert(1))",
    "[x](javascript&colon;alert(1))",
    "[x](\x01javascript:alert(1))",
    "[x](vbscript:msgbox(1))",
    "[x](data:text/html,<script>alert(1)</script>)",
    "[x](blob:http://a/b)",
    "[x](file:///etc/passwd)",
    "[x](//evil.example)",
    "[x](/incidents)",
    "[x](\\\\evil.example)",
    "[x](https:evil.example)",
    "<javascript:alert(1)>",
    "<javascript://%0aalert(1)>",
    "[x]: javascript:alert(1)",
    "[x][x]",
    "",
    '[x]: javascript:alert(1) "t"',
    "![x](javascript:alert(1))",
    '![" onerror="alert(1)](http://a/" onerror="alert(1))',
    '[x](http://a "\\" onmouseover=alert(1) x=\\"")',
    "[x](http://a '\" onmouseover=\"alert(1)')",
    '[x](http://a" onmouseover="alert(1))',
    'http://a.b/"onmouseover="alert(1)',
    '|a" onmouseover="alert(1)|b|',
    "|-|-|",
    "|<script>|2|",
    '```"><script>alert(1)</script>',
    "x",
    "```",
    '``` { .x onclick="alert(1)" data-hx-get="/x" }',
    "x",
    "```",
    '<div data-hx-get="/pwn" data-hx-trigger="load">',
    '<div hx-get="/pwn" hx-trigger="load">',
    '<p data-action="click->x" data-controller="x" x-data="{}" _="on load" on:click="x" is="y">',
    '<form action="/x"><input name="action" id="csrf"><button formaction="/y">',
    '<base href="//evil"><meta http-equiv=refresh content="0;url=//evil"><link rel=stylesheet href=x>',
    '<p style="position:fixed;inset:0" class="modal-backdrop" id="csrf" name="action">',
    '<iframe srcdoc="<script>alert(1)</script>">',
    "\x02klzzwxh:0000\x03 \x02amp\x03 \x02wzxhzdk:0\x03",
    "`<script>`<script>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;alert(1)&#60;/script&#62;",
    '{: onclick="alert(1)" }',
    '[a](http://x){: onclick="alert(1)" }',
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_attack_leaves_a_live_tag_or_attribute(attack: str) -> None:
    attack = attack.replace("\\n", "\n").replace("\\t", "\t")
    for context in (
        "{}",
        "- {}",
        "> {}",
        "# {}",
        "**{}**",
        "a {}\n\nb",
        "|a|\n|-|\n|{}|",
    ):
        text = context.replace("{}", attack)
        assert_harmless(render(text), BLOCK_TAGS)
        assert_harmless(render_inline(text), INLINE_TAGS)


def test_all_attacks_at_once_are_harmless() -> None:
    text = "\n\n".join(ATTACKS)
    assert_harmless(render(text), BLOCK_TAGS)
    assert_harmless(render_inline(text), INLINE_TAGS)


@given(st.text(alphabet="<>\"'&;:()[]!`*_#|-=\\/ \n\tahref=x", max_size=80))
def test_no_text_raises_or_leaves_a_live_tag(text: str) -> None:
    assert_harmless(render(text), BLOCK_TAGS)
    assert_harmless(render_inline(text), INLINE_TAGS)
    assert isinstance(to_plain(text), str)


# --- What takes long ------------------------------------------------------------------

PUMPS = [
    "[", "![", "<", "*_", "*a_ ", "`", "``a", "\\`", "[a](", "![a](<", "[a][", "[](", "[]",
    "> ", "- ", "1. ", "* ", "==\n", "-\n", "# a\n", "a\n-\n\n", "|", "|-", "a|b\n-|-\n",
    "<http://", "<a@", "<!--", "&", "http://", "[a](http://x) ", "[[a](b)](c) ",
    "```\n", "~~~ a\n", "  - a\n", "\n", "\\*", "**a ", "***a", "[a]: http://x\n", "(", " ",
    "# ", "[ ]( ", "[x](y \"", "http://a.,",
]  # fmt: skip


@pytest.mark.parametrize("pump", PUMPS)
def test_twenty_thousand_characters_of_anything_take_less_than_two_seconds(
    pump: str,
) -> None:
    text = (pump * 20_000)[:20_000]
    # Never cached: each run has its own beginning.
    for convert in (render, render_inline, to_plain):
        started = time.thread_time()
        convert(f"{convert.__name__} {text}"[:20_000])
        assert time.thread_time() - started < 2


@pytest.mark.parametrize("pump", PUMPS)
def test_the_longest_text_takes_no_more_than_its_two_seconds(pump: str) -> None:
    started = time.thread_time()
    render((pump * LONGEST)[:LONGEST])
    assert time.thread_time() - started < 4


@pytest.mark.parametrize(
    "text",
    [
        "|a" * 5_000 + "\n" + "|-" * 5_000 + "\n" + "|1" * 5_000,
        "> " * 200 + "deep",
        "\n".join(f"{'    ' * depth}- a" for depth in range(200)),
        "\n".join(f"[{number}]: http://x" for number in range(5_000)),
        "[^1] " * 5_000,
        "a" * (LONGEST + 1),
    ],
    ids=["columns", "quotes", "lists", "references", "footnotes", "length"],
)
def test_what_nobody_writes_is_still_shown(text: str) -> None:
    started = time.thread_time()
    assert_harmless(render(text), BLOCK_TAGS)
    assert time.thread_time() - started < 2


def test_a_text_beyond_markdown_is_shown_as_typed_and_whole() -> None:
    text = "<b>*a*</b>\nline\n\n" + "x" * LONGEST + " end"
    html = render(text)
    assert html.startswith("<p>&lt;b&gt;*a*&lt;/b&gt;<br>line</p><p>x")
    assert html.endswith(" end</p>")


def test_threads_do_not_disturb_one_another() -> None:
    texts = [
        f"*{number}* [{number}](http://x/{number}) `{number}`" for number in range(40)
    ]
    expected = [render_inline(text + " ").strip() for text in texts]
    found = {}

    def work(worker: int) -> None:
        found[worker] = [render_inline(text + "\t").strip() for text in texts]

    threads = [threading.Thread(target=work, args=(worker,)) for worker in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(rendered == expected for rendered in found.values())
