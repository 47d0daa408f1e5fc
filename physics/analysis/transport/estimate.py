"""A number with its interval."""

from dataclasses import dataclass
from math import log10


@dataclass(frozen=True)
class Estimate:
    """
    An estimate with its 95 % interval.

    Parameters
    ----------
    value : float
        The estimate.
    low, high : float
        Ends of the interval.
    """

    value: float
    low: float
    high: float

    @property
    def decades(self) -> float:
        """Width of the interval in powers of ten; infinite where it reaches zero."""
        return log10(self.high / self.low) if self.low > 0 else float("inf")

    def scaled(self, factor: float) -> "Estimate":
        """
        Multiply value and interval.

        Parameters
        ----------
        factor : float
            A positive factor.

        Returns
        -------
        Estimate
            The product.
        """
        return Estimate(self.value * factor, self.low * factor, self.high * factor)
