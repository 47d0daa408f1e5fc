"""The job that selects what a sweep of active learning found."""

from dataclasses import dataclass

from jobflow import Maker, job

from physics.errors import InputError
from physics.potentials.active_set import SELECT
from stores.arrays import BLOB
from stores.documents import (
    DatasetDocument,
    ExploredDocument,
    PotentialDocument,
    SelectionDocument,
    merge_warnings,
)
from stores.hashing import input_hash
from stores.recordings import recorded


@dataclass
class SelectMaker(Maker):
    """
    Select what a sweep found for labelling.

    Parameters
    ----------
    name : str
        Name of the job.
    threshold : float
        Grade beyond which a configuration is selected.
    most : int or None
        Most configurations, those of the largest grades; None for no limit.
    """

    name: str = "select configurations"
    threshold: float = SELECT
    most: int | None = None

    @job(data=BLOB, output_schema=SelectionDocument)
    def make(
        self,
        potential: PotentialDocument | None,
        explored: list[ExploredDocument | None],
        names: list[str],
        parents: list[str] | None = None,
    ) -> SelectionDocument:
        """
        Select as a job.

        Parameters
        ----------
        potential : PotentialDocument or None
            The potential that explored, with its active set; None if it could not be fitted.
        explored : list of ExploredDocument or None
            The runs; None where one failed.
        names : list of str
            What the runs are called in a warning.
        parents : list of str, optional
            Jobs that made these.

        Returns
        -------
        SelectionDocument
            Of nearly equal configurations one (`physics.potentials.active_set.ActiveSet`).

        Raises
        ------
        InputError
            If there is no potential, all runs failed, or one was made with another potential.
        """
        runs = [run for run in explored if run is not None]
        if potential is None or not runs or {run.potential for run in runs} != {potential.checksum}:
            raise InputError(
                f"{len(runs)} of {len(names)} runs were given, expected one or more, all with "
                f"{'the' if potential else 'a'} potential; look at the messages of what failed "
                "before"
            )
        key = input_hash(
            "SelectMaker",
            self,
            potential=potential.checksum,
            runs=sorted(run.input_hash for run in runs),
        )
        failed = [
            f"{name}: the run failed, and nothing of it was used"
            for name, run in zip(names, explored, strict=True)
            if run is None
        ]
        document = recorded(
            lambda: self._selected(potential, runs, key), key, self.name, SelectionDocument
        )
        return document.model_copy(
            update={
                "parents": parents or [],
                "warnings": merge_warnings(document.warnings, failed),
            }
        )

    def _selected(
        self, potential: PotentialDocument, runs: list[ExploredDocument], key: str
    ) -> SelectionDocument:
        images = [atoms for run in runs if run.candidates for atoms in run.candidates.to_images()]
        chosen: list[int] = []
        if images:
            active = potential.require_active_set()
            chosen = active.select_new(images, self.threshold).tolist()
            if self.most is not None and len(chosen) > self.most:
                grades = active.grade(images)
                chosen = sorted(sorted(chosen, key=lambda place: -grades[place])[: self.most])
        return SelectionDocument(
            input_hash=key,
            versions=potential.versions,
            warnings=potential.warnings,
            potential=potential.checksum,
            threshold=self.threshold,
            runs=[run.record for run in runs],
            profiles=[run.profile for run in runs if run.profile],
            candidates=len(images),
            selected=DatasetDocument.from_images(
                [images[place] for place in chosen],
                source=f"grade above {self.threshold:g} in molecular dynamics",
            )
            if chosen
            else None,
        )
