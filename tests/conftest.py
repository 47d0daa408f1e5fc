"""Every test runs with default settings, in a folder of its own when it asks for `workspace`."""

import os
from pathlib import Path

import pytest
from hypothesis import settings
from pymatgen.core import Lattice, Structure

STUDIES = Path(__file__).parent.parent / "workflows" / "studies"
RECORDINGS = Path(__file__).parent / "recordings"

os.environ.setdefault("OMP_NUM_THREADS", "1")
# threads of numba wait for each other without holding the cores that other tests need
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

# how long an example takes says nothing about what it tests
settings.register_profile("thioflow", deadline=None)
settings.load_profile("thioflow")


@pytest.fixture(autouse=True)
def default_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("THIOFLOW_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def copper() -> Structure:
    """Conventional fcc cell near EMT's own lattice parameter, 4 atoms."""
    return Structure.from_spacegroup("Fm-3m", Lattice.cubic(3.6), ["Cu"], [[0, 0, 0]])


@pytest.fixture
def argon() -> Structure:
    """Conventional fcc cell near the Lennard-Jones lattice parameter, 4 atoms."""
    return Structure.from_spacegroup("Fm-3m", Lattice.cubic(5.26), ["Ar"], [[0, 0, 0]])


@pytest.fixture
def li3ps4() -> Structure:
    """beta-Li3PS4, Pnma, 32 atoms."""
    return Structure.from_file(STUDIES / "structures" / "beta-Li3PS4.cif")
