"""Where the numbers of a report come from: the engine jobs of the study."""

from dataclasses import dataclass
from typing import Any, Self

from stores.results import ENGINE_OUTPUTS


@dataclass(frozen=True)
class JobSummary:
    """
    One engine job, as the report lists it.

    Parameters
    ----------
    uuid : str
        uuid of the job.
    name : str
        Name of the job.
    system : str
        Name of the structure in the study.
    engine, functional : str
        Engine and level of theory.
    mode : str
        ``run`` or ``replay``.
    versions : dict of str to str
        Version by package.
    seconds : float
        Wall time of the engine, s.
    converged : bool or None
        Whether the force criterion was met; None for molecular dynamics, which has none.
    directory : str
        Folder the job ran in.
    """

    uuid: str
    name: str
    system: str
    engine: str
    functional: str
    mode: str
    versions: dict[str, str]
    seconds: float
    converged: bool | None
    directory: str

    @classmethod
    def from_job(cls, stored: dict[str, Any]) -> Self | None:
        """
        Summarise a document of the job store.

        Parameters
        ----------
        stored : dict
            The job as jobflow stores it: ``uuid``, ``name``, ``metadata``, ``output``.

        Returns
        -------
        JobSummary or None
            The summary; None if the output is neither a `CalculationDocument` nor a
            `DynamicsDocument`.
        """
        output = stored.get("output")
        if not isinstance(output, dict) or output.get("@class") not in ENGINE_OUTPUTS:
            return None
        return cls(
            uuid=stored["uuid"],
            name=stored["name"],
            system=stored.get("metadata", {}).get("system", ""),
            converged=output.get("converged"),
            **{
                name: output[name]
                for name in ("engine", "functional", "mode", "versions", "seconds", "directory")
            },
        )


def software(jobs: list[JobSummary], documents: list[dict[str, str]]) -> list[tuple[str, str]]:
    """
    List the packages that jobs and properties were made with.

    Parameters
    ----------
    jobs : list of JobSummary
        Engine jobs.
    documents : list of dict of str to str
        Versions of the property documents.

    Returns
    -------
    list of (str, str)
        Package and version, sorted; several versions are joined by commas.
    """
    found: dict[str, set[str]] = {}
    for versions in [*(job.versions for job in jobs), *documents]:
        for package, version in versions.items():
            found.setdefault(package, set()).add(version)
    return [(package, ", ".join(sorted(found[package]))) for package in sorted(found)]
