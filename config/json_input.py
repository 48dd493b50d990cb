"""The one way JSON from outside is read.

`json.loads` alone lets through what breaks later: doubled keys, NaN, NUL for PostgreSQL
to choke on, nesting that ends the stack. What comes out of `parse_json` is safe to walk
and to store.
"""

import json
import math
import re
from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _

from config.limits import LIMITS, Limits

# C0 without tab and line ends, DEL, lone surrogates.
NOT_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


class BadJson(ValueError):
    """This JSON is refused; `str()` says why, `status` is the answer's status."""

    def __init__(self, message: str, *, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


def parse_json(raw: bytes, limits: Limits = LIMITS) -> Any:
    """The value of a JSON document in UTF-8, or BadJson."""
    if len(raw) > limits.json_body:
        raise BadJson(
            _("The JSON is larger than %(limit)s bytes.") % {"limit": limits.json_body},
            status=413,
        )
    try:
        value = json.loads(
            raw.decode("utf-8"),
            object_pairs_hook=_object_of(limits.json_keys),
            parse_constant=_refuse_constant,
            parse_float=_finite,
        )
    except RecursionError:
        raise _too_deep(limits) from None
    except BadJson:
        raise
    except UnicodeDecodeError:
        raise BadJson(_("The JSON is not in UTF-8.")) from None
    except json.JSONDecodeError as error:
        raise BadJson(
            _("This is not JSON: line %(line)s, column %(column)s.")
            % {"line": error.lineno, "column": error.colno}
        ) from None
    except ValueError:
        # Python's own limit on the digits of an integer.
        raise BadJson(_("A number in the JSON is too large.")) from None
    _check(value, limits)
    return value


def _object_of(most_keys: int) -> Callable[[list[tuple[str, Any]]], dict[str, Any]]:
    def build(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        built = dict(pairs)
        if len(built) != len(pairs):
            raise BadJson(_("A key occurs twice in one JSON object."))
        if len(pairs) > most_keys:
            raise BadJson(
                _("A JSON object has more than %(limit)s keys.") % {"limit": most_keys}
            )
        return built

    return build


def _refuse_constant(name: str) -> Any:
    raise BadJson(_("NaN and Infinity are not JSON."))


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise BadJson(_("A number in the JSON is too large."))
    return number


def _check(value: Any, limits: Limits) -> None:
    """Look at every string and every level, without recursion."""
    left: list[tuple[Any, int]] = [(value, 1)]
    while left:
        item, depth = left.pop()
        if isinstance(item, str):
            _check_string(item, limits)
        elif isinstance(item, dict | list):
            if depth > limits.json_depth:
                raise _too_deep(limits)
            if isinstance(item, dict):
                left.extend((key, depth) for key in item)
                item = item.values()
            left.extend((child, depth + 1) for child in item)


def _check_string(text: str, limits: Limits) -> None:
    if len(text) > limits.json_string:
        raise BadJson(
            _("A text in the JSON is longer than %(limit)s characters.")
            % {"limit": limits.json_string}
        )
    if NOT_TEXT.search(text):
        raise BadJson(_("The JSON contains control characters."))


def _too_deep(limits: Limits) -> BadJson:
    return BadJson(
        _("The JSON is nested deeper than %(limit)s levels.")
        % {"limit": limits.json_depth}
    )
