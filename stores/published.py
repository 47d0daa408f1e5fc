"""Published values, for comparison with results of the project."""

from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

from physics.errors import InputError

_FILE = Path(__file__).with_name("published.yaml")

QUALITIES = {
    "printed": "as the publication prints it",
    "reconstructed": "a matrix with a misprint, rebuilt from its upper triangle",
    "ocr_repaired": "digits unreadable in the copy used, restored from the other numbers",
    "inconsistent": "printed, but in contradiction with other numbers of the same publication",
    "recomputed": "not printed: computed by this project from the printed numbers",
}

Voigt = tuple[float, float, float, float, float, float]


class Source(BaseModel):
    """A publication."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: str = Field(description="short name, unique")
    citation: str = Field(description="authors, title, journal, volume, pages, year")
    doi: str = Field(description="digital object identifier, without address")
    remarks: tuple[str, ...] = Field(
        default=(),
        description="what to know about the publication's numbers, contradictions above all",
    )

    @property
    def label(self) -> str:
        """First author and year."""
        author, _, year = self.key.rpartition("-")
        return f"{author.title()} {year}"


class Conditions(BaseModel):
    """The state a value was obtained at; None where it does not apply or is not printed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    density: float | None = Field(default=None, description="mass density, g/cm^3")
    pressure: float | None = Field(default=None, description="hydrostatic pressure, MPa")
    temperature: float | None = Field(default=None, description="temperature, K")
    molding_pressure: float | None = Field(
        default=None, description="pressure of pellet making, MPa"
    )
    molding_temperature: float | None = Field(
        default=None, description="temperature of pellet making, degrees Celsius"
    )
    formula_units: int | None = Field(
        default=None, description="formula units in the cell that lattice parameters refer to"
    )


class PublishedValue(BaseModel):
    """One number, range or tensor of a publication."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    quantity: Literal[
        "bulk_modulus",
        "shear_modulus",
        "young_modulus",
        "poisson_ratio",
        "elastic_tensor",
        "lattice_a",
        "lattice_b",
        "lattice_c",
        "density",
        "diffusivity",
        "conductivity",
        "activation_energy",
    ] = Field(
        description="what was determined; moduli of computations are Hill means, diffusivities are "
        "tracer diffusivities of lithium"
    )
    system: str = Field(description="material, its phase or preparation")
    formula: str = Field(description="reduced formula")
    value: float | tuple[float, float] | tuple[Voigt, Voigt, Voigt, Voigt, Voigt, Voigt] = Field(
        description="the number, the two ends of a range, or a 6x6 tensor in Voigt order"
    )
    unit: str = Field(description="unit of the value; empty for a pure number")
    uncertainty: float | None = Field(
        default=None, description="printed uncertainty, in the same unit"
    )
    kind: Literal["computed", "measured"] = Field(description="computation or experiment")
    method: str = Field(description="how the value was obtained")
    conditions: Conditions = Field(default=Conditions(), description="the state it was obtained at")
    source: Source = Field(description="where it was published")
    location: str = Field(description="table, figure or section of the source")
    quality: Literal["printed", "reconstructed", "ocr_repaired", "inconsistent", "recomputed"] = (
        Field(
            default="printed",
            description="how far the value is the printed one; see `QUALITIES`",
        )
    )
    note: str = Field(default="", description="remark on this value")


def published(quantity: str | None = None, system: str | None = None) -> list[PublishedValue]:
    """
    Look published values up.

    Parameters
    ----------
    quantity : str, optional
        Quantity, such as ``bulk_modulus``; all by default.
    system : str, optional
        Material, such as ``beta-Li3PS4``, upper or lower case; all by default.

    Returns
    -------
    list of PublishedValue
        The values, in the order of the file; empty if the system is not among them.

    Raises
    ------
    InputError
        If no publication gives the quantity.
    """
    values = _all_values()
    known = sorted({value.quantity for value in values})
    if quantity is not None and quantity not in known:
        raise InputError(
            f"published values: unknown quantity {quantity!r}; known are {', '.join(known)}."
        )
    return [
        value
        for value in values
        if quantity in (None, value.quantity)
        and (system is None or system.casefold() == value.system.casefold())
    ]


@cache
def _all_values() -> tuple[PublishedValue, ...]:
    """Read the file that comes with the project, once."""
    tree = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    sources = {key: Source(key=key, **source) for key, source in tree["sources"].items()}
    return tuple(
        PublishedValue(
            **{
                **{key: shared for key, shared in series.items() if key != "values"},
                **value,
                "source": sources[series["source"]],
                "unit": tree["units"][value["quantity"]],
            }
        )
        for series in tree["series"]
        for value in series["values"]
    )
