"""How often the interpreter looks for garbage."""

import gc
from typing import Final

# A batch makes tens of thousands of objects that live for a moment; the interpreter's default
# would look through all that the process holds several times a batch.
YOUNG_OBJECTS: Final = 50_000


def collect_seldom() -> None:
    """What is there by now, which is what the imports made, is not looked at again."""
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS)
