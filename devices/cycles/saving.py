"""A detector as JSON and back, so that a restart forgets nothing.

Pure.
"""

from dataclasses import asdict
from typing import Any

from devices.cycles.blocks import Block, GrowingBlock
from devices.cycles.curve import Curve
from devices.cycles.detector import Detector, Pause
from devices.cycles.judging import Appliance, Thresholds
from devices.cycles.minutes import Minutes

State = dict[str, Any]


def dump(detector: Detector) -> State:
    """At most 4 KB as JSON."""
    growing = detector.growing
    return {
        "appliance": detector.appliance.value,
        "thresholds": asdict(detector.thresholds),
        "minutes": asdict(detector.minutes),
        "blocks": [_block_state(each) for each in detector.blocks],
        "growing": asdict(growing) | {"block": _block_state(growing.block)}
        if growing
        else None,
        "pause": asdict(detector.pause),
        "curve": asdict(detector.curve) | {"points": detector.curve.points.tolist()},
    }


def load(state: State) -> Detector:
    """Raises LookupError, TypeError or ValueError for what `dump` did not write."""
    growing = state["growing"]
    curve = Curve(**{name: each for name, each in state["curve"].items() if name != "points"})
    curve.points.extend(state["curve"]["points"])
    return Detector(
        appliance=Appliance(state["appliance"]),
        thresholds=Thresholds(**state["thresholds"]),
        minutes=Minutes(**state["minutes"]),
        blocks=[Block(**each) for each in state["blocks"]],
        growing=GrowingBlock(**(growing | {"block": Block(**growing["block"])}))
        if growing
        else None,
        pause=Pause(**state["pause"]),
        curve=curve,
    )


def _growing(state: State) -> GrowingBlock:
    return GrowingBlock(**state | {"block": Block(**state["block"])})


def _block_state(block: Block) -> State:
    """What is zero is left out."""
    fields = asdict(block)
    kept = {name: round(each, 3) for name, each in fields.items() if each}
    return {"start": block.start, "end": block.end} | kept
