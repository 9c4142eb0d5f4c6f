"""The price of an article on a day: a pure function of seed, SKU and date."""

from datetime import date

from demo_shop.assortment import Article
from demo_shop.chance import draw

PPM = 1_000_000
STEP_PPM = 20_000  # one week's part of the drift; three weeks add up to at most 6 %
WEEKS_FELT = 3
PROMOTION_PPM = 120_000
WEEKS_PER_PROMOTION = 13


def price_minor(article: Article, *, seed: int, on: date) -> int:
    """Minor units, tax included: within 6 % of the list price, about one week in 13 another
    12 % less. Consecutive weeks differ by at most 4 % of the list price, promotions aside.
    """
    week = on.toordinal() // 7
    share_ppm = PPM + drift_ppm(article.sku, seed=seed, week=week)
    if draw(seed, article.sku, str(week), "promotion", below=WEEKS_PER_PROMOTION) == 0:
        share_ppm -= PROMOTION_PPM
    return with_share(article.price_minor, share_ppm)


def drift_ppm(sku: str, *, seed: int, week: int) -> int:
    """In [-60000, 60000]: the sum of this week's step and the two before it."""
    steps = (
        draw(seed, sku, str(week - back), "step", below=2 * STEP_PPM + 1) - STEP_PPM
        for back in range(WEEKS_FELT)
    )
    return sum(steps)


def with_share(minor: int, share_ppm: int) -> int:
    """`share_ppm` parts per million of an amount, to the nearest minor unit, half up."""
    return (2 * minor * share_ppm + PPM) // (2 * PPM)
