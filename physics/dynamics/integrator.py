"""What moves atoms in time, whatever gives the forces."""

from typing import Protocol

from physics.dynamics.frame import Frame
from physics.dynamics.protocol import Stage


class Integrator(Protocol):
    """
    Atoms in motion, with a thermostat and a barostat.

    A new one holds the atoms of a structure with velocities drawn at the temperature of the first
    stage, without total momentum; `begin` is called before the first `advance`, and again at the
    start of each stage.
    """

    def begin(self, stage: Stage, done: int = 0) -> None:
        """
        Take up a stage.

        Positions and velocities stay, and the variables of thermostat and barostat where the
        ensemble is that of the stage before.

        Parameters
        ----------
        stage : Stage
            The stage.
        done : int
            Its steps that are already done, where a run is taken up within the stage.
        """

    def advance(self, steps: int) -> None:
        """
        Make time steps.

        Parameters
        ----------
        steps : int
            Number of them; not beyond the end of the stage.
        """

    def frame(self, *, velocities: bool = False, forces: bool = False) -> Frame:
        """
        Give the present configuration.

        Parameters
        ----------
        velocities, forces : bool
            Whether these are wanted.

        Returns
        -------
        Frame
            Configuration, in the orientation of the structure that was given; a copy.
        """

    def state(self) -> bytes:
        """
        Give all that is needed to go on.

        Returns
        -------
        bytes
            For `restore`.
        """

    def restore(self, state: bytes) -> None:
        """
        Go back to a state; `begin` must follow.

        Parameters
        ----------
        state : bytes
            What `state` gave, of the same atoms.

        Raises
        ------
        InputError
            If it is not such a state.
        """

    def close(self) -> None:
        """Let go of what is held; nothing else is possible after that."""
