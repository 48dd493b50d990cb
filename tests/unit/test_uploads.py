"""What an uploaded file becomes: decided by its content, never by its name."""

import json
import struct
import zlib
from io import BytesIO

import pytest
from PIL import Image

from config.limits import LIMITS
from postmortems.uploads import TooLarge, Upload, WrongType, read_upload
from tests.pictures import picture

TEXT = "09:30 alert fired, naïve"


def opened(upload: Upload) -> Image.Image:
    return Image.open(BytesIO(upload.content))


@pytest.mark.parametrize(
    ("format_name", "content_type", "name"),
    [
        ("PNG", "image/png", "shot.png"),
        ("JPEG", "image/jpeg", "shot.jpg"),
        ("WEBP", "image/webp", "shot.webp"),
        ("GIF", "image/png", "shot.png"),
    ],
)
def test_a_picture_is_told_by_its_content(
    format_name: str, content_type: str, name: str
) -> None:
    upload = read_upload("shot.exe.txt", picture(format_name))
    assert (upload.content_type, upload.width, upload.height) == (content_type, 40, 20)
    assert upload.name == f"shot.exe.txt{name[4:]}"
    assert opened(upload).getpixel((3, 3)) is not None


@pytest.mark.parametrize(
    ("name", "content", "content_type", "shown"),
    [
        ("a.log", TEXT.encode(), "text/plain", "a.log"),
        ("a.JSON", json.dumps({"a": 1}).encode(), "text/plain", "a.json"),
        ("a.csv", TEXT.encode("utf-16"), "text/plain", "a.csv"),
        ("a.txt", b"<script>alert(1)</script>", "text/plain", "a.txt"),
        ("a.txt", b"\x1b[31mred\x1b[0m", "text/plain", "a.txt"),
        ("a.txt", b"x", "text/plain", "a.txt"),
        ("report.pdf", b"%PDF-1.7 anything", "application/pdf", "report.pdf"),
        ("report.txt", b"%PDF-1.7 anything", "application/pdf", "report.txt.pdf"),
    ],
)
def test_text_and_pdf_are_kept_to_be_downloaded(
    name: str, content: bytes, content_type: str, shown: str
) -> None:
    upload = read_upload(name, content)
    assert (upload.name, upload.content_type, upload.width) == (
        shown,
        content_type,
        None,
    )


def test_text_is_kept_in_one_encoding() -> None:
    assert read_upload("a.txt", TEXT.encode("utf-16")).content == TEXT.encode()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.png", b""),
        ("vector.svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
        ("vector.png", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        ("page.html", b"<!doctype html><script>alert(1)</script>"),
        ("page.mhtml", b"MIME-Version: 1.0"),
        ("noextension", TEXT.encode()),
        ("program.exe", b"MZ\x90\x00"),
        ("archive.zip", b"PK\x03\x04"),
        ("picture.bmp", picture("BMP")),
        ("picture.tiff", picture("TIFF")),
        ("binary.txt", b"\x00\x01\x02"),
        ("latin.txt", "naïve".encode("latin-1")),
        ("truncated.png", picture()[:60]),
        ("only-the-mark.gif", b"GIF89a"),
        ("only-the-mark.webp", b"RIFF\x00\x00\x00\x00WEBP"),
        ("only-the-mark.jpg", b"\xff\xd8\xff"),
    ],
)
def test_anything_else_is_refused(name: str, content: bytes) -> None:
    with pytest.raises(WrongType):
        read_upload(name, content)


def png_that_says(width: int, height: int) -> bytes:
    """The header of a picture that would take that much memory, and nothing behind."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))
    return b"\x89PNG\r\n\x1a\n" + chunk + picture()[33:]


def webp_that_says(width: int, height: int) -> bytes:
    size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    canvas = b"VP8X" + struct.pack("<I", 10) + b"\x00\x00\x00\x00" + size
    return b"RIFF" + struct.pack("<I", 4 + len(canvas)) + b"WEBP" + canvas


@pytest.mark.parametrize(
    "content",
    [
        png_that_says(14_000, 14_000),
        png_that_says(1, LIMITS.picture_pixels + 1),
        webp_that_says(16_383, 16_383),
        b"GIF89a" + struct.pack("<HH", 65_535, 65_535) + picture("GIF")[10:],
    ],
    ids=["png", "one pixel", "webp", "gif"],
)
def test_a_picture_with_too_many_pixels_is_refused_before_it_is_decoded(
    content: bytes,
) -> None:
    with pytest.raises(TooLarge, match="40 megapixels"):
        read_upload("bomb.png", content)


@pytest.mark.parametrize("rows", [LIMITS.picture_pixels // 8000 - 1, 5_000])
def test_a_picture_up_to_the_limit_is_taken(rows: int) -> None:
    written = BytesIO()
    Image.new("1", (8_000, rows)).save(written, "PNG")
    assert read_upload("large.png", written.getvalue()).height == rows


def test_what_is_hidden_in_a_picture_goes() -> None:
    exif = Image.Exif()
    exif[0x010E] = "secret description"
    exif.get_ifd(0x8825)[1] = "N"
    sent = picture("JPEG", exif=exif, comment=b"secret comment")
    upload = read_upload("a.jpg", sent + b"<script>secret</script>")
    assert b"secret" in sent
    assert b"secret" not in upload.content
    assert not opened(upload).getexif()
    assert not {"comment", "exif", "icc_profile"} & opened(upload).info.keys()


def test_a_picture_that_lies_on_its_side_is_set_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    upload = read_upload("a.jpg", picture("JPEG", exif=exif))
    assert (upload.width, upload.height) == (20, 40)


def test_of_a_moving_picture_the_first_frame_is_kept() -> None:
    frames = [Image.new("RGB", (9, 9), colour) for colour in ("red", "blue", "green")]
    written = BytesIO()
    frames[0].save(written, "GIF", save_all=True, append_images=frames[1:])
    upload = read_upload("a.gif", written.getvalue())
    assert getattr(opened(upload), "n_frames", 1) == 1
    assert opened(upload).convert("RGB").getpixel((0, 0)) == (255, 0, 0)


def test_what_shines_through_stays_so() -> None:
    written = BytesIO()
    Image.new("RGBA", (4, 4), (0, 0, 255, 40)).save(written, "PNG")
    upload = read_upload("a.png", written.getvalue())
    assert opened(upload).getpixel((0, 0)) == (0, 0, 255, 40)


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ('"><svg onload=alert(1)>.png', '"><svg onload=alert(1)>.png'),
        ("a\r\nX: y.png", "a X: y.png"),
        ("photo\u202egnp.exe", "photognp.exe.png"),
        ("..\\..\\x.png", "x.png"),
        ("../../etc/passwd", "passwd.png"),
        (".htaccess", "htaccess.png"),
        ("-rf.png", "rf.png"),
        ("   ", "file.png"),
        ("\x00.png", "png.png"),
        ("\ud800.png", "file.png"),
        ("e\u0301.png", "\u00e9.png"),
        ("x" * 300 + ".png", "x" * 116 + ".png"),
        ("Größe 1.PNG", "Größe 1.png"),
    ],
)
def test_a_name_is_shown_without_what_could_mislead(sent: str, shown: str) -> None:
    assert read_upload(sent, picture()).name == shown
