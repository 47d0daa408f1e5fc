"""Jobs of moment tensor potentials: fit, evaluate."""

import logging
import os
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from ase import Atoms
from jobflow import Maker, job

from makers.cost import cpu_seconds
from makers.mlip import Mlip
from physics.errors import InputError
from physics.potentials.choice import operations
from physics.potentials.errors import Comparison, predictions
from physics.potentials.loss import Loss, Weights
from physics.potentials.neighbours import find_pairs
from physics.potentials.potential import MomentTensorPotential
from physics.potentials.training import Fit, train, untrained
from stores.arrays import BLOB
from stores.documents import (
    DatasetDocument,
    DatasetErrors,
    EvaluationDocument,
    PotentialDocument,
    StoredPotential,
    merge_warnings,
)
from stores.documents.potential import FittingEngine, Label, packed_predictions
from stores.documents.stored_potential import potential_text
from stores.hashing import input_hash
from stores.recordings import recorded
from stores.versions import versions

logger = logging.getLogger(__name__)

PACKAGES = ("numpy", "numba", "ase")


@job(data=BLOB, output_schema=StoredPotential)
def keep_potential(potential: StoredPotential) -> StoredPotential:
    """
    Keep a potential in the store, for the jobs that use it.

    Parameters
    ----------
    potential : StoredPotential
        The potential.

    Returns
    -------
    StoredPotential
        The same.
    """
    return potential


@dataclass
class FitMaker(Maker):
    """
    Fit a potential.

    The built-in engine writes each step to a checkpoint in the folder of the job. The same job
    started again goes on from there, in that folder or in one beside it, step for step as if it
    had not been interrupted. A fit by MLIP begins anew.

    Parameters
    ----------
    name : str
        Name of the job.
    level : int
        Level, even, 2 to 28.
    r_max : float
        Cutoff, Å.
    n_chebyshev : int
        Chebyshev polynomials of each radial function.
    weights : Weights
        Of the loss.
    seed : int
        Of the untrained coefficients.
    starts : int
        Number of untrained potentials that are tried, with this seed and those that follow; the
        fit of least loss is kept.
    max_steps : int
        Largest number of steps.
    tolerance : float
        When the search ends, see `physics.potentials.training.train`; MLIP has its own.
    engine : {"thioflow", "mlip"}
        What fits.
    """

    name: str = "fit potential"
    level: int = 16
    r_max: float = 5.0
    n_chebyshev: int = 8
    weights: Weights = field(default_factory=Weights)
    seed: int = 0
    starts: int = 1
    max_steps: int = 200
    tolerance: float = 0.01
    engine: FittingEngine = "thioflow"

    @job(data=BLOB, output_schema=PotentialDocument)
    def make(
        self,
        training: DatasetDocument,
        begin: PotentialDocument | None = None,
        parents: list[str] | None = None,
    ) -> PotentialDocument:
        """
        Fit as a job.

        Parameters
        ----------
        training : DatasetDocument
            Training set.
        begin : PotentialDocument, optional
            Trained potential to begin with; it has the level, the cutoff and the species.
        parents : list of str, optional
            Jobs that made these.

        Returns
        -------
        PotentialDocument
            The fit of least loss, with its errors on the training set.

        Raises
        ------
        InputError
            If there are too few labels, one is missing, an element is unknown, there are no
            starts, or the engine is not here.
        """
        if self.starts < 1 or (begin and self.starts > 1):
            raise InputError(
                f"{self.starts} starts were given, expected at least one, and one where the "
                "search begins with a trained potential"
            )
        key = input_hash(
            "FitMaker", self, training=training.input_hash, begin=begin.checksum if begin else None
        )
        document = recorded(
            lambda: self._fitted(training, begin, key), key, self.name, PotentialDocument
        )
        return document.model_copy(update={"parents": parents or []})

    def _fitted(
        self, training: DatasetDocument, begin: PotentialDocument | None, key: str
    ) -> PotentialDocument:
        images = training.to_images()
        start, used = time.perf_counter(), cpu_seconds()
        fits = []
        for seed in range(self.seed, self.seed + self.starts):
            first = begin.potential() if begin else self._untrained(images, seed)
            fits.append(self._fit(first, images, f"fit-{key}-{seed}.npz"))
        final = [fit.losses[-1] for fit in fits]
        best = int(np.argmin(final))
        fit = fits[best]
        text, checksum = potential_text(fit.potential)
        heard = []
        if self.engine == "thioflow" and not fit.converged:
            heard.append(f"the fit did not converge in {self.max_steps} steps; allow more")
        return PotentialDocument(
            input_hash=key,
            versions=versions(*PACKAGES),
            warnings=merge_warnings(training.warnings, heard),
            engine=self.engine,
            text=text,
            checksum=checksum,
            species=list(fit.potential.species),
            level=fit.potential.table.level,
            r_min=fit.potential.r_min,
            r_max=fit.potential.r_max,
            n_chebyshev=fit.potential.n_chebyshev,
            n_parameters=fit.potential.n_parameters,
            weights=self.weights,
            seed=None if begin else self.seed + best,
            began_with=begin.checksum if begin else None,
            losses=list(fit.losses),
            start_losses=final,
            converged=fit.converged if self.engine == "thioflow" else None,
            seconds=time.perf_counter() - start,
            cpu_seconds=cpu_seconds() - used,
            training=DatasetErrors.of(predictions(fit.potential, images), training),
        )

    def _untrained(self, images: Sequence[Atoms], seed: int) -> MomentTensorPotential:
        return untrained(
            images, self.level, r_max=self.r_max, n_chebyshev=self.n_chebyshev, seed=seed
        )

    def _fit(self, first: MomentTensorPotential, images: Sequence[Atoms], checkpoint: str) -> Fit:
        if self.engine == "mlip":
            fitted = Mlip.find().train(first, images, self.weights, self.max_steps)
            loss = Loss(first, images, self.weights)
            return Fit(fitted, (loss.value(first), loss.value(fitted)), converged=False)
        return train(
            first,
            images,
            weights=self.weights,
            max_steps=self.max_steps,
            tolerance=self.tolerance,
            checkpoint=_found(checkpoint),
            report=lambda step, loss: logger.info("step %d: loss %.6g", step, loss),
        )


