"""What the runs of a case are made of: two cases of the same content give, seed by seed, the same runs.

A run does not know what its policy is called, nor what an offer is worth to those who have not come: of the inputs to
the pull factor it reads nothing but the arrivals that follow from them.  So a case with the pull factor on has the
content of the same case without it wherever as many come.
"""

from __future__ import annotations

import hashlib
from typing import Any

from abm.inputs.registry import active
from experiments.question.case import Case

#: Names and words, which no run reads; dates stay, since weeks are reckoned from them.
WORDS_OF_POLICY = frozenset({"name", "title", "describes", "context"})
WORDS_OF_CASELOAD = frozenset({"name", "title", "describes", "place", "default_sample"})
#: Inputs of the world that are read for the pull factor alone (`abm.arrays.pull`).
FOR_ARRIVALS = frozenset({
    "pull_elasticity", "pull_reference_offer", "pull_reference_weeks", "support_worth", "reunion_share",
})  # fmt: skip


class Content:
    """The content of a case's runs, by replicate and seed."""

    def __init__(self, case: Case) -> None:
        self._case, self._of_member = case, dict[int, bytes]()
        own = active()  # a rule, or a measure, of one's own may read whatever a run has
        policy = case.policy.model_dump_json(exclude=None if own else set(WORDS_OF_POLICY))
        aside: dict[str, Any] = {**dict.fromkeys(WORDS_OF_CASELOAD, True), "world": set(FOR_ARRIVALS)}
        caseload = case.caseload.model_dump_json(exclude=None if own else aside)
        self._shared = f"{own.mark if own else ''}\n{policy}\n{caseload}\n{case.weeks}\n{case.size}".encode()

    def of(self, replicate: int, seed: int) -> bytes:
        """Hash of all that a replicate's run with a seed is made of (in any thread)."""
        member = replicate % len(self._case.members)
        if member not in self._of_member:
            behaviour = self._case.members[member].model_dump_json().encode()
            made = b"\n".join([self._shared, behaviour, self._case.pull(member).tobytes()])
            self._of_member[member] = hashlib.blake2b(made, digest_size=16).digest()
        return self._of_member[member] + seed.to_bytes(8, "big")
