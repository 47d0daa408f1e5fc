"""Jobs that label configurations with an engine."""

import math
from dataclasses import KW_ONLY, dataclass

from jobflow import CURRENT_JOB, Flow, Maker, OnMissing, Response, job
from pymatgen.core import Structure

from makers.calculation import CalculationMaker
from makers.engines import get_engine
from physics.errors import InputError
from stores.arrays import BLOB
from stores.documents import (
    CalculationDocument,
    DatasetDocument,
    LabelledDocument,
)
from stores.hashing import input_hash
from stores.recordings import recorded

LARGEST_FORCE = 30.0
"""eV/Å [choice]: candidates of runs of Li3PS4 up to 1000 K had 12 at most, debris of an explosion
hundreds and more."""


@dataclass
class LabelMaker(Maker):
    """
    Label configurations by single points of an engine, each a job of its own.

    Parameters
    ----------
    name : str
        Name of the job.
    calculation : CalculationMaker
        The single point.
    failed : float
        Largest part of the calculations that may fail; those are left out.
    largest_force : float
        Configurations with larger ones are left out too, eV/Å: those where a potential exploded,
        which would ruin a fit.
    """

    name: str = "label configurations"
    _: KW_ONLY
    calculation: CalculationMaker
    failed: float = 0.2
    largest_force: float = LARGEST_FORCE

    @job
    def make(self, dataset: DatasetDocument, parents: list[str] | None = None) -> Response:
        """
        Start one calculation for each configuration.

        Parameters
        ----------
        dataset : DatasetDocument
            The configurations; labels that they have are not used.
        parents : list of str, optional
            Jobs that made them.

        Returns
        -------
        Response
            Replaced by the calculations and their collection, a `LabelledDocument`.
        """
        metadata = CURRENT_JOB.job.metadata if CURRENT_JOB.job else {}
        points = []
        for number, (atoms, group) in enumerate(
            zip(dataset.to_images(), dataset.groups, strict=True), start=1
        ):
            point = self.calculation.make(
                Structure(
                    atoms.cell.array,
                    atoms.get_chemical_symbols(),
                    atoms.positions,
                    coords_are_cartesian=True,
                )
            )
            point.append_name(f": {group}, number {number}")
            point.update_metadata({**metadata, "step": "label"})
            points.append(point)
        collect = collect_labels(
            [point.output for point in points],
            dataset.groups,
            engine=self.calculation.engine,
            failed=self.failed,
            largest_force=self.largest_force,
            parents=[*(parents or []), *(point.uuid for point in points)],
        )
        collect.config.on_missing_references = OnMissing.NONE
        collect.update_metadata({**metadata, "step": "collect labels"})
        return Response(replace=Flow([*points, collect], collect.output, name=self.name))


@job(data=BLOB, output_schema=LabelledDocument)
def collect_labels(
    calculations: list[CalculationDocument | None],
    groups: list[str],
    *,
    engine: str,
    failed: float,
    largest_force: float = LARGEST_FORCE,
    parents: list[str] | None = None,
) -> LabelledDocument:
    """
    Collect labels, without the calculations that failed.

    Parameters
    ----------
    calculations : list of CalculationDocument or None
        Single points; None where one failed.
    groups : list of str
        Group of each configuration.
    engine : str
        Name of the engine in the registry.
    failed : float
        Largest part of the calculations that may have failed.
    largest_force : float
        Configurations with larger ones are left out too, eV/Å.
    parents : list of str, optional
        Jobs that made these.

    Returns
    -------
    LabelledDocument
        The labels, and which failed or were left out.

    Raises
    ------
    InputError
        If more failed, or none is left.
    """
    good, lost, wild = [], [], []
    for number, (found, group) in enumerate(zip(calculations, groups, strict=True), start=1):
        name = f"{group}, number {number}"
        if found is None:
            lost.append(name)
        elif (force := max(math.hypot(*f) for f in found.forces)) > largest_force:
            wild.append(f"{name}: a force of {force:.3g} eV/Å, limit {largest_force:g}")
        else:
            good.append((found, group))
    if not good or len(lost) / len(calculations) > failed:
        raise InputError(
            f"{len(lost)} of {len(calculations)} labels failed, at most {failed:.0%} may: "
            f"{'; '.join([*lost, *wild])}. Look at their messages; thioflow study resume "
            "--retry-failed repeats them"
        )
    labels = [calculation for calculation, _ in good]
    key = input_hash("collect_labels", {}, parents=[c.input_hash for c in labels])

    def collect() -> LabelledDocument:
        dataset = DatasetDocument.from_calculations(
            labels, [group for _, group in good], source=f"single points with {engine}"
        )
        return LabelledDocument(
            input_hash=key,
            versions=labels[0].versions,
            warnings=dataset.warnings,
            engine=engine,
            functional=get_engine(engine).functional,
            dataset=dataset.model_copy(update={"input_hash": key}),
            failed=[*lost, *wild],
            cpu_seconds=math.fsum(calculation.cpu_seconds or 0.0 for calculation in labels),
        )

    # recorded for the last digits of the positions, which training sets are told apart by
    document = recorded(collect, key, "collect labels", LabelledDocument)
    return document.model_copy(update={"parents": parents or []})
