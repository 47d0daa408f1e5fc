"""One engine job: any atomate2 Maker, its output in the words of a `CalculationDocument`."""

import math
import time
from dataclasses import KW_ONLY, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from jobflow import Maker, job
from pymatgen.core import Structure

from makers.cost import cpu_seconds
from makers.engines import get_engine
from stores.documents import CalculationDocument
from stores.hashing import input_hash
from stores.recordings import recorded
from stores.versions import versions

USUAL_RELAX_STEPS = 100

Kind = Literal["static", "relax"]


def calculation(engine: str, kind: Kind, **settings: Any) -> "CalculationMaker":
    """
    Give the Maker of one calculation on an engine.

    Parameters
    ----------
    engine : str
        Name in the registry.
    kind : {"static", "relax"}
        What to calculate.
    **settings
        Arguments of the engine's method of that name; see `makers.engines.Engine`.

    Returns
    -------
    CalculationMaker
        The Maker; the engine need not be installed here.

    Raises
    ------
    InputError
        If there is no engine of this name.
    """
    maker = getattr(get_engine(engine), kind)(**settings)
    return CalculationMaker(name=f"{engine} {kind}", engine=engine, kind=kind, maker=maker)


@dataclass
class CalculationMaker(Maker):
    """
    Run one calculation on an engine; record or replay it in mock mode.

    Made by `calculation`.

    Parameters
    ----------
    name : str
        Name of the job.
    engine : str
        Name of the engine in the registry.
    kind : {"static", "relax"}
        What the wrapped Maker does.
    maker : Maker
        The atomate2 Maker that runs the engine.
    """

    name: str = "calculation"
    _: KW_ONLY
    engine: str
    kind: Kind
    maker: Maker

    @property
    def evaluations(self) -> int:
        """Energy, force and stress evaluations that the job is likely to need."""
        if self.kind == "static":
            return 1
        return min(USUAL_RELAX_STEPS, self.maker.as_dict()["steps"])

    @job(output_schema=CalculationDocument)
    def make(self, structure: Structure, prev_dir: str | None = None) -> CalculationDocument:
        """
        Run the calculation as a job.

        Parameters
        ----------
        structure : Structure
            Initial structure, lengths in Å.
        prev_dir : str or None
            Folder of an earlier calculation to start from, for engines that can.

        Returns
        -------
        CalculationDocument
            Final structure, energy (eV), forces (eV/Å) and stress (GPa, tension positive).

        Raises
        ------
        InputError
            If the engine is not available here, lacks an element, or, in replay, if there is no
            recording.
        RuntimeError
            If the engine returned a number that is not finite.
        """
        key = input_hash(f"{type(self).__name__}.{self.kind}", self.maker, structure=structure)
        return recorded(
            lambda: self._calculate(structure, prev_dir, key), key, self.name, CalculationDocument
        )

    def _calculate(
        self, structure: Structure, prev_dir: str | None, key: str
    ) -> CalculationDocument:
        engine = get_engine(self.engine)
        engine.require()
        engine.require_elements(structure)
        start, used = time.perf_counter(), cpu_seconds()
        result = engine.run(self.maker, structure, prev_dir)
        seconds, used = time.perf_counter() - start, cpu_seconds() - used
        numbers = [result.energy, *np.ravel(result.forces), *np.ravel(result.stress or 0.0)]
        if not np.all(np.isfinite(numbers)):
            raise RuntimeError(
                f"{self.engine} returned an energy, force or stress that is not finite for "
                f"{structure.formula}; look at the structure in {Path.cwd()}"
            )
        warnings = [engine.caveat] if engine.caveat else []
        converged = result.converged or self.kind != "relax"
        if not converged:
            warnings.append(
                f"{self.name}: not converged after {result.steps} steps, largest force "
                f"{max(math.hypot(*force) for force in result.forces):.1e} eV/Å"
            )
        return CalculationDocument(
            input_hash=key,
            versions=versions("atomate2", *engine.packages),
            warnings=warnings,
            kind=self.kind,
            engine=self.engine,
            functional=engine.functional,
            structure=result.structure,
            energy=result.energy,
            forces=result.forces,
            stress=result.stress,
            converged=converged,
            steps=result.steps,
            seconds=seconds,
            cpu_seconds=used,
            directory=str(Path.cwd()),
        )
