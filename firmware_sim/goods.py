"""What stands on the label of each product a parcel may bring.

Pure: a table. The simulator reads the package like a person; it knows no shop and no platform.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Goods:
    fits: str  # the specification a slot names
    units: float  # in one pack: ml, g or fills


class UnknownGoods(Exception):
    def __init__(self, gtin: str) -> None:
        super().__init__(f"no product with GTIN {gtin} is known to the simulated household")
        self.gtin = gtin


GOODS: dict[str, Goods] = {
    "2001000000012": Goods("laundry-liquid", 1500),
    "2001000000029": Goods("laundry-liquid", 3000),
    "2001000000036": Goods("laundry-liquid", 1500),
    "2001000000043": Goods("laundry-liquid", 2000),
    "2001000000050": Goods("laundry-powder", 2000),
    "2001000000067": Goods("softener-liquid", 1000),
    "2001000000074": Goods("softener-liquid", 750),
    "2001000000081": Goods("P-200-K", 1),
    "2001000000098": Goods("P-200-C", 1),
    "2001000000104": Goods("P-200-M", 1),
    "2001000000111": Goods("P-200-Y", 1),
    "2001000000128": Goods("P-200-K", 1),
    "2001000000135": Goods("P-200-C", 1),
    "2001000000142": Goods("P-200-M", 1),
    "2001000000159": Goods("P-200-Y", 1),
    "2001000000166": Goods("P-300-K", 1),
    "2001000000173": Goods("coffee-beans", 1000),
    "2001000000180": Goods("coffee-beans", 500),
    "2001000000197": Goods("coffee-beans", 2000),
    "2001000000203": Goods("descaler-liquid", 250),
    "2001000000210": Goods("descaler-liquid", 750),
    "2001000000227": Goods("AP-1", 1),
    "2001000000234": Goods("AP-1", 3),
    "2001000000241": Goods("AP-1", 2),
}
