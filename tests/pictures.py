"""Pictures to upload, made here and small."""

from io import BytesIO
from typing import Any

from PIL import Image


def picture(
    format_name: str = "PNG", size: tuple[int, int] = (40, 20), **how: Any
) -> bytes:
    """A red picture of that size, as that format writes it."""
    written = BytesIO()
    Image.new("RGB", size, "red").save(written, format_name, **how)
    return written.getvalue()
