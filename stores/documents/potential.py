"""Moment tensor potentials: as fitted, evaluated, graded with, chosen."""

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from physics.potentials.energy_gradients import Mode
from physics.potentials.errors import Comparison, Errors, Predictions
from physics.potentials.loss import Weights
from stores.arrays import Packed, pack, unpack
from stores.documents.base import Document, PropertyDocument
from stores.documents.dataset import DatasetDocument, DatasetReference
from stores.documents.stored_potential import StoredPotential

FittingEngine = Literal["thioflow", "mlip"]
Label = Literal["energy", "forces", "stress"]
Cost = Literal["operations", "seconds"]


class DatasetErrors(BaseModel):
    """Errors of a potential on a data set."""

    model_config = ConfigDict(extra="forbid", ser_json_inf_nan="constants")

    dataset: DatasetReference = Field(description="the data set")
    overall: Errors = Field(description="of all configurations: eV per atom, eV/Å, GPa")
    groups: dict[str, Errors] = Field(description="of the configurations of each group")

    @classmethod
    def of(cls, found: Predictions, dataset: DatasetDocument) -> "DatasetErrors":
        """
        Average predictions overall and by group.

        Parameters
        ----------
        found : Predictions
            Predictions for the configurations of the data set.
        dataset : DatasetDocument
            The data set.

        Returns
        -------
        DatasetErrors
            The errors.
        """
        members: dict[str, list[int]] = {}
        for place, group in enumerate(dataset.groups):
            members.setdefault(group, []).append(place)
        return cls(
            dataset=dataset.reference,
            overall=Errors.of(found),
            groups={group: Errors.of(found.of(places)) for group, places in members.items()},
        )


class PotentialDocument(Document, StoredPotential):
    """A fitted moment tensor potential, and how it was fitted."""

    engine: FittingEngine = Field(description="what fitted it: thioflow itself, or MLIP")
    species: list[str] = Field(description="elements, in the order of the coefficients")
    level: int = Field(description="level")
    r_min: float = Field(description="shortest distance expected, Å")
    r_max: float = Field(description="cutoff, Å")
    n_chebyshev: int = Field(description="Chebyshev polynomials of each radial function")
    n_parameters: int = Field(description="number of parameters")
    weights: Weights = Field(description="of energies, forces, stresses and ridge in the loss")
    seed: int | None = Field(description="of the untrained coefficients; None if it began trained")
    began_with: str | None = Field(
        description="checksum of the trained potential that it began with; None if untrained"
    )
    losses: list[float] = Field(
        description="loss before each step and after the last; before and after with MLIP"
    )
    start_losses: list[float] = Field(description="final loss of each start that was tried")
    converged: bool | None = Field(description="whether the search ended; None: MLIP does not say")
    seconds: float = Field(description="wall time of the fit, s")
    cpu_seconds: float | None = Field(
        default=None, description="CPU time of the fit, s; None if it was not measured"
    )
    training: DatasetErrors = Field(description="training set, and errors on it")
    test: DatasetErrors | None = Field(default=None, description="test set, and errors on it")


class EvaluationDocument(Document):
    """Predictions of a potential beside the labels of a data set."""

    potential: str = Field(description="checksum of the potential")
    errors: DatasetErrors = Field(description="data set, and errors on it")
    by_configuration: dict[Label, list[float]] = Field(
        description="mean absolute error of each configuration: energy per atom (eV), force "
        "component (eV/Å), stress component (GPa); NaN where there is no label"
    )
    neighbours: float = Field(description="mean number of neighbours of an atom in the cutoff")
    operations: float = Field(description="estimated operations for the energy of an atom")
    seconds: float = Field(
        description="wall time for energy and forces of an atom, compiled before, s"
    )
    packed: Packed = Field(
        description="arrays: reference, predicted and configuration of each label, such as "
        "energy_reference (eV per atom), forces_predicted (eV/Å), stress_configurations"
    )

    def predictions(self) -> Predictions:
        """
        Give the predictions beside their labels.

        Returns
        -------
        Predictions
            Of all labels that there are.

        Raises
        ------
        InputError
            If the document was read without its blobs.
        """
        arrays = unpack(self.packed)
        return Predictions(
            *(
                Comparison(*(arrays[f"{label}_{name}"] for name in COMPARED))
                for label in ("energy", "forces", "stress")
            )
        )


COMPARED = ("reference", "predicted", "configurations")


