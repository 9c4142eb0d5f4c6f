"""Recordings decoded to the right record, levels made up, mutated inputs survived.

    python benchmarks/devices.py [--recordings DIR] [--json FILE] [--fuzz 100000] [--jobs 2]

Key `recordings_total`: recordings whose right record is known. Exit code 1 if one is decoded
wrongly, a level is made up or a mutated input crashes a decoder.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks import expected, fuzz, plugs, recordings  # noqa: E402
from benchmarks.recordings import DECODERS, Recording  # noqa: E402

OWN = ROOT / "tests" / "recorded" / "own"
SEED = 20261122
SHOWN = 5
Figures = dict[str, float]


@dataclass(frozen=True, slots=True)
class Decoded:
    right: int
    total: int
    false_levels: int
    invented: int
    wrong: tuple[str, ...]
    unknown: int


def decoded(folders: Sequence[Path]) -> Decoded:
    table = expected.read(expected.EXPECTED.read_text())
    verdicts = {
        f"{recording.path} ({recording.decoder})": expected.judge(
            recording, DECODERS[recording.decoder](recording.content), table, folder
        )
        for folder in folders
        for recording in recordings.found(folder)
    }
    known = {name: each for name, each in verdicts.items() if each.is_right is not None}
    return Decoded(
        right=sum(each.is_right is True for each in known.values()),
        total=len(known),
        false_levels=sum(each.false_levels for each in verdicts.values()),
        invented=sum(each.invented for each in verdicts.values()),
        wrong=tuple(name for name, each in known.items() if not each.is_right),
        unknown=len(verdicts) - len(known),
    )


def fuzzed(folders: Sequence[Path], inputs: int, jobs: int) -> dict[str, fuzz.Fuzzed]:
    """`inputs` of each decoder, in `jobs` processes."""
    by_decoder: dict[str, list[Recording]] = {}
    for folder in folders:
        for each in recordings.found(folder):
            by_decoder.setdefault(each.decoder, []).append(each)
    with ProcessPoolExecutor(jobs) as pool:
        running = {
            name: pool.submit(fuzz.fuzz, group, inputs, SEED)
            for name, group in by_decoder.items()
        }
        return {name: each.result() for name, each in running.items()}


def report(result: Decoded, survived: dict[str, fuzz.Fuzzed]) -> None:
    print(f"recordings   {result.right} of {result.total} decoded to the right record")
    for name in result.wrong:
        print(f"  wrong: {name}")
    if result.unknown:
        print(f"  {result.unknown} more decoded; their right record is not known")
    print(f"false levels {result.false_levels}")
    print(f"             LibreNMS writes 50 for 'some remaining' in {result.invented} rows")
    for name, each in survived.items():
        told = f"{each.inputs:>7} inputs, {len(each.crashes)} crashes, {each.cpu_s:5.0f} s"
        print(f"fuzz         {name:<15} {told} of the processor")
        for crash in each.crashes[:SHOWN]:
            print(f"  {crash[:200]}")


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--recordings", type=Path, default=plugs.recordings_beside())
    parser.add_argument("--json", type=Path, help="where the figures go")
    parser.add_argument("--fuzz", type=int, default=100_000, help="inputs for each decoder")
    parser.add_argument("--jobs", type=int, default=2)
    chosen = parser.parse_args(arguments)
    folders = [OWN, *([chosen.recordings] if chosen.recordings else [])]
    result, survived = decoded(folders), fuzzed(folders, chosen.fuzz, chosen.jobs)
    report(result, survived)
    of_plugs = plugs.figures(chosen.recordings)
    plugs.report(of_plugs)
    figures: Figures = {
        "recordings_ok": result.right,
        "recordings_total": result.total,
        "false_levels": result.false_levels,
        "fuzz_inputs": sum(each.inputs for each in survived.values()),
        "fuzz_crashes": sum(len(each.crashes) for each in survived.values()),
    }
    figures |= of_plugs
    if chosen.json:
        chosen.json.write_text(json.dumps(figures, indent=2) + "\n")
    is_good = result.right == result.total and not result.false_levels
    return 0 if is_good and not figures["fuzz_crashes"] else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
