"""Activation energies and conductivities beside published ones."""

from collections.abc import Sequence
from dataclasses import dataclass

from physics.analysis.transport.estimate import Estimate
from stores.documents import ArrheniusDocument
from workflows.notation import interval, number
from workflows.report.conductor import PARTS, Conductor, law
from workflows.report.known_transport import NEAR, Known, alike, known_rows

RESOLVED = 1.0
"""Decades up to which an interval resolves a conductivity [choice]."""


@dataclass(frozen=True)
class Prediction:
    """
    One row of the table: what a fit predicts.

    Parameters
    ----------
    part : str
        Which ions, and their direction.
    energy, conductivity, decades, points : str
        Activation energy (eV), conductivity (S/cm), width of its interval, and the runs.
    resolved : bool
        Whether the interval is narrower than a decade.
    remarks : list of str
        What to know about the prediction.
    """

    part: str
    energy: str
    conductivity: str
    decades: str
    points: str
    resolved: bool
    remarks: list[str]


@dataclass(frozen=True)
class Material:
    """
    The rows about one material.

    Parameters
    ----------
    name : str
        Name of the system, or of the published material.
    predictions : list of Prediction
        Here; empty where it is published only.
    known : list of Known
        Published.
    """

    name: str
    predictions: list[Prediction]
    known: list[Known]


def materials(conductors: Sequence[Conductor]) -> list[Material]:
    """
    Set predictions beside published values.

    Parameters
    ----------
    conductors : sequence of Conductor
        The systems.

    Returns
    -------
    list of Material
        Those that were simulated, then other published ones of the same compositions.
    """
    fitted = [each for each in conductors if each.fits]
    formulas = {each.about.formula for each in conductors}
    temperatures = [fit.temperature for each in fitted for fit in each.fits.values()]
    found = known_rows(formulas, next(iter(temperatures), None))
    here = [
        Material(
            name=each.name,
            predictions=[
                _prediction(part, each.fits[key]) for key, part in PARTS.items() if key in each.fits
            ],
            known=[row for name, rows in found.items() if alike(name, each) for row in rows],
        )
        for each in fitted
    ]
    others = [
        Material(name=rows[0].value.system, predictions=[], known=rows)
        for name, rows in found.items()
        if not any(alike(name, each) for each in fitted)
    ]
    return here + others


def _prediction(part: str, fit: ArrheniusDocument) -> Prediction:
    coldest, hottest = fit.coldest, fit.hottest
    points = f"{fit.resolved} of {len(fit.points)}"
    if coldest is not None and hottest is not None:
        points += f", {coldest:.0f}–{hottest:.0f} K" if hottest > coldest else f", {coldest:.0f} K"
    return Prediction(
        part=part,
        energy=_energy(fit),
        conductivity=_conductivity(fit),
        decades="–" if fit.decades is None else number(fit.decades, 1),
        points=points,
        resolved=fit.decades is not None and fit.decades <= RESOLVED,
        remarks=_remarks(fit),
    )


def _energy(fit: ArrheniusDocument) -> str:
    value, low, high = (
        fit.activation_energy,
        fit.activation_energy_low,
        fit.activation_energy_high,
    )
    if value is None or low is None or high is None:
        return "–"
    return f"{number(value, 3)} ({number(low, 3)} to {number(high, 3)})"


def _conductivity(fit: ArrheniusDocument) -> str:
    value, low, high = fit.conductivity, fit.conductivity_low, fit.conductivity_high
    if value is None or low is None or high is None:
        return "–"
    return interval(Estimate(value, low, high))


def _remarks(fit: ArrheniusDocument) -> list[str]:
    """Say how far a prediction can be trusted."""
    found = law(fit)
    if found is None or fit.coldest is None or fit.hottest is None:
        seen = f"{fit.resolved} of {len(fit.points)} runs resolved"
        return [f"no prediction: {seen}, expected two temperatures or more; see Runs for limits"]
    remarks = []
    if fit.decades is not None and fit.decades > RESOLVED:
        remarks.append("not resolved: the interval is wider than a decade")
    if found.cautions(fit.temperature):
        remarks.append(
            f"a prediction by extrapolation far outside of {fit.coldest:.0f} to {fit.hottest:.0f} K"
        )
    elif not fit.coldest - NEAR <= fit.temperature <= fit.hottest + NEAR:
        remarks.append(f"extrapolated from {fit.coldest:.0f} to {fit.hottest:.0f} K")
    if fit.break_temperature is not None:
        remarks.append(f"two regimes, which meet at {fit.break_temperature:.0f} K")
    return remarks
