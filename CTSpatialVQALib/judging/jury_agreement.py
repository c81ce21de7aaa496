"""Agreement of a jury's judges: Fleiss' kappa over all, Cohen's for each pair."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

import numpy as np

from CTSpatialVQALib.scoring.jury import NO_VOTE, JuryVotes
from CTSpatialVQALib.statistics.agreement import (
    USUAL,
    Agreement,
    Bootstrap,
    Rating,
    cohen_kappa,
    fleiss_kappa,
)


def kappas(
    jury: JuryVotes, patients: Mapping[str, str], bootstrap: Bootstrap = USUAL
) -> dict[str, Agreement]:
    """`fleiss` (of three judges or more) and one entry per pair; a missing vote is no rating.

    Parameters
    ----------
    patients : question id (as in `jury`) -> patient id
    """
    ratings = [
        Rating(question_id, judge, str(vote), patients[question_id])
        for judge in jury.judges
        for question_id, vote in zip(jury.question_ids, np.asarray(jury.judge(judge)).tolist(), strict=True)
        if vote != NO_VOTE
    ]
    if len(jury.judges) < 2:
        return {}
    agreement = {"fleiss": fleiss_kappa(ratings, bootstrap=bootstrap)} if len(jury.judges) > 2 else {}
    for first, second in combinations(jury.judges, 2):
        agreement[f"{first} and {second}"] = cohen_kappa(ratings, first, second, bootstrap=bootstrap)
    return agreement
