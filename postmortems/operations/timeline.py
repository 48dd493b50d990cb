"""Write many timeline entries in one go."""

from collections.abc import Sequence
from datetime import datetime

from accounts.models import User
from postmortems.moments import Moment
from postmortems.operations.desk import Repeated, RequestKey, at_desk
from postmortems.operations.rows import place_row
from postmortems.parts import TIMELINE


def add_entries(
    postmortem_id: int,
    lines: Sequence[tuple[Moment | None, str]],
    *,
    by: User,
    at: datetime,
    key: RequestKey | None = None,
) -> int:
    """Add an entry for each (moment, text); all of them or none. Returns how many."""
    try:
        with at_desk(postmortem_id, by=by, at=at, key=key) as desk:
            added = [
                place_row(
                    desk,
                    TIMELINE,
                    {
                        "occurred_at": moment.at,
                        "precision": moment.precision,
                        "text": text,
                        "recorded_at": at,
                    },
                )
                for moment, text in lines
                if moment is not None
            ]
            desk.outcome["added"] = len(added)
            return len(added)
    except Repeated as repeated:
        return int(repeated.outcome["added"])
