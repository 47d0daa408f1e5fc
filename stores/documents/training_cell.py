"""Small cells of a boundary, to be labelled by an engine that is slow."""

from pydantic import Field
from pymatgen.core import Structure

from physics.structures.candidates import Joint
from stores.documents.base import Document


class TrainingCellDocument(Document):
    """A boundary with grains as thin as still hold the surroundings of its core."""

    label: str = Field(description="what the boundary is called, or was asked for as")
    axes: str = Field(description="axis setting that the label refers to")
    joint: Joint = Field(description="terminations, translation and gap, those of the full cell")
    structure: Structure = Field(
        description="periodic cell of two boundaries normal to c, before relaxation, Å"
    )
    heights: tuple[float, float] = Field(description="heights of the boundaries along c, Å")
    planes: tuple[float, float] = Field(description="these heights in parts of c")
    layers: tuple[int, int] = Field(description="layers of the lower and of the upper grain")
    coverage: float = Field(
        description="part of the atoms near the boundaries of the full cell whose surroundings "
        "occur in this one"
    )
    atoms: int = Field(description="atoms of the cell")
    full_atoms: int = Field(description="atoms of the full cell")
