"""Every payload of a maker's cloud or local JSON interface that can be fed in, by its name.

Pure.
"""

from collections.abc import Callable
from typing import Final

from broker.bridges import syncthru
from broker.bridges.clouds import (
    electrolux,
    home_connect,
    hon,
    lg,
    matter,
    miele,
    roborock,
    smartthings,
)
from broker.bridges.reading import Reading

Decode = Callable[[bytes], tuple[Reading, ...]]

DECODERS: Final[dict[str, Decode]] = {
    "electrolux": electrolux.decode,
    "home-connect": home_connect.decode,
    "hon": hon.decode,
    "lg": lg.decode,
    "matter": matter.decode,
    "miele": miele.decode,
    "roborock": roborock.decode,
    "smartthings": smartthings.decode,
    "syncthru": syncthru.decode,
}
