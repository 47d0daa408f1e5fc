"""Versions of the packages that a document was made with."""

from importlib.metadata import PackageNotFoundError, version


def versions(*distributions: str) -> dict[str, str]:
    """
    Look up the installed versions of thioflow and of other distributions.

    Parameters
    ----------
    *distributions : str
        Names of distributions as they stand on PyPI; those not installed are left out.

    Returns
    -------
    dict of str to str
        Version by distribution name, thioflow first.
    """
    found = {}
    for name in ("thioflow", *distributions):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
