"""Diffusivities by other packages, each where it is installed, of walkers in a fixed cell."""

import warnings
from collections.abc import Callable
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

LENGTH = 1000.0
"""Edge of the cell, Å: no step reaches half of it."""

FEMTOSECONDS = 100.0
"""Time between frames, fs."""

LAGS = 60
"""Lags that kinisi is given: its covariance matrix is inverted."""

Interval = tuple[float, float, float]
"""Value and ends of the 95 % interval, Å^2 per frame."""


def with_pymatgen(positions: FloatArray) -> Interval:
    """
    Find the diffusivity with pymatgen-analysis-diffusion, which gives a standard deviation.

    Parameters
    ----------
    positions : ndarray, shape (frames, N, 3)
        Unwrapped, Å.

    Returns
    -------
    tuple of float
        Value and interval.
    """
    from pymatgen.analysis.diffusion.analyzer import DiffusionAnalyzer  # noqa: PLC0415
    from pymatgen.core import Lattice, Structure  # noqa: PLC0415

    _, ions, _ = positions.shape
    structure = Structure(
        Lattice.cubic(LENGTH),
        ["Li"] * ions + ["P"],
        np.linspace(0, 0.9, 3 * (ions + 1)).reshape(-1, 3),
    )
    moved = np.zeros((ions + 1, len(positions), 3))
    moved[:-1] = np.moveaxis(positions - positions[0], 0, 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = DiffusionAnalyzer(structure, moved, "Li", 300, FEMTOSECONDS, 1)
    per_frame = FEMTOSECONDS / 0.1  # of 1 cm^2/s
    value, error = found.diffusivity * per_frame, 1.96 * found.diffusivity_std_dev * per_frame
    return value, value - error, value + error


def with_kinisi(positions: FloatArray) -> Interval:
    """
    Find the diffusivity with kinisi, from samples of the posterior.

    Parameters
    ----------
    positions : ndarray, shape (frames, N, 3)
        Unwrapped, Å.

    Returns
    -------
    tuple of float
        Median and interval.
    """
    import scipp as sc  # noqa: PLC0415
    from kinisi.analyze import DiffusionAnalyzer  # noqa: PLC0415
    from kinisi.displacement import calculate_msd  # noqa: PLC0415
    from kinisi.parser import Parser  # noqa: PLC0415

    frames, ions, _ = positions.shape
    every = max(1, (frames - 1) // LAGS)
    lags = np.arange(every, frames, every) * FEMTOSECONDS
    parsed = Parser(
        sc.array(dims=["time", "particle", "dimension"], values=positions / LENGTH % 1.0),
        sc.array(
            dims=["time", "row", "column"],
            values=np.tile(LENGTH * np.eye(3), (frames, 1, 1)),
            unit="angstrom",
        ),
        sc.scalar(FEMTOSECONDS, unit="fs"),
        sc.scalar(1, unit="dimensionless"),
        dt=sc.array(dims=["time interval"], values=lags, unit="fs"),
        specie_indices=sc.array(dims=["particle"], values=np.arange(ions), unit=None),
        drift_indices=sc.array(dims=["particle"], values=np.arange(0), unit=None),
    )
    analyzer = DiffusionAnalyzer(parsed)
    analyzer._dg = calculate_msd(parsed, progress=False)  # noqa: SLF001 - as its readers do
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        analyzer.diffusion(
            sc.scalar(lags[0], unit="fs"),
            progress=False,
            random_state=np.random.RandomState(0),
        )
    samples = analyzer.diff.gradient.values / 6 * FEMTOSECONDS
    low, value, high = np.quantile(samples, [0.025, 0.5, 0.975])
    return float(value), float(low), float(high)


def with_mdanalysis(positions: FloatArray) -> Interval:
    """
    Find the mean squared displacement with MDAnalysis, which gives no error.

    Parameters
    ----------
    positions : ndarray, shape (frames, N, 3)
        Unwrapped, Å.

    Returns
    -------
    tuple of float
        Mean squared displacement per lag / 6 at a tenth of the run, and no interval.
    """
    import MDAnalysis  # noqa: PLC0415
    from MDAnalysis.analysis.msd import EinsteinMSD  # noqa: PLC0415

    universe = MDAnalysis.Universe.empty(positions.shape[1], trajectory=True)
    universe.load_new(positions.astype(np.float32), dt=FEMTOSECONDS / 1000)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = EinsteinMSD(universe, msd_type="xyz", fft=True).run().results.timeseries
    lag = len(positions) // 10
    return float(found[lag] / 6 / lag), float("nan"), float("nan")


PACKAGES: dict[str, tuple[tuple[str, ...], Callable[[FloatArray], Interval]]] = {
    "pymatgen-analysis-diffusion": (("pymatgen.analysis.diffusion",), with_pymatgen),
    "kinisi": (("kinisi",), with_kinisi),
    "MDAnalysis": (("MDAnalysis", "tidynamics"), with_mdanalysis),
}
"""What each needs, and its function."""


def installed(name: str) -> bool:
    """
    Tell whether a package can be compared with.

    Parameters
    ----------
    name : str
        A key of `PACKAGES`.

    Returns
    -------
    bool
        Whether all it needs is there.
    """
    try:
        return all(find_spec(module) for module in PACKAGES[name][0])
    except ModuleNotFoundError:
        return False
