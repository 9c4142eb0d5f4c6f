"""Whether a name speaks of something that is used up or fills, and of what kind.

Pure. For interfaces that name their properties freely. A name that is not understood is left
alone: better no slot than a battery that orders detergent.
"""

import re
from typing import Final

LONGEST: Final = 200  # characters that are looked at
# Properties that share a word with a consumable and are none.
OTHER_THINGS: Final = re.compile(
    r"battery|signal|wi-?fi|rssi|link|humid|temperat|bright|volume|position|cpu|memory|power"
    r"|voltage|current|energy|speed|pressure|interval|threshold|reset|schedule|version|carpet"
)
KINDS: Final = (
    (re.compile(r"waste|dust ?bin|dust ?box|drip tray|sewage|dirty water"), "waste"),
    (re.compile(r"toner"), "toner"),
    (re.compile(r"\bink\b"), "ink"),
    (re.compile(r"filament|spool"), "filament"),
    (re.compile(r"rinse ?aid"), "rinse-aid"),
    (re.compile(r"\bsalt\b"), "salt"),
    (re.compile(r"softener"), "softener"),
    (re.compile(r"detergent|washing (liquid|powder)"), "detergent"),
    (re.compile(r"descal"), "descaler"),
    (re.compile(r"\bbeans?\b"), "coffee-beans"),
    (re.compile(r"water filter"), "water-filter"),
    (re.compile(r"(air|hepa|carbon|dust) filter"), "air-filter"),
    (re.compile(r"filter"), "filter"),
    (re.compile(r"brush"), "brush"),
    (re.compile(r"\bmops?\b"), "mop"),
    (re.compile(r"dust ?bag"), "dust-bag"),
    (re.compile(r"sensor (cleaning|dirty)|cleaning sensor"), "sensor"),
    (re.compile(r"(pet )?food|feed|portion"), "pet-food"),
    (re.compile(r"tank|cistern|reservoir|liquid|fill(ing)? level"), "tank"),
    (re.compile(r"cartridge|consumable|supply|supplies"), "cartridge"),
)


def kind_of(name: str) -> str | None:
    """None: nothing that anybody orders."""
    words = re.sub(r"[^a-z0-9]+", " ", name[:LONGEST].lower())
    if OTHER_THINGS.search(words):
        return None
    return next((kind for pattern, kind in KINDS if pattern.search(words)), None)
