"""The judge of pages is itself judged: it must see what it is there to see."""

import pytest

from tests.corpus import ATTACKS
from tests.security.inert import live_content

RAW = {name for name, text in ATTACKS.items() if text.startswith("<")} - {"noscript"}
"""Attacks that are HTML by themselves; of one the parser sees only an attribute."""
HARMLESS = (
    '<p title="pwnme()">pwnme() &lt;script&gt;</p>',
    '<a href="https://a.example/pwnme" rel="nofollow">x</a>',
    '<a href="/incidents/?q=pwnme">x</a>',
    '<input value="&lt;script&gt;pwnme()">',
    '<script src="/static/x.js" defer></script><script nonce="a">1</script>',
    '<i style="--p:var(--person-3)"></i>',
)
HARMFUL = (
    "<b class=pwnme>",
    "<b id=pwnme>",
    "<b data-x=pwnme>",
    "<a href='java\tscript:x'>",
    "<a href='//pwnme.example'>",
    "<a href='https://pwnme@host.example'>",
    "<a href='/sign-out/pwnme'>",
    "<i style='color:red'>",
    "<script>1</script>",
    "<script nonce=a>pwnme</script>",
    "<p pwnme>",
    "<x-pwnme>",
)


@pytest.mark.parametrize("name", sorted(RAW))
def test_an_attack_that_comes_through_is_seen(name: str) -> None:
    assert live_content(f'{ATTACKS[name]}">')


@pytest.mark.parametrize("html", HARMFUL)
def test_what_could_run_load_or_pose_is_seen(html: str) -> None:
    assert live_content(html)


@pytest.mark.parametrize("html", HARMLESS)
def test_what_is_only_shown_is_left_alone(html: str) -> None:
    assert live_content(html) == []
