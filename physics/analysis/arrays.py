"""Arrays from outside, checked before an equation sees them."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from physics.errors import InputError


def finite_array(
    name: str, values: ArrayLike, shape: tuple[int | None, ...]
) -> NDArray[np.float64]:
    """
    Turn values into an array of floats of a known shape.

    Parameters
    ----------
    name : str
        What the values are, for the error message.
    values : array_like
        The values.
    shape : tuple of int or None
        The expected shape; None stands for any length.

    Returns
    -------
    ndarray
        The values as float64, of the expected shape.

    Raises
    ------
    InputError
        If the values are not numbers, have another shape or are not all finite.
    """
    wanted = f"({', '.join('n' if length is None else str(length) for length in shape)})"
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError(
            f"{name}: expected numbers of shape {wanted}, given {type(values).__name__} that does "
            "not form an array of numbers; pass a nested list or an array."
        ) from None
    fits = array.ndim == len(shape) and all(
        length in (None, given) for length, given in zip(shape, array.shape, strict=True)
    )
    if not fits:
        raise InputError(f"{name}: expected an array of shape {wanted}, given {array.shape}.")
    if not np.isfinite(array).all():
        raise InputError(
            f"{name}: {np.count_nonzero(~np.isfinite(array))} of {array.size} numbers are NaN or "
            "infinite; check the calculation they come from."
        )
    return array
