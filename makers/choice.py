"""The job that chooses among potentials."""

import numpy as np
from jobflow import job

from physics.errors import InputError
from physics.potentials.choice import mean_and_standard_error, one_standard_error, pareto_front
from stores.arrays import BLOB
from stores.documents import (
    EvaluationDocument,
    PotentialDocument,
    SearchCandidate,
    SearchDocument,
    merge_warnings,
)
from stores.documents.potential import Cost, Label
from stores.hashing import input_hash


@job(data=BLOB, output_schema=SearchDocument)
def choose_potential(
    potentials: list[PotentialDocument | None],
    evaluations: list[EvaluationDocument | None],
    test_blocks: list[int],
    names: list[str],
    *,
    label: Label,
    cost: Cost,
    parents: list[str] | None = None,
) -> SearchDocument:
    """
    Choose among potentials by the one-standard-error rule.

    Parameters
    ----------
    potentials : list of PotentialDocument or None
        The potentials; None where a fit failed.
    evaluations : list of EvaluationDocument or None
        Each on the same test set; None where one failed.
    test_blocks : list of int
        Block of each configuration of the test set.
    names : list of str
        What the potentials are called in a warning.
    label : {"energy", "forces", "stress"}
        Whose mean absolute error is to be small.
    cost : {"operations", "seconds"}
        What is to be small beside it.
    parents : list of str, optional
        Jobs that made these.

    Returns
    -------
    SearchDocument
        All with errors and costs, and which was chosen.

    Raises
    ------
    InputError
        If all failed, evaluations are of other potentials or of several test sets, labels are
        missing, or the test set has fewer than two blocks.
    """
    pairs = [(p, e) for p, e in zip(potentials, evaluations, strict=True) if p and e]
    failed = [
        f"no potential of {name}: its fit or its evaluation failed"
        for name, p, e in zip(names, potentials, evaluations, strict=True)
        if not (p and e)
    ]
    if not pairs:
        raise InputError(f"all {len(names)} fits or evaluations failed; look at their messages")
    tests = {e.errors.dataset.checksum for _, e in pairs}
    if len(tests) > 1 or any(p.checksum != e.potential for p, e in pairs):
        raise InputError(
            f"evaluations on {len(tests)} test sets were given, or of other potentials; expected "
            "one of each potential on one test set"
        )
    spread = [mean_and_standard_error(e.by_configuration[label], test_blocks) for _, e in pairs]
    cost_of = [float(getattr(e, cost)) for _, e in pairs]
    order = np.lexsort(([error for error, _ in spread], cost_of))
    pairs = [pairs[place] for place in order]
    errors, standard_errors = np.array(spread)[order].T.tolist()
    costs = np.array(cost_of)[order].tolist()
    front = set(pareto_front(errors, costs).tolist())
    chosen = one_standard_error(errors, standard_errors, costs)
    potential, evaluation = pairs[chosen]
    return SearchDocument(
        input_hash=input_hash(
            "choose_potential",
            {"label": label, "cost": cost},
            parents=sorted(document.input_hash for pair in pairs for document in pair),
        ),
        parents=parents or [],
        versions=potential.versions,
        warnings=merge_warnings(failed, evaluation.warnings),
        label=label,
        cost=cost,
        test=evaluation.errors.dataset,
        candidates=[
            SearchCandidate(
                level=candidate.level,
                r_max=candidate.r_max,
                n_parameters=candidate.n_parameters,
                potential=candidate.checksum,
                error=errors[place],
                standard_error=standard_errors[place],
                cost=costs[place],
                on_front=place in front,
            )
            for place, (candidate, _) in enumerate(pairs)
        ],
        chosen=chosen,
        best=int(np.argmin(errors)),
        potential=potential.model_copy(update={"test": evaluation.errors}),
    )
