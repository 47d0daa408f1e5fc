"""Runs of molecular dynamics whose lithium walks at random with a known diffusivity."""

from pathlib import Path
from typing import Any

import numpy as np
from monty.json import jsanitize
from pymatgen.core import Lattice, Structure

from physics.dynamics.frame import Frame
from physics.dynamics.protocol import Protocol, Stage
from physics.dynamics.summary import Series, StageSummary
from stores.documents import DynamicsDocument, TrajectoryFile
from stores.trajectories.writer import TrajectoryWriter

EDGE, HEIGHT = 16.0, 48.0
"""Of the cell, Å."""

IONS, FRAMES, STEPS = 96, 400, 100
"""Lithium; frames of the production; steps between frames, of 1 fs."""

KB = 8.617333e-5


def arrhenius(temperature: float, energy: float = 0.25, at_1000: float = 5e-5) -> float:
    """A diffusivity that follows Arrhenius' law, cm^2/s."""
    return float(at_1000 * np.exp(-energy / KB * (1 / temperature - 1e-3)))


def write_run(
    path: Path, temperature: float, diffusivity: float, seed: int = 0, *, liquid: bool = False
) -> list[Frame]:
    """Write a short equilibration and a production; the framework only drifts, or it walks too."""
    rng = np.random.default_rng(seed)
    framework = np.array(
        [[x, y, z] for x in (4.0, 12.0) for y in (4.0, 12.0) for z in np.arange(2.0, 48.0, 4.0)]
    )
    cell = np.diag([EDGE, EDGE, HEIGHT])
    # cm^2/s are 10 Å^2/fs
    step = np.sqrt(2 * 10 * diffusivity * STEPS)
    ions = rng.uniform(0, [EDGE, EDGE, HEIGHT], (IONS, 3))
    frames = []
    with TrajectoryWriter.create(path, [3] * IONS + [16] * len(framework), time_step=1.0) as file:
        for number in range(FRAMES + 3):
            drift = np.array([0.01, 0.0, 0.02]) * number
            frames.append(
                Frame(
                    step=number * STEPS,
                    time=float(number * STEPS),
                    positions=np.concatenate([ions, framework]) + drift,
                    cell=cell,
                    energy=-1.0,
                    temperature=temperature + rng.normal(scale=5),
                )
            )
            file.append(frames[-1])
            ions = ions + rng.normal(scale=step, size=ions.shape)
            if liquid:
                framework = framework + rng.normal(scale=step / 2, size=framework.shape)
    return frames


def stored_run(
    folder: Path, temperature: float, diffusivity: float, label: str = "bulk", **changes: Any
) -> dict[str, Any]:
    """The job of such a run as a store has it."""
    name = f"{label} {temperature:g}"
    path = folder / f"{name}.h5md".replace(" ", "-")
    seed = changes.pop("seed", round(temperature))
    liquid = changes.pop("liquid", False)
    last = write_run(path, temperature, diffusivity, seed, liquid=liquid)[-1]
    stages = [
        Stage("equilibrate", 2 * STEPS, temperature),
        Stage("produce", FRAMES * STEPS, temperature),
    ]
    summary = StageSummary(
        "", "nvt", 1, 1, temperature, 5.0, None, 1.9, -1.0, {"Li": 1.0}, {"Li": 1.0}
    )
    output: dict[str, Any] = {
        "input_hash": f"hash of {name}",
        "label": f"{label}, {temperature:g} K",
        "engine": "mtp",
        "functional": "moment tensor potential",
        "driver": "lammps",
        "potential": "potential",
        "protocol": Protocol(tuple(stages), 1.0),
        "steps": last.step,
        "completed": True,
        "stopped": None,
        "structure": Structure(Lattice(last.cell), ["Li"], [[0, 0, 0]]),
        "energy": -1.0,
        "stages": [StageSummary(**(vars(summary) | {"name": stage.name})) for stage in stages],
        "series": Series([0.0], [temperature], [1.9], [-1.0], {"Li": [0.0]}),
        "trajectory": TrajectoryFile.of(path),
        "seconds": 1.0,
        "directory": "",
    }
    return {
        "uuid": changes.pop("uuid", name),
        "index": 1,
        "name": name,
        "completed_at": changes.pop("completed", "2026-01-01T00:00:00.123456"),
        "metadata": {"study": "study", "system": "beta-Li3PS4"},
        "output": jsanitize(DynamicsDocument(**output | changes), strict=True),
    }
