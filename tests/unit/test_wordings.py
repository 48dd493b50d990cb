"""A wording for a piece of a text, and the piece found again in another one."""

from hypothesis import given
from hypothesis import strategies as st

from postmortems.wordings import put_in, wording_of

TEXT = "Readers saw old prices. An engineer forgot the topic. Support was asked twice."
WANTED = TEXT.replace("An engineer forgot the topic", "The topic was empty")


def put(text: str, stood: str = TEXT, wanted: str = WANTED) -> str | None:
    wording = wording_of(stood, wanted)
    assert wording is not None
    return put_in(text, wording)


def test_the_piece_is_the_words_that_differ() -> None:
    wording = wording_of("It was seen at nine.", "It was noticed at nine.")
    assert wording is not None
    assert (wording.stood, wording.words) == ("seen", "noticed")


def test_words_are_never_cut() -> None:
    wording = wording_of("The caches were stale.", "The cached copies were stale.")
    assert wording is not None
    assert (wording.stood, wording.words) == ("caches", "cached copies")


def test_what_is_only_added_is_known_by_the_word_beside_it() -> None:
    wording = wording_of("One two three", "One two and three")
    assert wording is not None
    assert (wording.stood, wording.words) == ("three", "and three")


def test_equal_texts_have_no_wording() -> None:
    assert wording_of(TEXT, TEXT) is None


def test_what_others_wrote_elsewhere_stays() -> None:
    longer = f"It began at nine. {TEXT} Nobody was paged."
    assert put(longer) == f"It began at nine. {WANTED} Nobody was paged."


def test_what_others_wrote_in_the_sentence_beside_it_stays() -> None:
    changed = TEXT.replace("old prices", "old prices and old stock")
    assert put(changed) == WANTED.replace("old prices", "old prices and old stock")


def test_words_that_are_gone_are_not_looked_for_elsewhere() -> None:
    stood, wanted = "The alert was late. It fired.", "The page was late. It fired."
    assert put("Support called. Another alert came.", stood, wanted) is None


def test_of_words_that_stand_often_the_place_counts() -> None:
    stood = "First the cache failed. Then the cache recovered. At last it was off."
    wanted = "First the cache failed. Then the proxy recovered. At last it was off."
    assert put(f"Before, the cache was new. {stood}", stood, wanted) == (
        f"Before, the cache was new. {wanted}"
    )


def test_a_text_where_nothing_stood_comes_behind_what_was_written_since() -> None:
    assert put("", "", "New.") == "New."
    assert put("Old.\n", "", "New.") == "Old.\n\nNew."


@given(st.text("ab .\n", max_size=60), st.text("ab .\n", max_size=60))
def test_in_the_text_it_was_made_from_it_makes_the_other(text: str, other: str) -> None:
    wording = wording_of(text, other)
    if wording is None:
        assert text == other
    else:
        assert put_in(text, wording) == other


def test_a_word_that_stands_everywhere_is_found_in_time() -> None:
    text = "a " * 100_000
    assert put(text, text, f"{text}b") is not None
