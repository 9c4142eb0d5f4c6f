"""The device models of the demo, which are simulated, and who makes them."""

from typing import Final

from devices.catalog import coffee_b4, printer_c200, washer_w7, water_f1

MAKER: Final = "Hausgeraete Nord"
MODELS: Final = (washer_w7.MODEL, printer_c200.MODEL, coffee_b4.MODEL, water_f1.MODEL)
SIMULATED: Final = MODELS  # by firmware_sim; no recording of a real device backs them
