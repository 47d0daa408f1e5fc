"""How numbers and durations are written for people."""


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
