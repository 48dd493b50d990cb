"""Messages that are due: claimed, asked about anew, put into words, handed over."""

from datetime import datetime


def send_due(now: datetime) -> int:
    """Send what is due until nothing is; how many deliveries were worked on."""
    raise NotImplementedError
