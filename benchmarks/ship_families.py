"""Writes replenishment/demand/families.json, fitted on all households of the public data.

python benchmarks/ship_families.py      with FORECAST_DATA set, or shared/data beside it
"""

import json
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks import forecast_protocol as protocol  # noqa: E402
from benchmarks.forecast_plugin import Shipped  # noqa: E402
from replenishment.demand.families import Families, Group  # noqa: E402

TABLE = ROOT / "replenishment" / "demand" / "families.json"
SOURCE = (
    "Moments, reliability counts and margins derived from REFIT (Murray, Stankovic, Stankovic, "
    "Sci. Data 4:160122, 2017, CC BY 4.0) and from 84.51 / dunnhumby Complete Journey 2.0 (R "
    "package completejourney 1.1.1, CC0); by benchmarks/ship_families.py."
)
MAKERS_SPREAD = 0.5  # of rates around what a maker declares as typical; a guess
CATEGORIES = {  # of consumables, to the family whose use is most alike
    "laundry-detergent": "washer",
    "fabric-softener": "washer",
    "dishwasher-tabs": "dishwasher",
    "dishwasher-salt": "dishwasher",
    "rinse-aid": "dishwasher",
    "coffee-beans": "kettle",
    "water-filter": "kettle",
}


def main() -> None:
    model = Shipped()
    model.fit(protocol.load(protocol.data_folder()))
    found = model.learned()
    unknown = replace(found.unknown, spread=MAKERS_SPREAD, group="appliances")
    table = _table(replace(found, unknown=unknown))
    TABLE.write_text(json.dumps(table, indent=1) + "\n")


def _table(found: Families) -> dict[str, Any]:
    return {
        "source": SOURCE,
        "families": {name: _rounded(asdict(each)) for name, each in found.families.items()},
        "unknown": _rounded(asdict(found.unknown)),
        "categories": CATEGORIES,
        "groups": {name: _group(each) for name, each in found.groups.items()},
    }


def _group(group: Group) -> dict[str, Any]:
    return {
        "margin": round(group.steering.margin, 3),
        "reliability": [
            [round(count, 2) for count in each.counts] for each in group.reliability
        ],
    }


def _rounded(values: dict[str, Any]) -> dict[str, Any]:
    return {
        name: round(value, 4) if isinstance(value, float) else value
        for name, value in values.items()
    }


if __name__ == "__main__":
    main()
