"""How numbers, intervals and durations are written for people."""

from math import floor, inf, log10

from physics.analysis.transport.estimate import Estimate

_PLAIN = (-1, 2)
"""Powers of ten of numbers that are written without an exponent."""

_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")

_SHARED = 2.0
"""Decades up to which the ends of an interval share the exponent of its value."""


def number(value: float, decimals: int) -> str:
    """
    Write a number with a true minus sign.

    Parameters
    ----------
    value : float
        The number.
    decimals : int
        Digits after the point.

    Returns
    -------
    str
        The number; one that rounds to zero has no sign.
    """
    text = f"{value:.{decimals}f}"
    return text.lstrip("-") if float(text) == 0 else text.replace("-", "−")


def significant(value: float, digits: int = 3) -> str:
    """
    Write a number with a number of significant digits, without an exponent.

    Parameters
    ----------
    value : float
        The number.
    digits : int
        Significant digits.

    Returns
    -------
    str
        The number; whole numbers of more digits keep them all.
    """
    exponent = int(f"{value:.{digits - 1}e}".partition("e")[2]) if value else 0
    return number(value, max(digits - 1 - exponent, 0))


def scientific(value: float, digits: int = 2) -> str:
    """
    Write a positive number as a power of ten, unless it is near 1.

    Parameters
    ----------
    value : float
        The number.
    digits : int
        Significant digits.

    Returns
    -------
    str
        The number, such as ``6.6·10⁻¹⁰``.
    """
    mantissa, _, exponent = f"{value:.{digits - 1}e}".partition("e")
    if value == 0 or _PLAIN[0] <= int(exponent) <= _PLAIN[1]:
        return significant(value, digits)
    return f"{mantissa}·10{str(int(exponent)).translate(_SUPERSCRIPTS)}"


def interval(estimate: Estimate) -> str:
    """
    Write a positive estimate with its interval.

    Parameters
    ----------
    estimate : Estimate
        The estimate.

    Returns
    -------
    str
        Value and ends, such as ``6.6 (5.1–8.4)·10⁻¹⁰``; a wide one has an exponent each.
    """
    ends = (estimate.value, estimate.low, estimate.high)
    exponent = floor(log10(estimate.value))
    if _PLAIN[0] <= exponent <= _PLAIN[1] or estimate.decades > _SHARED:
        value, low, high = (_end(end) for end in ends)
        return f"{value} ({low} to {high})"
    value, low, high = (significant(end / 10**exponent, 2) for end in ends)
    return f"{value} ({low}–{high})·10{str(exponent).translate(_SUPERSCRIPTS)}"


def _end(value: float) -> str:
    return "∞" if value == inf else scientific(value)


def duration(seconds: float) -> str:
    """
    Write a wall time in the unit that suits it.

    Parameters
    ----------
    seconds : float
        Time, s.

    Returns
    -------
    str
        Time with unit.
    """
    for size, unit in ((3600.0, "h"), (60.0, "min")):
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}"
    return f"{significant(seconds, 2)} s"
