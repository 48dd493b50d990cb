"""One JSON object a line, without content: ids, never what people wrote."""

import json
import logging
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

LONGEST = 1_000

_TOKEN = re.compile(
    r"(/(?:invitations|password/reset|unsubscribe|hooks/trackers|feeds/actions)/"
    r"|[?&]token=)[\w:-]{20,}"
)


class TokensMasked(logging.Filter):
    """Addresses that let somebody in are not written down (BAR A7)."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        record.msg, record.args = _TOKEN.sub(r"\1…", message), ()
        return True


class RowlessFormatter(logging.Formatter):
    """Without the row that PostgreSQL names when a constraint refuses it."""

    def formatException(self, ei: Any) -> str:  # noqa: N802  the library's name
        text = super().formatException(ei)
        for detail in _details(ei[1]):
            text = text.replace(detail, "…")
        return text


def _details(error: BaseException | None) -> Iterator[str]:
    """What the database said in detail, of an error and of those that led to it."""
    while error is not None:
        detail = getattr(getattr(error, "diag", None), "message_detail", None)
        if detail:
            yield detail
        error = error.__cause__ or error.__context__


class JsonFormatter(RowlessFormatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage()[:LONGEST],
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)[-8 * LONGEST :]
        return json.dumps(line)
