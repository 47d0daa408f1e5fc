"""Jobs of glasses: what is melted, what was quenched, what their tensors are."""

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field

import numpy as np
from jobflow import Maker, job
from pymatgen.core import Structure

from physics.analysis.elasticity import elastic_tensor
from physics.analysis.glass import Acceptance
from physics.analysis.moduli import moduli
from physics.errors import InputError
from physics.structures.packing import pack
from stores.documents import (
    DynamicsDocument,
    QuenchDocument,
    QuenchTensorsDocument,
    StressStrainDocument,
    merge_warnings,
)
from stores.hashing import input_hash


@dataclass
class PackMaker(Maker):
    """
    Pack whole ions at random into a cube, for a melt-quench.

    Parameters
    ----------
    name : str
        Name of the job.
    ions : mapping of str to int
        Number of each ion, see `physics.structures.packing.pack`.
    density : float
        g/cm^3; that of Garcia-Mendez et al. 2020 by default.
    seed : int
        Of the random numbers.
    """

    name: str = "pack glass"
    _: KW_ONLY
    ions: Mapping[str, int]
    density: float = 1.88
    seed: int = 0

    @job
    def make(self) -> Structure:
        """
        Pack as a job.

        Returns
        -------
        Structure
            The packing, Å.

        Raises
        ------
        InputError
            If the ions do not balance, or cannot be packed at that density.
        """
        return pack(self.ions, self.density, np.random.default_rng(self.seed))


@dataclass
class CollectQuenchMaker(Maker):
    """
    Collect what is needed to test a glass.

    Parameters
    ----------
    name : str
        Name of the job.
    label : str
        What the glass is called.
    pressure : float
        Pressure of the melt-quench, GPa.
    acceptance : Acceptance
        What is demanded of the glass.
    """

    name: str = "collect glass"
    _: KW_ONLY
    label: str
    pressure: float
    acceptance: Acceptance = field(default_factory=Acceptance)

    @job(output_schema=QuenchDocument)
    def make(
        self, start: Structure, run: DynamicsDocument, parents: Sequence[str] = ()
    ) -> QuenchDocument:
        """
        Collect as a job.

        Parameters
        ----------
        start : Structure
            What was melted.
        run : DynamicsDocument
            The melt-quench.
        parents : sequence of str
            Jobs that made these.

        Returns
        -------
        QuenchDocument
            The glass before its tests.
        """
        return QuenchDocument(
            input_hash=input_hash("CollectQuenchMaker", self, run=run.input_hash),
            parents=list(parents),
            versions=run.versions,
            warnings=run.warnings,
            label=self.label,
            seed=run.protocol.seed,
            pressure=self.pressure,
            acceptance=self.acceptance,
            start=start,
            **{
                name: getattr(run, name)
                for name in (
                    "engine",
                    "functional",
                    "potential",
                    "structure",
                    "completed",
                    "stopped",
                    "stages",
                )
            },
        )


@job(output_schema=QuenchTensorsDocument)
def collect_tensors(
    stresses: list[StressStrainDocument], quenches: list[QuenchDocument], parents: list[str]
) -> QuenchTensorsDocument:
    """
    Collect the elastic tensors of the glasses of several quenches that are accepted.

    Parameters
    ----------
    stresses : list of StressStrainDocument
        Stresses of each strained glass.
    quenches : list of QuenchDocument
        The melt-quenches that they are of.
    parents : list of str
        Jobs that made these.

    Returns
    -------
    QuenchTensorsDocument
        The tensors, with a warning for each glass that is left out.

    Raises
    ------
    InputError
        If no glass is accepted, or a tensor is singular.
    """
    accepted = []
    left_out = []
    for data, quench in zip(stresses, quenches, strict=True):
        refused = quench.tested().refused
        left_out += [f"seed {quench.seed} left out: {reason}" for reason in refused]
        if not refused:
            accepted.append((data, quench))
    if not accepted:
        raise InputError(f"no glass to average over: {'; '.join(left_out)}")
    first, glass = accepted[0]
    tensors = [
        moduli(
            elastic_tensor(
                np.array(data.strains),
                np.array(data.stresses),
                np.array(data.rotations),
                data.strain,
            )
        ).stiffness.tolist()
        for data, _ in accepted
    ]
    return QuenchTensorsDocument(
        input_hash=input_hash("collect_tensors", {}, parents=[d.input_hash for d, _ in accepted]),
        parents=parents,
        versions=first.versions,
        warnings=merge_warnings(*(data.warnings for data, _ in accepted), left_out),
        label=glass.label,
        engine=first.engine,
        functional=first.functional,
        formula=first.structure.composition.reduced_formula,
        pressure=glass.pressure,
        seeds=[quench.seed for _, quench in accepted],
        densities=[float(data.structure.density) for data, _ in accepted],
        tensors=tensors,
    )
