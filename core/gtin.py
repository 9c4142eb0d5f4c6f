"""GTIN check digits (GS1 General Specifications, section 7.9). Pure."""


def normalised_gtin(text: str) -> str | None:
    """The number as 14 digits, or None when it is not a GTIN-8, -12, -13 or -14 with a right
    check digit.
    """
    if not (text.isascii() and text.isdigit() and len(text) in (8, 12, 13, 14)):
        return None
    padded = text.zfill(14)
    weighted = sum(int(digit) * (3, 1)[at % 2] for at, digit in enumerate(padded[:-1]))
    return padded if (10 - weighted % 10) % 10 == int(padded[-1]) else None
