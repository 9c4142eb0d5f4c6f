"""QR codes as SVG that stands in the page itself: nothing is fetched, no script is needed."""

import segno


def claim_address(public_url: str, code: str) -> str:
    """The code is the fragment: browsers send it to no server, so that no log holds it."""
    return f"{public_url}/claims#{code}"


def svg(text: str) -> str:
    """In the ink of the page; sized by its style. Safe to be put into HTML as it is."""
    code = segno.make(text, error="m", micro=False)
    return code.svg_inline(omitsize=True, svgclass="qr", lineclass=None, border=4)
