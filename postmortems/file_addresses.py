"""Addresses of evidence files, as they stand in what people write.

The size of a picture stands behind its address (`…/#1280x720`), so that a page leaves
room for it without asking the database.
"""

import re

UID_BYTES = 16
ADDRESS = re.compile(
    r"/incidents/(?P<reference>INC-\d{4}-\d\d-\d\d-\d{3,9})/files/(?P<uid>[0-9a-f]{32})/"
    r"(?:#(?P<width>[1-9]\d{0,4})x(?P<height>[1-9]\d{0,4}))?"
)


def address_of(
    reference: str, uid: str, *, width: int | None = None, height: int | None = None
) -> str:
    """The address within this installation, with a picture's size behind it."""
    size = f"#{width}x{height}" if width and height else ""
    return f"/incidents/{reference}/files/{uid}/{size}"


def is_address(text: str) -> bool:
    """Whether this is the address of an evidence file, of whichever report."""
    return ADDRESS.fullmatch(text) is not None


def uids_in(text: str) -> set[str]:
    """The evidence files that a text points at."""
    return {found["uid"] for found in ADDRESS.finditer(text)}
