"""Activation energies and conductivities, from all runs of a system."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from maggma.core import Store
from monty.json import MontyDecoder

from physics.analysis.transport.arrhenius import fit_arrhenius
from physics.analysis.transport.conductivity import nernst_einstein
from physics.analysis.transport.diffusivity import Diffusivity
from physics.errors import InputError
from stores.builders.base import LocalBuilder, as_stored, current_version
from stores.documents import ArrheniusDocument, TransportDocument, merge_warnings
from stores.documents.transport import ArrheniusPoint, Direction, Region, interval
from stores.hashing import input_hash
from stores.versions import versions

ROOM = 300.0
"""Temperature that conductivities are predicted at, K."""

SHARED = ("study", "system", "label", "engine", "potential", "formula", "ion")
"""What runs have in common that belong together."""

PARTS: tuple[tuple[Region, Direction], ...] = (
    ("cell", "all"),
    ("boundary", "all"),
    ("boundary", "along"),
    ("boundary", "across"),
)
"""What is fitted; runs without boundaries have the first alone."""


class ArrheniusBuilder(LocalBuilder):
    """
    Derive `ArrheniusDocument`s from the `TransportDocument`s of each system, incrementally.

    A system is analysed again when one of its runs is new, newer or gone, or when its documents
    were made by another version of thioflow. `process_item` touches no store, so ``mrun -n`` may
    run it in parallel.

    Parameters
    ----------
    runs : Store
        Collection of the transport of single runs.
    properties : Store
        Collection of the Arrhenius fits.
    chunk_size : int
        Items per update of the target.
    """

    source = TransportDocument
    target = ArrheniusDocument

    def __init__(self, runs: Store, properties: Store, chunk_size: int = 100) -> None:
        self.runs = runs
        self.properties = properties
        super().__init__(runs, properties, chunk_size)

    def get_items(self) -> Iterator[dict[str, Any]]:
        """
        Find the systems whose fit is missing or stale.

        Yields
        ------
        dict
            ``uuid`` of the document to make, ``region``, ``direction``, and its stored ``runs``.
        """
        self.properties.ensure_index("uuid")
        made = {
            document["uuid"]: (document["members"], document["versions"].get("thioflow"))
            for document in self.properties.query(
                properties=["uuid", "members", "versions.thioflow"]
            )
        }
        groups: dict[tuple[Any, ...], list[dict[str, Any]]] = defaultdict(list)
        wanted = [*SHARED, "uuid", "last_updated", "planes"]
        for run in self.runs.query(properties=wanted):
            groups[tuple(run[name] for name in SHARED)].append(run)
        stale = []
        for key, group in groups.items():
            members = {run["uuid"]: run["last_updated"].isoformat() for run in group}
            bounded = all(run["planes"] for run in group)
            for region, direction in PARTS if bounded else PARTS[:1]:
                uuid = input_hash(
                    "ArrheniusBuilder", {}, key=list(key), region=region, direction=direction
                )
                if made.get(uuid) != (members, current_version()):
                    stale.append((uuid, region, direction, members))
        self.total = len(stale)
        for uuid, region, direction, members in stale:
            runs = list(self.runs.query({"uuid": {"$in": sorted(members)}}))
            yield {"uuid": uuid, "region": region, "direction": direction, "runs": runs}

    def process_item(self, item: dict[str, Any]) -> dict[str, Any]:
        """
        Fit one system.

        Parameters
        ----------
        item : dict
            What `get_items` yields.

        Returns
        -------
        dict
            The property as it will be stored.
        """
        decode = MontyDecoder().process_decoded
        runs = [TransportDocument.from_stored(decode(run)) for run in item["runs"]]
        runs.sort(key=lambda run: run.temperature)
        return as_stored(fitted(item["uuid"], item["region"], item["direction"], runs))


def fitted(
    uuid: str,
    region: Region,
    direction: Direction,
    runs: Sequence[TransportDocument],
    temperature: float = ROOM,
) -> ArrheniusDocument:
    """
    Fit the diffusivities of a system, and predict its conductivity.

    Parameters
    ----------
    uuid : str
        Key of the document.
    region : {"cell", "boundary"}
        Whose diffusivity.
    direction : {"all", "along", "across"}
        Of motion.
    runs : sequence of TransportDocument
        Runs of one system, by temperature.
    temperature : float
        Temperature of the prediction, K.

    Returns
    -------
    ArrheniusDocument
        Without activation energy and prediction where fewer than two temperatures are resolved.
    """
    diffusivities = [_diffusivity(run, region, direction) for run in runs]
    points = [
        ArrheniusPoint(
            uuid=run.uuid,
            temperature=run.temperature,
            diffusivity=found.estimate,
            limit=found.limit,
            hops=found.hops,
            solid=run.solid,
        )
        for run, found in zip(runs, diffusivities, strict=True)
    ]
    solid = [point for point in points if point.solid]
    resolved = [(p.temperature, p.diffusivity) for p in solid if p.diffusivity is not None]
    limits = [(p.temperature, p.limit) for p in solid if p.limit is not None]
    heard = merge_warnings(*(run.warnings for run in runs))
    if len(solid) < len(points):
        moved = ", ".join(f"{point.temperature:.0f}" for point in points if not point.solid)
        heard.append(f"the framework does not stay in place at {moved} K: left out of the fit")
    fit = predicted = conductivity = None
    density = _density(runs[0], region)
    try:
        fit = fit_arrhenius([t for t, _ in resolved], [d for _, d in resolved], limits)
        predicted = fit.predict(temperature)
        conductivity = nernst_einstein(predicted, density, temperature, runs[0].transport.charge)
        heard += [*fit.warnings, *fit.cautions(temperature)]
    except InputError as error:
        heard.append(f"no activation energy: {error}")
    temperatures = [at for at, _ in resolved]
    return ArrheniusDocument(
        uuid=uuid,
        last_updated=max(run.last_updated for run in runs),
        input_hash=input_hash(
            "fitted",
            {"region": region, "direction": direction, "temperature": temperature},
            runs=[run.input_hash for run in runs],
        ),
        parents=[run.uuid for run in runs],
        versions=versions(),
        warnings=heard,
        region=region,
        direction=direction,
        density=density,
        points=points,
        resolved=len(resolved),
        coldest=min(temperatures, default=None),
        hottest=max(temperatures, default=None),
        **interval("activation_energy", fit.activation_energy if fit else None),
        prefactor=fit.prefactor if fit else None,
        break_temperature=fit.break_temperature if fit else None,
        temperature=temperature,
        **interval("diffusivity", predicted),
        **interval("conductivity", conductivity),
        decades=conductivity.decades if conductivity else None,
        members={run.uuid: run.last_updated.isoformat() for run in runs},
        **{name: getattr(runs[0], name) for name in (*SHARED, "functional")},
    )


def _diffusivity(run: TransportDocument, region: Region, direction: Direction) -> Diffusivity:
    """Give the diffusivity of a run that is fitted."""
    if region == "cell":
        return run.transport.tracer
    both = run.transport.boundaries[0]
    return {"all": both.total, "along": both.along, "across": both.across}[direction]


def _density(run: TransportDocument, region: Region) -> float:
    """Give the ions per Å^3 of a region."""
    if region == "cell":
        return run.ions / run.transport.volume
    return run.transport.boundaries[0].density
