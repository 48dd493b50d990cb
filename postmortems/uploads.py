"""What of an uploaded file becomes evidence: the type by its content, a picture anew.

| content | becomes |
|---|---|
| PNG, JPEG, WebP, GIF | a picture, written anew: no metadata, the first frame |
| PDF | as it came, to be downloaded |
| UTF-8 or UTF-16, named .txt, .log, .csv, .json, .md | text, to be downloaded |
| anything else | refused |

The extension never decides what a file is: one that says something else is set right.
"""

import re
import struct
from dataclasses import dataclass
from io import BytesIO
from pathlib import PurePosixPath
from threading import BoundedSemaphore

from django.utils.translation import gettext as _
from PIL import Image, ImageOps

from config.limits import LIMITS
from config.plaintext import BadText, clean_text
from postmortems.models import EvidenceFile
from postmortems.policies import Refusal

Type = EvidenceFile.Type

EXTENSIONS: dict[str, tuple[str, ...]] = {
    Type.PNG: (".png",),
    Type.JPEG: (".jpg", ".jpeg"),
    Type.WEBP: (".webp",),
    Type.PDF: (".pdf",),
    Type.TEXT: (".txt", ".log", ".csv", ".json", ".md"),
}
"""What a name of that type may end in; the first where it ends in something else."""
AT_ONCE = 2
"""Pictures that one process decodes at the same time: each may take 300 MB."""

_PICTURES = {
    b"\x89PNG\r\n\x1a\n": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"GIF87a": "GIF",
    b"GIF89a": "GIF",
}
_BECOMES = {"PNG": Type.PNG, "JPEG": Type.JPEG, "WEBP": Type.WEBP, "GIF": Type.PNG}
_HOW: dict[str, dict[str, int]] = {
    Type.PNG: {"compress_level": 4},
    Type.JPEG: {"quality": 90},
    Type.WEBP: {"quality": 90, "method": 2},
}
_TWO_BYTES = (b"\xff\xfe", b"\xfe\xff")
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_decoding = BoundedSemaphore(AT_ONCE)

# Our own limit is asked before anything is decoded, and refuses in a sentence.
Image.MAX_IMAGE_PIXELS = None


class WrongType(Refusal):
    """This is no file that is taken as evidence (415)."""


class TooLarge(Refusal):
    """A picture with more pixels than are decoded (413)."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that is fit to be kept."""

    name: str
    content: bytes
    content_type: str
    width: int | None = None
    height: int | None = None


def read_upload(name: str, content: bytes) -> Upload:
    """Judge a file by its content. Raises WrongType or TooLarge, with a sentence."""
    if not content:
        raise WrongType(_("This file is empty."))
    if format_name := _picture_format(content):
        return _written_anew(name, content, format_name)
    if content.startswith(b"%PDF-"):
        return Upload(_named(name, Type.PDF), content, Type.PDF)
    if PurePosixPath(name.lower()).suffix in EXTENSIONS[Type.TEXT]:
        text = _as_utf8(content)
        if text is not None:
            return Upload(_named(name, Type.TEXT), text, Type.TEXT)
    raise WrongType(
        _(
            "Evidence is a picture (PNG, JPEG, WebP, GIF), a PDF, or text"
            " (.txt, .log, .csv, .json, .md)."
        )
    )


# --- Pictures -------------------------------------------------------------------------


def _picture_format(content: bytes) -> str | None:
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return "WEBP"
    return next((f for mark, f in _PICTURES.items() if content.startswith(mark)), None)


def _written_anew(name: str, content: bytes, format_name: str) -> Upload:
    """The picture without what is not seen: place, device, comments, frames."""
    becomes = _BECOMES[format_name]
    with _decoding:
        try:
            if format_name == "WEBP":
                _check_pixels(*_webp_size(content))
            with Image.open(BytesIO(content), formats=[format_name]) as picture:
                _check_pixels(*picture.size)
                shown = _only_what_is_seen(picture)
            written = BytesIO()
            shown.save(written, becomes.partition("/")[2].upper(), **_HOW[becomes])
        except Refusal:
            raise
        except (
            Exception
        ) as error:  # decoders raise anything, and never the file's fault
            raise WrongType(_("This picture cannot be read.")) from error
    width, height = shown.size
    return Upload(_named(name, becomes), written.getvalue(), becomes, width, height)


def _check_pixels(width: int, height: int) -> None:
    if width * height > LIMITS.picture_pixels:
        raise TooLarge(
            _("This picture is larger than %(limit)s megapixels.")
            % {"limit": LIMITS.picture_pixels // 1_000_000}
        )


def _webp_size(content: bytes) -> tuple[int, int]:
    """As the file says; the library takes memory for it as soon as it opens one."""
    kind = content[12:16]
    if kind == b"VP8X":
        width, height = content[24:27], content[27:30]
        return int.from_bytes(width, "little") + 1, int.from_bytes(height, "little") + 1
    if kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", content, 21)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    width, height = struct.unpack_from("<HH", content, 26)
    return width & 0x3FFF, height & 0x3FFF


def _only_what_is_seen(picture: Image.Image) -> Image.Image:
    """The first frame, upright, in a plain mode."""
    upright = ImageOps.exif_transpose(picture)
    if upright.has_transparency_data and picture.format != "JPEG":
        mode = "RGBA"
    else:
        mode = "L" if upright.mode in {"1", "L"} else "RGB"
    shown = upright.convert(mode)
    shown.info.clear()
    return shown


# --- Text and names -------------------------------------------------------------------


def _as_utf8(content: bytes) -> bytes | None:
    """The text; None for what is none. A terminal's colours may stand in it."""
    encoding = "utf-16" if content.startswith(_TWO_BYTES) else "utf-8"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        return None
    return None if _CONTROLS.search(text) else text.encode()


def _named(name: str, content_type: str) -> str:
    """The name without what could mislead, and with an extension that is true."""
    try:
        cleaned = clean_text(name.replace("\x00", ""), limit=10_000, lines=False)
    except BadText:
        cleaned = ""
    path = PurePosixPath(cleaned.replace("\\", "/").rpartition("/")[2])
    stem, suffix = path.stem, path.suffix
    if suffix.lower() not in EXTENSIONS[content_type]:
        stem, suffix = path.name, EXTENSIONS[content_type][0]
    stem = stem.strip(" .-~")[: LIMITS.name - len(suffix)]
    return (stem.rstrip() or _("file")) + suffix.lower()