@dataclass
class EvaluateMaker(Maker):
    """
    Compare a potential with the labels of a data set.

    Parameters
    ----------
    name : str
        Name of the job.
    """

    name: str = "evaluate potential"

    @job(data=BLOB, output_schema=EvaluationDocument)
    def make(
        self,
        potential: PotentialDocument,
        dataset: DatasetDocument,
        training: DatasetDocument | None = None,
        parents: list[str] | None = None,
    ) -> EvaluationDocument:
        """
        Evaluate as a job.

        Parameters
        ----------
        potential : PotentialDocument
            The potential.
        dataset : DatasetDocument
            Configurations with labels.
        training : DatasetDocument, optional
            The training set, to see that none of them is in it.
        parents : list of str, optional
            Jobs that made these.

        Returns
        -------
        EvaluationDocument
            Predictions, errors overall and by group, and the cost of an atom.

        Raises
        ------
        InputError
            If a configuration has no energy, or an element that the potential does not know, or
            is in the training set.
        """
        if training is not None and (shared := dataset.shared_with(training)):
            raise InputError(
                f"{len(shared)} of {dataset.n_configurations} configurations that were held out "
                f"are in the training set, the first one number {shared[0]}; keep both apart"
            )
        model, images = potential.potential(), dataset.to_images()
        predictions(model, images[:1])  # compiles
        start = time.perf_counter()
        found = predictions(model, images)
        seconds = time.perf_counter() - start
        pairs = [
            len(find_pairs(a.positions, a.cell.array, a.pbc, model.r_max)[0].index) for a in images
        ]
        neighbours = sum(pairs) / dataset.n_atoms
        compared: dict[Label, Comparison] = {
            "energy": found.energy, "forces": found.forces, "stress": found.stress,
        }  # fmt: skip
        return EvaluationDocument(
            input_hash=input_hash(
                "EvaluateMaker", {}, potential=potential.input_hash, dataset=dataset.checksum
            ),
            parents=parents or [],
            versions=versions(*PACKAGES),
            warnings=merge_warnings(potential.warnings, dataset.warnings),
            potential=potential.checksum,
            errors=DatasetErrors.of(found, dataset),
            by_configuration={
                label: _means(comparison, len(images)) for label, comparison in compared.items()
            },
            neighbours=neighbours,
            operations=operations(model, neighbours),
            seconds=seconds / dataset.n_atoms,
            packed=packed_predictions(found),
        )


def _found(checkpoint: str) -> Path:
    """Give the checkpoint in the current folder; an earlier attempt in one beside it left it."""
    here = Path.cwd() / checkpoint
    left = [path for path in here.parent.parent.glob(f"*/{checkpoint}") if path != here]
    if left and not here.exists():
        newest = max(left, key=lambda path: path.stat().st_mtime)
        copy = shutil.copy(newest, here.with_suffix(f".{os.getpid()}.part"))
        Path(copy).replace(here)
    return here


def _means(comparison: Comparison, count: int) -> list[float]:
    """Mean absolute error of each configuration; NaN where there is no label."""
    errors = np.abs(comparison.predicted - comparison.reference)
    places = comparison.configurations
    labels = np.bincount(places, minlength=count)
    sums = np.bincount(places, errors, minlength=count)
    return np.divide(sums, labels, out=np.full(count, np.nan), where=labels > 0).tolist()