def packed_predictions(found: Predictions) -> str:
    """
    Pack predictions for an `EvaluationDocument`.

    Parameters
    ----------
    found : Predictions
        Predictions beside their labels.

    Returns
    -------
    str
        The packed arrays.
    """
    return pack(
        {
            f"{label}_{name}": getattr(getattr(found, label), name)
            for label in ("energy", "forces", "stress")
            for name in COMPARED
        }
    )


class GradeDocument(Document):
    """Extrapolation grades of configurations."""

    engine: FittingEngine = Field(description="what graded: thioflow itself, or MLIP")
    mode: Mode = Field(description="what is graded, see physics.potentials.active_set")
    potential: str = Field(description="checksum of the potential")
    candidates: DatasetReference = Field(description="the configurations")
    threshold: float = Field(description="grade beyond which a configuration is selected")
    grades: list[float] = Field(description="grade of each configuration")
    selected: list[int] = Field(
        description="places of those that together widen the training set; of several that are "
        "nearly the same, one"
    )
    packed: Packed | None = Field(
        description="arrays: grades of all atoms; None where whole configurations are graded"
    )

    def atom_grades(self) -> NDArray[np.float64] | None:
        """
        Give the grades of atoms.

        Returns
        -------
        ndarray or None
            Of the atoms of all configurations; None where whole configurations are graded.

        Raises
        ------
        InputError
            If the document was read without its blobs.
        """
        return unpack(self.packed)["grades"] if self.packed is not None else None


class SearchCandidate(BaseModel):
    """One potential of a search."""

    model_config = ConfigDict(extra="forbid")

    level: int = Field(description="level")
    r_max: float = Field(description="cutoff, Å")
    n_parameters: int = Field(description="number of parameters")
    potential: str = Field(description="checksum of the potential")
    error: float = Field(description="mean test error: eV per atom, eV/Å or GPa")
    standard_error: float = Field(description="standard error of that mean")
    cost: float = Field(description="cost of an atom: operations, or seconds")
    on_front: bool = Field(description="whether no other is better in error and cost")


class SearchDocument(Document):
    """A choice among potentials by test error and cost."""

    label: Label = Field(description="whose error counts")
    cost: Cost = Field(description="estimated operations, or measured seconds")
    test: DatasetReference = Field(description="the test set")
    candidates: list[SearchCandidate] = Field(description="in the order of rising cost")
    chosen: int = Field(description="place of the chosen one: the one-standard-error rule")
    best: int = Field(description="place of the one of least error")
    potential: PotentialDocument = Field(description="the chosen potential, with its test errors")


class FittedPotentialDocument(PropertyDocument):
    """A fitted potential as it is queried."""

    collection: ClassVar[str] = "potentials"
    columns: ClassVar[tuple[str, ...]] = (
        "study",
        "system",
        "engine",
        "formula",
        "level",
        "r_max",
        "n_parameters",
        "n_configurations",
        "training_energy",
        "training_forces",
        "test_energy",
        "test_forces",
        "rank",
    )
    line: ClassVar[tuple[str, ...]] = ("formula", "level", "r_max", "test_energy", "test_forces")

    engine: FittingEngine = Field(title="engine", description="what fitted it")
    formula: str = Field(title="elements", description="elements, joined by hyphens")
    level: int = Field(title="level", description="level")
    r_max: float = Field(title="cutoff (Å)", description="cutoff, Å")
    n_parameters: int = Field(title="parameters", description="number of parameters")
    n_configurations: int = Field(
        title="configurations", description="configurations of the training set"
    )
    training_energy: float = Field(
        title="training MAE (meV/atom)",
        description="mean absolute error of energies of the training set, meV per atom",
    )
    training_forces: float | None = Field(
        title="training MAE (meV/Å)",
        description="mean absolute error of force components of the training set, meV/Å",
    )
    test_energy: float | None = Field(
        title="test MAE (meV/atom)",
        description="the same of the test set; None if it was not evaluated",
    )
    test_forces: float | None = Field(
        title="test MAE (meV/Å)",
        description="the same of the test set; None if it was not evaluated",
    )
    rank: int | None = Field(
        title="active rows", description="rank of the active set; None if none was selected"
    )
    converged: bool | None = Field(description="whether the search ended")
    checksum: str = Field(description="SHA-256 of the text of the potential")
    training: DatasetReference = Field(description="the training set")
    text: str = Field(description="the potential as an .mtp file")
