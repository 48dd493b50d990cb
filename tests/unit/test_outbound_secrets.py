"""Secrets at rest: sealed, sealed anew with another key, never readable without one."""

from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from outbound.models import ChatHook
from outbound.secrets import SEALED, CannotUnseal, seal, unseal

OLD, NEW = "an old key " * 6, "a newer key " * 6
ADDRESS = "https://chat.example/hooks/zebrafinch"


def test_what_is_sealed_can_be_unsealed_and_is_never_the_same_twice() -> None:
    sealed = seal(ADDRESS)
    assert unseal(sealed) == ADDRESS
    assert "zebrafinch" not in sealed
    assert seal(ADDRESS) != sealed


@pytest.mark.parametrize("damage", ["", "nonsense", "cut"])
def test_what_no_key_fits_is_an_error_without_the_text(damage: str) -> None:
    sealed = seal(ADDRESS)[:-4] if damage == "cut" else damage
    with pytest.raises(CannotUnseal) as error:
        unseal(sealed)
    assert "zebra" not in str(error.value)


@pytest.fixture
def hook(db: None, settings: Any) -> ChatHook:
    settings.ENCRYPTION_KEY = OLD
    return ChatHook.objects.create(
        name="Ops",
        flavour="slack",
        address=seal(ADDRESS),
        host="chat.example",
        created_at=timezone.now(),
    )


def address_of(hook: ChatHook) -> str:
    hook.refresh_from_db()
    return unseal(hook.address)


def test_a_key_of_before_opens_until_all_is_sealed_anew(
    hook: ChatHook, settings: Any
) -> None:
    settings.ENCRYPTION_KEY, settings.ENCRYPTION_KEY_FALLBACKS = NEW, [OLD]
    assert address_of(hook) == ADDRESS
    call_command("rotate_secrets")
    settings.ENCRYPTION_KEY_FALLBACKS = []
    assert address_of(hook) == ADDRESS


def test_rotating_says_what_no_key_fits(hook: ChatHook, settings: Any) -> None:
    settings.ENCRYPTION_KEY = NEW
    with pytest.raises(CommandError, match="No key fits for 1"):
        call_command("rotate_secrets")
    settings.ENCRYPTION_KEY = OLD
    assert address_of(hook) == ADDRESS


def test_the_addresses_of_chats_are_among_what_is_sealed() -> None:
    assert "address" in SEALED["outbound.ChatHook"]
