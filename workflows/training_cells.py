"""The flow of training cells of boundaries."""

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any

from jobflow import Flow, Job, Maker

from makers.calculation import CalculationMaker
from makers.training_cell import TrainingCellMaker
from workflows.dynamics import parents_of


@dataclass
class CellsFlowMaker(Maker):
    """
    Training cells of boundaries, relaxed with an engine.

    Parameters
    ----------
    name : str
        Name of the flow.
    cells : sequence of TrainingCellMaker
        One for each boundary.
    relax : CalculationMaker
        Relaxes a cell: the atoms and the cell length normal to the boundary.
    """

    name: str = "training cells"
    _: KW_ONLY
    cells: Sequence[TrainingCellMaker]
    relax: CalculationMaker

    def make(self, boundaries: Sequence[Any]) -> Flow:
        """
        Assemble the flow.

        Parameters
        ----------
        boundaries : sequence of OutputReference of BestBoundary
            The relaxed boundaries.

        Returns
        -------
        Flow
            Its output is a list of dictionaries with ``structure`` and ``planes``, the heights of
            the boundaries in parts of c.
        """
        jobs: list[Job] = []
        outputs = []
        for maker, best in zip(self.cells, boundaries, strict=True):
            cell = maker.make(best.crystal, best.built, parents_of(best))
            relax = self.relax.make(cell.output.structure)
            for part, step in ((cell, "build training cell"), (relax, "relax training cell")):
                part.append_name(f": {maker.label}")
                part.update_metadata({"step": step, "atoms": maker.max_atoms})
            jobs += [cell, relax]
            outputs.append({"structure": relax.output.structure, "planes": cell.output.planes})
        return Flow([*jobs], outputs, name=self.name)
