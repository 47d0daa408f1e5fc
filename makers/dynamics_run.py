"""One run of molecular dynamics: stages, frames, guards, grades, checkpoints."""

import math
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from ase import Atoms

from physics.dynamics.frame import Frame
from physics.dynamics.grading import Grader, Grading
from physics.dynamics.guards import Guards
from physics.dynamics.integrator import Integrator
from physics.dynamics.protocol import Protocol, Stage
from physics.errors import InputError
from stores.trajectories.writer import TrajectoryWriter

TRAJECTORY = "trajectory.h5md"
EXTRAPOLATING = "extrapolating.h5md"
CHECKPOINT = "checkpoint.npz"
FILES = (TRAJECTORY, EXTRAPOLATING)

CHECKPOINT_SECONDS = 10.0
"""A run that is killed repeats this much, and the steps to the next frame."""

Report = Callable[[Frame], None]


@dataclass(frozen=True)
class Output:
    """
    What is written of a run.

    Parameters
    ----------
    interval : int
        Every so many steps.
    velocities, forces : bool
        Whether these are written beside the positions.

    Raises
    ------
    InputError
        If the interval is not positive.
    """

    interval: int = 100
    velocities: bool = False
    forces: bool = False

    def __post_init__(self) -> None:
        """Refuse an interval that is none."""
        if self.interval < 1:
            raise InputError(f"output every {self.interval} steps given, expected 1 or more")


class DynamicsRun:
    """
    A run in a folder; it goes on from the checkpoint that it finds there.

    Parameters
    ----------
    integrator : Integrator
        What moves the atoms, at the start.
    protocol : Protocol
        The stages.
    atoms : ase.Atoms
        The atoms, at the start.
    folder : Path
        Where trajectory and checkpoint are.
    output : Output
        What is written.
    guards : Guards
        What stops the run where it goes wrong.
    grader : Grader, optional
        Grades configurations on the fly.
    report : callable, optional
        Is told of each frame that is written.

    Attributes
    ----------
    step : int
        Steps done.
    last : Frame
        Last configuration that passed the guards.
    """

    def __init__(
        self,
        integrator: Integrator,
        protocol: Protocol,
        atoms: Atoms,
        folder: Path,
        *,
        output: Output,
        guards: Guards,
        grader: Grader | None = None,
        report: Report = lambda _: None,
    ) -> None:
        self.step = 0
        self.last = Frame(0, 0.0, atoms.positions, atoms.cell.array, math.nan, math.nan)
        self._integrator, self._protocol, self._guards = integrator, protocol, guards
        self._output, self._report, self._grader = output, report, grader
        self._checkpoint = folder / CHECKPOINT
        frames: dict[str, int] = {}
        if self._checkpoint.exists():
            with np.load(self._checkpoint) as saved:
                self.step = int(saved["step"])
                frames = {name: int(saved[name]) for name in FILES if name in saved}
                integrator.restore(saved["state"].tobytes())
        outputs = {TRAJECTORY: output} | ({EXTRAPOLATING: Output()} if grader else {})
        self._files = {
            name: self._opened(folder / name, frames.get(name), atoms, kept)
            for name, kept in outputs.items()
        }
        self._saved = time.monotonic()

    def go(self) -> str | None:
        """
        Run to the end, or until a guard or a grade stops it.

        Returns
        -------
        str or None
            Why it stopped early; None if it ran to the end.

        Raises
        ------
        InputError
            If the structure that it starts from cannot be run.
        """
        try:
            for stage, start in zip(self._protocol.stages, self._protocol.starts, strict=True):
                if (reason := self._through(stage, start)) is not None:
                    return reason
            if self.last.step < self.step:  # an earlier attempt came to the end
                self._integrator.begin(stage, stage.steps)
                self.last = self._integrator.frame()
            self._save()
            return None
        finally:
            for file in self._files.values():
                file.close()

    def _through(self, stage: Stage, start: int) -> str | None:
        end = start + stage.steps
        if self.step >= end:
            return None
        self._integrator.begin(stage, self.step - start)
        if self.step == 0:
            if (reason := self._look(stage.temperature)) is not None:
                return reason
        else:
            self.last = self._integrator.frame()
        while self.step < end:
            ahead = self._next_look(end) - self.step
            try:
                self._integrator.advance(ahead)
            except (InputError, RuntimeError) as error:  # RuntimeError: of LAMMPS, of an engine
                return f"after step {self.step}: {error}"
            self.step += ahead
            if (reason := self._look(stage.temperature_at(self.step - start))) is not None:
                return reason
        return None

    def _next_look(self, end: int) -> int:
        intervals = [self._output.interval]
        if self._grader is not None:
            intervals.append(self._grader.grading.interval)
        return min(end, *(interval * (self.step // interval + 1) for interval in intervals))

    def _look(self, temperature: float) -> str | None:
        """Check, grade and write the present configuration, as far as it is time for that."""
        written = self.step % self._output.interval == 0
        frame = self._integrator.frame(
            velocities=self._output.velocities and written, forces=self._output.forces and written
        )
        if (reason := self._guards.check(frame, temperature)) is not None:
            if self.step == 0:
                raise InputError(f"the run cannot start: {reason}; relax the structure first")
            return reason
        self.last = frame
        if self._grader is not None and self.step % self._grader.grading.interval == 0:
            frame = replace(frame, grade=self._grader.grade(frame))
            reason = self._keep(frame, self._grader.grading)
        if written:
            self._files[TRAJECTORY].append(frame)
            self._report(frame)
            due = self.step > 0 and time.monotonic() - self._saved > CHECKPOINT_SECONDS
            if due and reason is None:
                self._save()
        return reason

    def _keep(self, frame: Frame, grading: Grading) -> str | None:
        """Keep a configuration that extrapolates; say so if the run must stop."""
        if frame.grade is None or frame.grade <= grading.keep:
            return None
        self._files[EXTRAPOLATING].append(frame)
        if frame.grade <= grading.stop:
            return None
        return (
            f"step {frame.step}: extrapolation grade {frame.grade:.3g}, limit {grading.stop:g}; "
            f"label the configurations in {EXTRAPOLATING} and fit the potential again"
        )

    def _save(self) -> None:
        """Commit the frames and, with their number, the state; whole or not at all."""
        for file in self._files.values():
            file.flush()
        saved: dict[str, Any] = {name: len(file) for name, file in self._files.items()}
        saved["state"] = np.frombuffer(self._integrator.state(), dtype=np.uint8)
        temporary = self._checkpoint.with_suffix(".part")
        with temporary.open("wb") as checkpoint:
            np.savez(checkpoint, step=self.step, **saved)
            checkpoint.flush()
            os.fsync(checkpoint.fileno())
        temporary.replace(self._checkpoint)
        self._saved = time.monotonic()

    def _opened(
        self, path: Path, frames: int | None, atoms: Atoms, output: Output
    ) -> TrajectoryWriter:
        """Open a file of frames: cut to those of the checkpoint, or anew where there is none."""
        if frames is not None:
            return TrajectoryWriter.resume(path, frames)
        path.unlink(missing_ok=True)
        return TrajectoryWriter.create(
            path,
            atoms.numbers,
            time_step=self._protocol.time_step,
            velocities=output.velocities,
            forces=output.forces,
        )
