"""One JSON object a line, without content: ids, never what people wrote."""

import json
import logging
import re
from datetime import UTC, datetime

LONGEST = 1_000

_TOKEN = re.compile(r"(/(?:invitations|password/reset)/|[?&]token=)[\w-]{20,}")


class TokensMasked(logging.Filter):
    """Addresses that let somebody in are not written down (BAR A7)."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        record.msg, record.args = _TOKEN.sub(r"\1…", message), ()
        return True


class JsonFormatter(logging.Formatter):
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
