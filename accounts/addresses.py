"""One spelling for each e-mail address."""

import unicodedata


def normal_address(address: str) -> str:
    """The spelling that is stored and compared: NFKC, folded, without spaces around.

    Look-alikes such as a Kelvin sign for a K become the letter that they look like, so
    that there is one account for what a reader takes for one address.
    """
    folded = unicodedata.normalize("NFKC", address).casefold()
    # Folding may take a composed letter apart.
    return unicodedata.normalize("NFKC", folded).strip()
