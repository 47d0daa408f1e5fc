"""Jobs of extrapolation grades: select the active set of a potential, grade configurations."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from jobflow import Maker, job

from makers.mlip import GradeMode, Mlip
from physics.errors import InputError
from physics.potentials.active_set import SELECT, ActiveSet
from physics.potentials.energy_gradients import Mode
from stores.arrays import BLOB, pack
from stores.documents import (
    ActiveSetRecord,
    DatasetDocument,
    EvaluationDocument,
    GradeDocument,
    PotentialDocument,
    merge_warnings,
)
from stores.documents.potential import FittingEngine
from stores.hashing import input_hash
from stores.versions import versions


@dataclass
class ActiveSetMaker(Maker):
    """
    Select the active set of a potential.

    Parameters
    ----------
    name : str
        Name of the job.
    mode : {"neighbourhood", "configuration", "scalars"}
        What is graded, see `physics.potentials.active_set`.
    """

    name: str = "select active set"
    mode: Mode = "neighbourhood"

    @job(data=BLOB, output_schema=PotentialDocument)
    def make(
        self,
        potential: PotentialDocument,
        training: DatasetDocument,
        evaluation: EvaluationDocument | None = None,
        parents: list[str] | None = None,
    ) -> PotentialDocument:
        """
        Select as a job.

        Parameters
        ----------
        potential : PotentialDocument
            The trained potential.
        training : DatasetDocument
            Its training set.
        evaluation : EvaluationDocument, optional
            Its evaluation on a test set, to be kept with it.
        parents : list of str, optional
            Jobs that made these.

        Returns
        -------
        PotentialDocument
            The potential with its active set, and its test errors.

        Raises
        ------
        InputError
            If training set or evaluation are of another potential, or there is no such mode.
        """
        if training.checksum != potential.training.dataset.checksum:
            raise InputError(
                "a data set was given that did not train the potential, whose active set would "
                "not say where it extrapolates; give its training set"
            )
        if evaluation and evaluation.potential != potential.checksum:
            raise InputError(
                "the evaluation of another potential was given; evaluate this one on the test set"
            )
        with _heard() as heard:
            active = ActiveSet.select(potential.potential(), training.to_images(), self.mode)
        return potential.model_copy(
            update={
                "input_hash": input_hash(
                    "ActiveSetMaker",
                    self,
                    potential=potential.input_hash,
                    training=training.checksum,
                    test=evaluation.errors.dataset.checksum if evaluation else None,
                ),
                "parents": merge_warnings(potential.parents, parents or []),
                "warnings": merge_warnings(potential.warnings, heard),
                "test": evaluation.errors if evaluation else potential.test,
                "active_set": ActiveSetRecord.of(active),
            }
        )


@dataclass
class GradeMaker(Maker):
    """
    Grade configurations, and select those that are worth a calculation.

    Parameters
    ----------
    name : str
        Name of the job.
    threshold : float
        Grade beyond which a configuration is selected.
    engine : {"thioflow", "mlip"}
        What grades: the active set of the potential, or MLIP, which selects one anew.
    mode : {"neighbourhood", "configuration"}
        What MLIP grades; the active set of a potential has its own mode.
    """

    name: str = "grade configurations"
    threshold: float = SELECT
    engine: FittingEngine = "thioflow"
    mode: GradeMode = "neighbourhood"

    @job(data=BLOB, output_schema=GradeDocument)
    def make(
        self,
        potential: PotentialDocument,
        candidates: DatasetDocument,
        training: DatasetDocument | None = None,
        parents: list[str] | None = None,
    ) -> GradeDocument:
        """
        Grade as a job.

        Parameters
        ----------
        potential : PotentialDocument
            The potential, with its active set unless MLIP grades.
        candidates : DatasetDocument
            Configurations; they need no labels.
        training : DatasetDocument, optional
            The training set, for MLIP.
        parents : list of str, optional
            Jobs that made these.

        Returns
        -------
        GradeDocument
            Grades, and the places of those selected.

        Raises
        ------
        InputError
            If there is no active set, or no training set for MLIP, MLIP is not here, or an
            element is unknown.
        """
        images = candidates.to_images()
        mode: Mode = self.mode
        if self.engine == "mlip":
            if training is None or training.checksum != potential.training.dataset.checksum:
                raise InputError("MLIP selects its active set anew; give the training set as well")
            given = potential.potential(), training.to_images(), images
            mlip = Mlip.find()
            grades, atoms = mlip.grade(*given, self.mode)
            selected = mlip.select(*given, self.mode, self.threshold)
        else:
            active = potential.require_active_set()
            mode = active.mode
            atoms = None
            if mode == "configuration":
                grades = active.grade(images)
            else:
                by_atom = active.grades(images)
                grades, atoms = np.array([g.max() for g in by_atom]), np.concatenate(by_atom)
            selected = active.select_new(images, self.threshold).tolist()
        return GradeDocument(
            input_hash=input_hash(
                "GradeMaker",
                self,
                potential=potential.input_hash,
                candidates=candidates.checksum,
            ),
            parents=parents or [],
            versions=versions("numpy", "numba", "ase"),
            warnings=merge_warnings(potential.warnings, candidates.warnings),
            engine=self.engine,
            mode=mode,
            potential=potential.checksum,
            candidates=candidates.reference,
            threshold=self.threshold,
            grades=grades.tolist(),
            selected=selected,
            packed=pack({"grades": atoms}) if atoms is not None else None,
        )


@contextmanager
def _heard() -> Iterator[list[str]]:
    """Collect warnings, for the document."""
    messages: list[str] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        yield messages
    messages += [str(w.message) for w in caught if issubclass(w.category, UserWarning)]
