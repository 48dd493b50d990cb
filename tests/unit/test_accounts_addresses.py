"""One spelling for each address, and one account for each spelling (BAR A25)."""

import pytest
from django.db import IntegrityError
from hypothesis import given
from hypothesis import strategies as st

from accounts.adapter import own_path
from accounts.addresses import normal_address
from accounts.models import User


@pytest.mark.parametrize(
    "spelling",
    [
        "kim@afterword.example",
        " KIM@Afterword.Example ",
        "\u212aim@afterword.example",  # the Kelvin sign
        "ｋｉｍ@afterword.example",
        "ki\u1d50@afterword.example",  # a raised m
    ],
)
def test_what_looks_like_one_address_is_one(spelling: str) -> None:
    assert normal_address(spelling) == "kim@afterword.example"


@given(st.text())
def test_normalising_twice_gives_what_normalising_once_gave(address: str) -> None:
    assert normal_address(normal_address(address)) == normal_address(address)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "spelling", ["kim@x.example", "KIM@x.example", "ｋim@x.example"]
)
def test_the_database_holds_one_account_for_each_address(spelling: str) -> None:
    User.objects.create_user("Kim@x.example", "a-long-password", name="Kim")
    with pytest.raises(IntegrityError):
        User.objects.create_user(spelling, "a-long-password", name="Another")


@given(st.text(max_size=40))
def test_no_text_after_two_slashes_is_a_path_of_ours(text: str) -> None:
    assert not own_path(f"//{text}")
    assert not own_path(f"/\\{text}")
    assert not own_path(f"https://{text}")


@pytest.mark.parametrize("path", ["/", "/people/?q=a%20b&page=2", "/incidents/#sect-1"])
def test_a_path_from_the_root_is_ours(path: str) -> None:
    assert own_path(path)
