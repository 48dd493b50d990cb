"""Filters that stand in the address of a list, checked and written in one order."""

from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import urlencode

from django import forms
from django.http import QueryDict
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

MOST_CHOSEN = 20

SELECTED = SafeString(" selected")
CHECKED = SafeString(" checked")


class AddressFilters(forms.Form):
    """Every filter of a list. Nothing in an address is ignored: what is not here is
    refused by name, what is here is checked.
    """

    data: QueryDict
    NAMES: ClassVar[tuple[str, ...]]
    PLACES: ClassVar[tuple[str, ...]]
    """What says which page of the list it is."""
    SEVERAL: ClassVar[frozenset[str]] = frozenset()
    """Filters of which more than one value can be on."""
    TOGETHER: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    """Filters that are chosen in one panel and read as one sentence."""
    USUAL: ClassVar[Mapping[str, str]] = {}
    """Values that addresses leave out: they hold anyway, and filter nothing."""
    LEAVE_NOTHING_OUT: ClassVar[frozenset[str]] = frozenset()
    """What is no filter: the order, which view it is."""

    def _offer(self, name: str, choices: list[tuple[str, str]]) -> None:
        field: Any = self.fields[name]
        field.choices = choices

    @property
    def unknown(self) -> list[str]:
        """Names in the address that are no filter."""
        return sorted(set(self.data) - {*self.NAMES, *self.PLACES})

    def clean(self) -> dict[str, Any]:
        for name in self.unknown[:1]:
            self.add_error(
                None,
                _("“%(name)s” is not a filter of this list.") % {"name": name[:40]},
            )
        for name in self.NAMES:
            most = MOST_CHOSEN if name in self.SEVERAL else 1
            if len(self.data.getlist(name)) > most:
                self.add_error(name, _("Choose fewer."))
        return self.cleaned_data

    def pairs(self, *, without: str = "") -> list[tuple[str, str]]:
        """The filters that are on, in the one order in which addresses name them."""
        found: list[tuple[str, str]] = []
        leave_out = self.TOGETHER.get(without, (without,))
        for name in self.NAMES:
            value = self.cleaned_data.get(name)
            if not value or name in leave_out or self.USUAL.get(name) == value:
                continue
            if value is True:
                found.append((name, "on"))
            elif isinstance(value, list):
                found += [(name, str(item)) for item in sorted(set(value))]
            else:
                found.append((name, str(value)))
        return found

    def query_string(self, *, without: str = "", **more: str) -> str:
        """What the address carries; a place is left out unless it is in `more`."""
        pairs = [*self.pairs(without=without), *more.items()]
        return urlencode(pairs)

    @property
    def on(self) -> bool:
        """Whether anything is left out of the list by a filter."""
        return any(name not in self.LEAVE_NOTHING_OUT for name, _value in self.pairs())

    def chosen(self, name: str) -> set[str]:
        """What stands in the address, right or wrong."""
        return set(self.data.getlist(name))

    def options_html(self, name: str) -> SafeString:
        """The <option>s of a select box; Django's widgets take a template for each."""
        return format_html_join(
            "",
            '<option value="{}"{}>{}</option>',
            (
                (value, SELECTED if value in self.chosen(name) else "", label)
                for value, label in self._choices(name)
            ),
        )

    def boxes_html(self, name: str) -> SafeString:
        """One labelled checkbox for each choice."""
        return format_html_join(
            "",
            '<label class="filter__choice"><input class="check" type="checkbox"'
            ' name="{}" value="{}"{}> {}</label>',
            (
                (name, value, CHECKED if value in self.chosen(name) else "", label)
                for value, label in self._choices(name)
            ),
        )

    def _choices(self, name: str) -> list[tuple[str, str]]:
        field: Any = self.fields[name]
        return [(str(value), label) for value, label in field.choices]

    def chosen_words(self, name: str) -> str:
        """The labels of what is on, as the end of a sentence; "" where none is."""
        value = self.cleaned_data.get(name)
        if not value:
            return ""
        chosen = value if isinstance(value, list) else [value]
        return ", ".join(
            str(label) for key, label in self._choices(name) if key in chosen
        )
