"""Transport of the ions in trajectory files, without a store."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from pymatgen.core import Composition

from physics.analysis.transport.region import THICKNESS
from physics.analysis.transport.slab import height_of, require_apart, require_normal
from physics.analysis.transport.steady import LARGEST_DRIFT
from physics.analysis.transport.transport import transport
from physics.errors import InputError
from stores.builders.arrhenius import PARTS, ROOM, fitted
from stores.documents import ArrheniusDocument, TransportDocument
from stores.hashing import input_hash
from stores.trajectories.files import checksum
from stores.trajectories.foreign import ForeignTrajectory
from stores.trajectories.foreign.trajectory import ForeignFrame, naming
from stores.versions import versions

UNKNOWN = "unknown"
"""Engine and level of theory of a trajectory file."""

APART = 0.05
"""Part by which temperatures must differ to be more than one [choice]."""

Report = Callable[[Path], None]
"""Called with the file for each frame that is analysed."""


@dataclass(frozen=True)
class TrajectoryTransport:
    """
    Transport in runs of one system.

    Parameters
    ----------
    runs : list of TransportDocument
        One for each file, the coldest first; the label is the name of the file.
    fits : list of ArrheniusDocument
        Of all ions and, with boundaries, of those there: all directions, along and across. Empty
        if all runs have the same temperature.
    """

    runs: list[TransportDocument]
    fits: list[ArrheniusDocument]


def transport_in_files(
    trajectories: Sequence[ForeignTrajectory],
    *,
    temperatures: Sequence[float] = (),
    ion: str = "Li",
    charge: float = 1.0,
    planes: Sequence[float] = (),
    at: float = ROOM,
    report: Report | None = None,
) -> TrajectoryTransport:
    """
    Analyse trajectory files of one system as the runs of a study are.

    Parameters
    ----------
    trajectories : sequence of ForeignTrajectory
        The files, as `stores.trajectories.foreign.open_trajectory` opens them.
    temperatures : sequence of float
        Temperature of each, K; none for those that the files know.
    ion : str
        Element that moves; all others are the framework.
    charge : float
        Charge of an ion, elementary charges.
    planes : sequence of float
        Heights of the boundaries at the start, in parts of c.
    at : float
        Temperature of the prediction, K.
    report : callable, optional
        Called with the file for each frame that is analysed.

    Returns
    -------
    TrajectoryTransport
        The same documents that a store holds of a study.

    Raises
    ------
    InputError
        If a file is named twice or holds another system than the others or none of the ions, the
        temperature of one is unknown or changes, there are not as many temperatures as files, a
        boundary is not in the cell, or the frames cannot be used.
    """
    _require_different([trajectory.path for trajectory in trajectories])
    formula = _formula(trajectories)
    for trajectory in trajectories:
        _require_ions(trajectory, ion)
        if planes:
            _require_planes(trajectory, planes)
    if not at > 0:
        raise InputError(f"a prediction at {at:g} K was asked for, expected a positive temperature")
    found = _temperatures(trajectories, temperatures)
    runs = [
        _run(
            trajectory,
            temperature,
            warnings,
            formula=formula,
            ion=ion,
            charge=charge,
            planes=planes,
            report=report,
        )
        for trajectory, (temperature, warnings) in zip(trajectories, found, strict=True)
    ]
    runs.sort(key=lambda run: run.temperature)
    return TrajectoryTransport(runs, _fits(runs, at))


def _require_different(paths: Sequence[Path]) -> None:
    if not paths:
        raise InputError("no trajectory was given, expected one or more")
    known: dict[Path, Path] = {}
    for path in paths:
        other = known.setdefault(path.resolve(), path)
        if other is not path:
            raise InputError(
                f"{path} is the same file as {other}, and would count twice; name it once"
            )


def _formula(trajectories: Sequence[ForeignTrajectory]) -> str:
    """Give the formula that all files share."""
    formulas = [
        Composition(Counter(trajectory.symbols)).reduced_formula for trajectory in trajectories
    ]
    for trajectory, formula in zip(trajectories, formulas, strict=True):
        if formula != formulas[0]:
            raise InputError(
                f"{trajectory.path} holds {formula} and {trajectories[0].path} {formulas[0]}, "
                "expected runs of one system; analyse them one by one"
            )
    return formulas[0]


def _require_ions(trajectory: ForeignTrajectory, ion: str) -> None:
    if ion not in trajectory.symbols:
        raise InputError(
            f"{trajectory.path} has no {ion}, but {', '.join(dict.fromkeys(trajectory.symbols))}; "
            "name the element that moves (ion, --ion)"
        )


def _require_planes(trajectory: ForeignTrajectory, planes: Sequence[float]) -> None:
    """Check the boundaries before anything long begins."""
    cell = next(trajectory.frames()).cell
    with naming(trajectory.path):
        require_normal(cell)
        require_apart(planes, [np.zeros(())] * len(planes), THICKNESS, height_of(cell))


def _temperatures(
    trajectories: Sequence[ForeignTrajectory], given: Sequence[float]
) -> list[tuple[float, list[str]]]:
    """Give the temperature of each file, and what speaks against it."""
    if given and len(given) != len(trajectories):
        raise InputError(
            f"{len(given)} temperatures were given for {len(trajectories)} files, expected one for "
            "each, in their order (temperatures, -T)"
        )
    found = []
    for number, trajectory in enumerate(trajectories):
        seen = trajectory.temperature
        temperature = given[number] if given else seen
        if temperature is None:
            raise InputError(
                f"{trajectory.path} does not know its temperature; give it in K, for each file "
                "(temperatures, -T)"
            )
        if not 0 < temperature < np.inf:
            raise InputError(f"a temperature of {temperature:g} K was given, expected above zero")
        warnings = []
        if seen is not None and abs(seen - temperature) > LARGEST_DRIFT * temperature:
            warnings.append(
                f"{temperature:g} K was given, but by its velocities the file has {seen:.0f} K"
            )
        found.append((float(temperature), warnings))
    return found


def _run(
    trajectory: ForeignTrajectory,
    temperature: float,
    warnings: list[str],
    *,
    formula: str,
    ion: str,
    charge: float,
    planes: Sequence[float],
    report: Report | None,
) -> TransportDocument:
    """Analyse one file."""

    def frames() -> Iterator[ForeignFrame]:
        for frame in trajectory.frames():
            if report is not None:
                report(trajectory.path)
            yield frame

    with naming(trajectory.path):
        found, arrays = transport(
            frames,
            trajectory.symbols,
            trajectory.masses,
            temperature,
            np.random.default_rng(0),
            ion=ion,
            charge=charge,
            planes=planes,
        )
    settings = {
        "ion": ion,
        "charge": charge,
        "planes": list(planes),
        "temperature": temperature,
        "frames": found.frames,
        "interval": found.interval,
    }
    key = input_hash("transport_in_files", settings, file=checksum(trajectory.path))
    return TransportDocument.of(
        found,
        arrays,
        warnings,
        uuid=key,
        input_hash=key,
        study="",
        system=formula,
        label=str(trajectory.path),
        last_updated=datetime.fromtimestamp(trajectory.path.stat().st_mtime, UTC),
        versions=versions(),
        formula=formula,
        engine=UNKNOWN,
        functional=UNKNOWN,
        potential=None,
        ion=ion,
        temperature=temperature,
        planes=tuple(planes) or None,
    )


def _fits(runs: Sequence[TransportDocument], at: float) -> list[ArrheniusDocument]:
    """Fit runs, of which the coldest is first."""
    if runs[-1].temperature < (1 + APART) * runs[0].temperature:
        return []
    found = []
    for region, direction in PARTS if runs[0].planes else PARTS[:1]:
        settings = {"region": region, "direction": direction, "temperature": at}
        key = input_hash("transport_in_files", settings, runs=[run.uuid for run in runs])
        fit = fitted(key, region, direction, runs, at)
        label = ", ".join(run.label for run in runs)
        found.append(fit.model_copy(update={"label": label}))
    return found
