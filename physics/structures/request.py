"""A boundary as it is asked for: by plane, by plane and twist, by two planes, or by name."""

from dataclasses import dataclass, replace

from physics.errors import InputError
from physics.structures.candidates import Joint
from physics.structures.construction import Construction, GrainBoundary
from physics.structures.crystal import Crystal
from physics.structures.geometry import Geometry, Operation
from physics.structures.grain_boundaries import (
    general_boundary,
    general_geometry,
    tilt_boundary,
    tilt_geometry,
)
from physics.structures.named import EXACT, Placement, place
from physics.structures.names import Axes, in_given_axes, parse_direction, parse_name, parse_plane
from physics.structures.plane import Miller


@dataclass(frozen=True)
class Request:
    """
    What boundary is wanted.

    Parameters
    ----------
    name : str or None
        Name such as ``Σ5 [001] (120)``; in place of a plane.
    plane : str or None
        Boundary plane such as ``1 2 0`` or ``(2-10)``; alone: the symmetric tilt boundary.
    axis : str or None
        Tilt axis that the boundary is expected to have.
    twist : float or None
        Rotation about the normal, degrees.
    upper_plane : str or None
        Plane of the upper grain, of a general boundary.
    operation : {"twofold", "mirror"}
        What makes the upper grain of a symmetric tilt boundary.
    axes : {"given", "pnma", "std"}
        Axis setting of all indices.
    """

    name: str | None = None
    plane: str | None = None
    axis: str | None = None
    twist: float | None = None
    upper_plane: str | None = None
    operation: Operation = "twofold"
    axes: Axes = "given"

    def __post_init__(self) -> None:
        """Refuse what is asked for in two ways or in none."""
        if (self.name is None) == (self.plane is None):
            raise InputError(
                f"a boundary is given by its name or by its plane, given name {self.name!r} and "
                f"plane {self.plane!r}; give one of them"
            )
        turned = self.twist is not None or self.upper_plane is not None
        if self.axis is not None and (turned or self.name is not None):
            raise InputError(
                f"an axis ({self.axis!r}) belongs to a symmetric tilt boundary that is given by "
                "its plane alone; leave it out"
            )
        if self.name is not None and self.upper_plane is not None:
            raise InputError("an upper plane belongs to a boundary given by planes, not by a name")

        if self.operation != "twofold" and (turned or self.name is not None):
            raise InputError(
                f"the operation '{self.operation}' belongs to a symmetric tilt boundary that is "
                "given by its plane; leave it out"
            )

    @property
    def label(self) -> str:
        """What the boundary is called."""
        if self.name is not None:
            return self.name
        label = f"({_bare(self.plane)})"
        if self.upper_plane is not None:
            label += f" | ({_bare(self.upper_plane)})"
        if self.twist is not None:
            label += f" twist {self.twist:g}°"
        return label if self.axis is None else f"[{_bare(self.axis)}] {label}"


def _bare(indices: str | None) -> str:
    return (indices or "").strip(" ()[]{}")


def build(
    crystal: Crystal,
    request: Request,
    construction: Construction | None = None,
    joint: Joint | None = None,
) -> list[GrainBoundary]:
    """
    Build the boundary that is asked for.

    Parameters
    ----------
    crystal : Crystal
        The crystal.
    request : Request
        What is wanted.
    construction : Construction, optional
        How to build.
    joint : Joint, optional
        The only candidate to build; None: search.

    Returns
    -------
    list of GrainBoundary
        The candidates, that with least overlap first.

    Raises
    ------
    InputError
        If it cannot be built, with the reason.
    """
    how = construction or Construction()
    placement = _placement(crystal, request, how)
    lower, upper = placement.planes
    if placement.symmetric:
        return tilt_boundary(
            crystal,
            lower,
            axis=_axis(crystal, request),
            operation=request.operation,
            construction=how,
            joint=joint,
        )
    limited = replace(how, max_strain=EXACT) if placement.exact else how
    return general_boundary(
        crystal, lower, crystal, upper, angle=placement.angle, construction=limited, joint=joint
    )


def describe(
    crystal: Crystal, request: Request, construction: Construction | None = None
) -> Geometry:
    """
    Describe the boundary that `build` would build.

    Parameters
    ----------
    crystal, request, construction
        As for `build`.

    Returns
    -------
    Geometry
        What it is.

    Raises
    ------
    InputError
        If it cannot be, with the reason.
    """
    how = construction or Construction()
    placement = _placement(crystal, request, how)
    lower, upper = placement.planes
    if placement.symmetric:
        return tilt_geometry(
            crystal, lower, axis=_axis(crystal, request), operation=request.operation
        )
    limited = replace(how, max_strain=EXACT) if placement.exact else how
    return general_geometry(
        crystal, lower, crystal, upper, angle=placement.angle, construction=limited
    )


def in_structure_axes(crystal: Crystal, request: Request) -> Request:
    """
    Translate a request to the axes of the crystal's structure, so that it can be relaxed first.

    Parameters
    ----------
    crystal : Crystal
        The crystal as it is given.
    request : Request
        What is wanted.

    Returns
    -------
    Request
        The same boundary; a name keeps its words where its axes are those of the structure.
    """
    if request.axes == "given":
        return request

    def text(indices: Miller) -> str:
        return " ".join(map(str, in_given_axes(crystal, indices, request.axes)))

    if request.name is not None:
        name = parse_name(request.name)
        sigma = f"Σ{name.sigma} " if name.sigma else ""
        words = f"{sigma}[{text(name.axis)}] ({text(name.plane)})"
        return replace(request, name=words, axes="given")
    return replace(
        request,
        plane=text(parse_plane(request.plane or "")),
        axis=text(parse_direction(request.axis)) if request.axis else None,
        upper_plane=text(parse_plane(request.upper_plane)) if request.upper_plane else None,
        axes="given",
    )


def _placement(crystal: Crystal, request: Request, how: Construction) -> Placement:
    if request.name is not None:
        return place(
            crystal,
            parse_name(request.name),
            axes=request.axes,
            angle=request.twist,
            construction=how,
        )
    lower = in_given_axes(crystal, parse_plane(request.plane or ""), request.axes)
    if request.upper_plane is not None:
        upper = in_given_axes(crystal, parse_plane(request.upper_plane), request.axes)
        return Placement((lower, upper), angle=request.twist)
    return Placement((lower, lower), symmetric=request.twist is None, angle=request.twist)


def _axis(crystal: Crystal, request: Request) -> Miller | None:
    if request.axis is None:
        return None
    return in_given_axes(crystal, parse_direction(request.axis), request.axes)
