"""One JSON object a line, without content: ids, never what people wrote."""

import json
import logging
from datetime import UTC, datetime

LONGEST = 1_000


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
