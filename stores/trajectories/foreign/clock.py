"""When the frames of a file were."""

from dataclasses import dataclass

from physics.errors import InputError
from stores.trajectories.foreign.configuration import Configuration


@dataclass(frozen=True)
class Clock:
    """
    Times of frames from what a file knows and what its user says.

    Parameters
    ----------
    interval : float, optional
        Time between frames, fs.
    time_step : float, optional
        Time between steps, fs.

    Raises
    ------
    InputError
        If a time is not positive.
    """

    interval: float | None
    time_step: float | None

    def __post_init__(self) -> None:
        """Check the times."""
        for name, value in (("interval", self.interval), ("time_step", self.time_step)):
            if value is not None and not value > 0:
                raise InputError(f"{name} = {value:g} fs was given, expected a positive time")

    def time(self, frame: Configuration, number: int) -> float:
        """
        Give the time of a frame.

        Parameters
        ----------
        frame : Configuration
            The frame.
        number : int
            How many frames are before it in the file.

        Returns
        -------
        float
            Time, fs. Steps that a file numbers are counted, so that gaps stand out; an interval
            overrules the times of a file.

        Raises
        ------
        InputError
            If it is not known.
        """
        if frame.time is None and frame.step is not None:
            if self.time_step is None:
                raise InputError(
                    "the file numbers its steps, but does not know the time between them; give it "
                    "in fs (time_step, --time-step)"
                )
            return frame.step * self.time_step
        if self.interval is not None:
            return number * self.interval
        if frame.time is None:
            raise InputError(
                "the file does not know the time between its frames; give it in fs (interval, "
                "--interval)"
            )
        return frame.time
