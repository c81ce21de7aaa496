"""Numbers of questions needed: for an interval of an intended width, and to tell two models apart."""

from __future__ import annotations

import math
from functools import cache


def questions_for_half_width(share: float, half_width: float, *, design_effect: float = 1.0) -> int:
    """Questions for which the 95 % interval of `share` reaches `half_width` to either side.

    n = z^2 p (1 - p) / h^2, times the design effect of asking several questions per patient.

    Parameters
    ----------
    share, half_width : fractions, 0 < half_width < 1
    """
    if not (0 <= share <= 1 and 0 < half_width < 1 and design_effect > 0):
        raise ValueError(
            "expected a share from 0 to 1, a half-width between 0 and 1, a design effect above 0"
        )
    return math.ceil(design_effect * _normal(0.975) ** 2 * share * (1 - share) / half_width**2)


def questions_for_difference(
    difference: float,
    discordant: float,
    *,
    power: float = 0.8,
    alpha: float = 0.05,
    design_effect: float = 1.0,
) -> int:
    """Questions with which McNemar's test finds a difference of two models with the wanted probability.

    n = (z_a sqrt(d) + z_b sqrt(d - D^2))^2 / D^2, times the design effect.

    Parameters
    ----------
    difference : D, share of one model minus share of the other, not 0
    discordant : d, share of questions on which only one of them is right; at least |D|

    References
    ----------
    R. J. Connor, Biometrics 43 (1987) 207-211.
    """
    if not (0 < abs(difference) <= discordant <= 1 and design_effect > 0):
        raise ValueError("expected 0 < |difference| <= discordant <= 1 and a design effect above 0")
    reach = _normal(1 - alpha / 2) * math.sqrt(discordant)
    reach += _normal(power) * math.sqrt(discordant - difference**2)
    return math.ceil(design_effect * (reach / difference) ** 2)


@cache
def _normal(probability: float) -> float:
    from scipy.stats import norm

    return float(norm.ppf(probability))
