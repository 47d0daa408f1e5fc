"""Transport of ions: of single runs, and of what runs at several temperatures have in common."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self

from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from physics.analysis.transport.estimate import Estimate
from physics.analysis.transport.transport import Transport
from stores.arrays import Packed, pack
from stores.documents.base import PropertyDocument, merge_warnings

Region = Literal["cell", "boundary"]
Direction = Literal["all", "along", "across"]


class TransportDocument(PropertyDocument):
    """What the ions of one run do: diffusivity and all that is read from their paths."""

    collection: ClassVar[str] = "transport"
    columns: ClassVar[tuple[str, ...]] = (
        "study",
        "system",
        "label",
        "engine",
        "temperature",
        "ions",
        "picoseconds",
        "hops",
        "diffusivity",
        "diffusivity_low",
        "diffusivity_high",
        "diffusivity_limit",
        "conductivity",
        "haven",
        "boundary_diffusivity",
        "solid",
    )
    line: ClassVar[tuple[str, ...]] = (
        "system",
        "label",
        "temperature",
        "ions",
        "hops",
        "diffusivity",
        "diffusivity_low",
        "diffusivity_high",
        "diffusivity_limit",
        "boundary_diffusivity",
        "solid",
    )

    label: str = Field(title="run", description="what was run, without its temperature")
    formula: str = Field(description="reduced formula")
    engine: str = Field(title="engine", description="engine of the registry, or mtp")
    functional: str = Field(title="level of theory", description="level of theory of the engine")
    potential: str | None = Field(description="checksum of the potential; None for other engines")
    ion: str = Field(title="ion", description="element that moves")
    temperature: float = Field(title="temperature (K)", description="mean temperature, K")
    ions: int = Field(title="ions", description="number of ions")
    picoseconds: float = Field(title="time (ps)", description="time that was analysed, ps")
    hops: float = Field(title="hops", description="number of hops that were seen, of all ions")
    diffusivity: float | None = Field(
        title="D (cm^2/s)", description="tracer diffusivity, cm^2/s; None: only a limit is known"
    )
    diffusivity_low: float | None = Field(
        title="from", description="lower end of its 95 % interval, cm^2/s"
    )
    diffusivity_high: float | None = Field(
        title="to", description="upper end of its 95 % interval, cm^2/s"
    )
    diffusivity_limit: float | None = Field(
        title="below", description="upper limit (95 %) where there is no estimate, cm^2/s"
    )
    conductivity: float | None = Field(
        title="σ (S/cm)", description="by Nernst and Einstein with a Haven ratio of 1, S/cm"
    )
    haven: float | None = Field(
        title="Haven ratio", description="tracer by collective diffusivity; None: not resolved"
    )
    boundary_diffusivity: float | None = Field(
        title="D at boundaries (cm^2/s)",
        description="tracer diffusivity of the ions at boundaries, cm^2/s; None: no boundary, or "
        "only a limit is known",
    )
    solid: bool = Field(
        title="solid", description="whether the framework stays in place; if not, it is a liquid"
    )
    planes: tuple[float, ...] | None = Field(
        description="heights of the boundaries at the start in parts of c; None: none"
    )
    transport: Transport = Field(description="all that was found")
    packed: Packed = Field(description="heat maps, see `physics.analysis.transport.heat_map`")

    @classmethod
    def of(
        cls,
        found: Transport,
        arrays: Mapping[str, NDArray[Any]],
        warnings: list[str],
        **described: Any,
    ) -> Self:
        """
        Document what was found in a run.

        Parameters
        ----------
        found : Transport
            Transport of its ions.
        arrays : mapping of str to ndarray
            What `transport` gives beside it.
        warnings : list of str
            Warnings about the run; those about its transport are added.
        **described
            Fields that tell what was run.

        Returns
        -------
        TransportDocument
            The document.
        """
        at_boundaries = found.boundaries[0].total.estimate if found.boundaries else None
        return cls(
            **interval("diffusivity", found.tracer.estimate),
            **described,
            warnings=merge_warnings(warnings, list(found.warnings)),
            solid=found.solid,
            ions=found.ions,
            picoseconds=found.picoseconds,
            hops=found.tracer.hops,
            diffusivity_limit=found.tracer.limit,
            conductivity=found.conductivity and found.conductivity.value,
            haven=found.haven and found.haven.value,
            boundary_diffusivity=at_boundaries and at_boundaries.value,
            transport=found,
            packed=pack(arrays),
        )


class ArrheniusPoint(BaseModel):
    """The diffusivity of one run."""

    model_config = ConfigDict(extra="forbid")

    uuid: str = Field(description="uuid of the run")
    temperature: float = Field(description="mean temperature, K")
    diffusivity: Estimate | None = Field(description="cm^2/s; None: only a limit is known")
    limit: float | None = Field(description="upper limit (95 %) where there is no estimate, cm^2/s")
    hops: float = Field(description="number of hops that were seen")
    solid: bool = Field(description="whether the framework stays in place; if not, it is left out")


class ArrheniusDocument(PropertyDocument):
    """Activation energy and conductivity of a system, from runs at several temperatures."""

    collection: ClassVar[str] = "arrhenius"
    columns: ClassVar[tuple[str, ...]] = (
        "study",
        "system",
        "label",
        "region",
        "direction",
        "engine",
        "resolved",
        "coldest",
        "hottest",
        "activation_energy",
        "activation_energy_low",
        "activation_energy_high",
        "temperature",
        "conductivity",
        "conductivity_low",
        "conductivity_high",
        "decades",
    )
    line: ClassVar[tuple[str, ...]] = (
        "system",
        "label",
        "region",
        "direction",
        "resolved",
        "activation_energy",
        "activation_energy_low",
        "activation_energy_high",
        "conductivity",
        "conductivity_low",
        "conductivity_high",
    )

    label: str = Field(title="run", description="what was run, without its temperature")
    region: Region = Field(title="region", description="all ions, or those at the boundaries")
    direction: Direction = Field(
        title="direction", description="of motion: all, along or across the boundary"
    )
    formula: str = Field(description="reduced formula")
    engine: str = Field(title="engine", description="engine of the registry, or mtp")
    functional: str = Field(title="level of theory", description="level of theory of the engine")
    potential: str | None = Field(description="checksum of the potential; None for other engines")
    ion: str = Field(title="ion", description="element that moves")
    density: float = Field(description="ions per Å^3 in the region, at the lowest temperature")
    points: list[ArrheniusPoint] = Field(description="the runs, by temperature")
    resolved: int = Field(title="points", description="number of runs with an estimate")
    coldest: float | None = Field(title="from (K)", description="lowest temperature of these, K")
    hottest: float | None = Field(title="to (K)", description="highest temperature of these, K")
    activation_energy: float | None = Field(
        title="Ea (eV)", description="activation energy, eV; None: fewer than two points"
    )
    activation_energy_low: float | None = Field(
        title="from", description="lower end of its 95 % interval, eV"
    )
    activation_energy_high: float | None = Field(
        title="to", description="upper end of its 95 % interval, eV"
    )
    prefactor: Estimate | None = Field(description="D at infinite temperature, cm^2/s")
    break_temperature: float | None = Field(
        description="where two regimes meet, K; None: there is one"
    )
    temperature: float = Field(title="at (K)", description="of the prediction, K")
    diffusivity: float | None = Field(title="D (cm^2/s)", description="predicted, cm^2/s")
    diffusivity_low: float | None = Field(
        title="from", description="lower end of its 95 % interval, cm^2/s"
    )
    diffusivity_high: float | None = Field(
        title="to", description="upper end of its 95 % interval, cm^2/s"
    )
    conductivity: float | None = Field(
        title="σ (S/cm)",
        description="predicted, by Nernst and Einstein with a Haven ratio of 1, S/cm",
    )
    conductivity_low: float | None = Field(
        title="from", description="lower end of its 95 % interval, S/cm"
    )
    conductivity_high: float | None = Field(
        title="to", description="upper end of its 95 % interval, S/cm"
    )
    decades: float | None = Field(
        title="decades", description="width of this interval in powers of ten"
    )
    members: dict[str, str] = Field(description="date of each run that this rests on, by its uuid")


def interval(name: str, estimate: Estimate | None) -> dict[str, float | None]:
    """
    Give an estimate as the three fields of a document.

    Parameters
    ----------
    name : str
        Name of the first field.
    estimate : Estimate or None
        The estimate.

    Returns
    -------
    dict
        The value under the name, and the ends of its interval under ``name_low`` and
        ``name_high``; None where there is no estimate.
    """
    return {
        name: estimate.value if estimate else None,
        f"{name}_low": estimate.low if estimate else None,
        f"{name}_high": estimate.high if estimate else None,
    }
