"""Under which name the shared document of a report is known."""

_PREFIX = "report:"


def topic_of(postmortem_id: int) -> str:
    return f"{_PREFIX}{postmortem_id}"


def report_id(topic: str) -> int:
    return int(topic.removeprefix(_PREFIX))
