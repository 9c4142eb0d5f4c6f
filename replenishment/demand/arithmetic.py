"""What the formulas of demand need of arithmetic: for one slot in floats, for many in arrays.

Pure. A formula is written once, over `Number`; ONE and MANY give the same numbers to 1e-9.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

FloatArray = NDArray[np.float64]
Number = TypeVar("Number", float, FloatArray)

ROOT_2: Final = math.sqrt(2)
STANDARD_NORMAL: Final = NormalDist()


@dataclass(frozen=True, slots=True, kw_only=True)
class Arithmetic(Generic[Number]):
    exp: Callable[[Number], Number]
    log1p: Callable[[Number], Number]
    sqrt: Callable[[Number], Number]
    cbrt: Callable[[Number], Number]
    chance: Callable[[Number], Number]  # of a standard normal variable below that score
    score: Callable[[Number], Number]  # its inverse
    at_least: Callable[[Number, float], Number]
    at_most: Callable[[Number, float], Number]
    choose: Callable[[bool | NDArray[np.bool_], Number, Number], Number]


ONE: Final[Arithmetic[float]] = Arithmetic(
    exp=math.exp,
    log1p=math.log1p,
    sqrt=math.sqrt,
    cbrt=math.cbrt,
    chance=lambda score: 0.5 * math.erfc(-score / ROOT_2),
    score=STANDARD_NORMAL.inv_cdf,
    at_least=max,
    at_most=min,
    choose=lambda condition, one, other: one if condition else other,
)
MANY: Final[Arithmetic[FloatArray]] = Arithmetic(
    exp=np.exp,
    log1p=np.log1p,
    sqrt=np.sqrt,
    cbrt=np.cbrt,
    chance=ndtr,
    score=ndtri,
    at_least=np.maximum,
    at_most=np.minimum,
    choose=np.where,
)
