"""What kind of text an import is; its content says so, never the name of its file."""

from django.utils.translation import gettext as _

from config.plaintext import BadText
from integrations.importing.json_reader import read_json
from integrations.importing.reader import Reading, read

_AROUND = "\ufeff \t\r\n"


def decoded(raw: bytes) -> str:
    """The text of a file. Raises BadText where it is empty or no text in UTF-8."""
    if not raw.strip():
        raise BadText(_("This file is empty."))
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadText(_("This file is no text in UTF-8.")) from None


def read_any(text: str) -> Reading:
    """The report in a text: JSON where it begins with a brace, else Markdown."""
    if text.lstrip(_AROUND).startswith("{"):
        return read_json(text.strip(_AROUND).encode(errors="surrogatepass"))
    return read(text)
