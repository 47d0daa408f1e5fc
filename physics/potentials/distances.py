"""What to do about atoms that are too close to each other."""

from warnings import warn

from physics.errors import InputError


class DistanceCheck:
    """
    Refuses coinciding atoms, and warns once of closer ones than a potential has been trained for.

    Parameters
    ----------
    r_min : float
        Shortest distance that the potential expects, Å.
    """

    def __init__(self, r_min: float) -> None:
        self._r_min = r_min
        self._warned = False

    def check(self, shortest: float) -> None:
        """
        Judge the shortest distance of two atoms.

        Parameters
        ----------
        shortest : float
            Å.

        Warns
        -----
        UserWarning
            The first time that it is below `r_min`.

        Raises
        ------
        InputError
            If it is 0.
        """
        if shortest == 0:
            raise InputError("two atoms are at the same place; move or remove one")
        if shortest < self._r_min and not self._warned:
            self._warned = True
            warn(
                f"two atoms are {shortest:.3f} Å apart, closer than the {self._r_min:.3f} Å that "
                "the potential expects: its energies there are extrapolated",
                UserWarning,
                stacklevel=3,
            )
