"""Random potentials and structures, and motep as an independent evaluation."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from ase import Atoms
from motep.calculator import MTP
from motep.io.mlip.mtp import read_mtp

from physics.potentials.files import Dialect, write_potential
from physics.potentials.potential import MomentTensorPotential

SPECIES = ["Li", "P", "S", "Ge"]


@pytest.fixture(scope="session")
def draw_potential() -> Callable[..., MomentTensorPotential]:
    """Draw a potential of a level and number of species."""

    def draw(level: int, n_species: int = 2, seed: int = 0) -> MomentTensorPotential:
        rng = np.random.default_rng(seed)
        potential = MomentTensorPotential.initialise(
            level, SPECIES[:n_species], r_min=1.2, r_max=4.5, n_chebyshev=6, rng=rng
        )
        return potential.with_parameters(
            potential.parameters * rng.uniform(0.5, 1.5, potential.n_parameters)
        )

    return draw


@pytest.fixture(scope="session")
def draw_atoms() -> Callable[..., Atoms]:
    """Draw a structure without very short distances; a cluster if no cell is given."""

    def draw(
        n_atoms: int, n_species: int = 2, seed: int = 0, cell: list[list[float]] | None = None
    ) -> Atoms:
        rng = np.random.default_rng(seed)
        side = [[6.0, 0.0, 0.0], [0.0, 6.0, 0.0], [0.0, 0.0, 6.0]] if cell is None else cell
        symbols = rng.choice(SPECIES[:n_species], n_atoms).tolist()
        while True:
            atoms = Atoms(
                symbols,
                scaled_positions=rng.random((n_atoms, 3)),
                cell=side,
                pbc=cell is not None,
            )
            distances = atoms.get_all_distances(mic=cell is not None)
            if n_atoms == 1 or distances[~np.eye(n_atoms, dtype=bool)].min() > 1.2:
                return atoms

    return draw


@pytest.fixture
def motep(tmp_path: Path) -> Callable[[MomentTensorPotential], MTP]:
    """Hand a potential to motep, through a file."""

    def calculator(potential: MomentTensorPotential, dialect: Dialect = "MLIP-2") -> MTP:
        write_potential(tmp_path / "for_motep.mtp", potential, dialect)
        data = read_mtp(tmp_path / "for_motep.mtp")
        data.species = Atoms(list(potential.species)).numbers
        return MTP(data, engine="cext")

    return calculator
