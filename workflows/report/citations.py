"""What a reader who uses the numbers should cite."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Citation:
    """
    A publication.

    Parameters
    ----------
    purpose : str
        What it is cited for.
    text : str
        Authors, journal, volume, pages, year.
    doi : str
        Digital object identifier, without address.
    """

    purpose: str
    text: str
    doi: str


CITATIONS = {
    "jobflow": Citation(
        "workflow",
        "A. S. Rosen et al., J. Open Source Softw. 9, 5995 (2024)",
        "10.21105/joss.05995",
    ),
    "atomate2": Citation(
        "Makers", "A. M. Ganose et al., Digital Discovery 4, 1944 (2025)", "10.1039/D5DD00019J"
    ),
    "pymatgen": Citation(
        "structures",
        "S. P. Ong et al., Comput. Mater. Sci. 68, 314 (2013)",
        "10.1016/j.commatsci.2012.10.028",
    ),
    "ase": Citation(
        "calculators",
        "A. H. Larsen et al., J. Phys.: Condens. Matter 29, 273002 (2017)",
        "10.1088/1361-648X/aa680e",
    ),
    "spglib": Citation(
        "symmetry",
        "A. Togo, K. Shinohara, I. Tanaka, Sci. Technol. Adv. Mater. Methods 4, 2384822 (2024)",
        "10.1080/27660400.2024.2384822",
    ),
    "chgnet": Citation(
        "engine chgnet",
        "B. Deng et al., Nat. Mach. Intell. 5, 1031 (2023)",
        "10.1038/s42256-023-00716-3",
    ),
    "gfn2-xtb": Citation(
        "engine gfn2-xtb",
        "C. Bannwarth, S. Ehlert, S. Grimme, J. Chem. Theory Comput. 15, 1652 (2019)",
        "10.1021/acs.jctc.8b01176",
    ),
    "gpaw": Citation(
        "engine gpaw",
        "J. J. Mortensen et al., J. Chem. Phys. 160, 092503 (2024)",
        "10.1063/5.0182685",
    ),
    "emt": Citation(
        "engine emt",
        "K. W. Jacobsen, P. Stoltze, J. K. Nørskov, Surf. Sci. 366, 394 (1996)",
        "10.1016/0039-6028(96)00816-3",
    ),
    "mtp": Citation(
        "moment tensor potentials",
        "A. V. Shapeev, Multiscale Model. Simul. 14, 1153 (2016)",
        "10.1137/15M1054183",
    ),
    "mlip": Citation(
        "potentials fitted by MLIP",
        "I. S. Novikov, K. Gubaev, E. V. Podryabinkin, A. V. Shapeev, "
        "Mach. Learn.: Sci. Technol. 2, 025002 (2021)",
        "10.1088/2632-2153/abc9fe",
    ),
    "extrapolation": Citation(
        "extrapolation grades",
        "E. V. Podryabinkin, A. V. Shapeev, Comput. Mater. Sci. 140, 171 (2017)",
        "10.1016/j.commatsci.2017.08.031",
    ),
    "jalem": Citation(
        "active learning at grain boundaries",
        "R. Jalem et al., Energy Adv. 2, 2029 (2023)",
        "10.1039/D3YA00234A",
    ),
    "lammps": Citation(
        "molecular dynamics by LAMMPS",
        "A. P. Thompson et al., Comput. Phys. Commun. 271, 108171 (2022)",
        "10.1016/j.cpc.2021.108171",
    ),
    "squared displacements": Citation(
        "mean squared displacements over all time origins",
        "V. Calandrini, E. Pellegrini, P. Calligari, K. Hinsen, G. R. Kneller, "
        "Collection SFN 12, 201 (2011)",
        "10.1051/sfn/201112010",
    ),
    "haven": Citation(
        "conductivity from diffusivity, and Haven ratio",
        "G. E. Murch, Solid State Ionics 7, 177 (1982)",
        "10.1016/0167-2738(82)90050-9",
    ),
    "brick layer": Citation(
        "polycrystal as brick layer",
        "J. Maier, Ber. Bunsenges. Phys. Chem. 90, 26 (1986)",
        "10.1002/bbpc.19860900105",
    ),
    "coated sphere": Citation(
        "polycrystal as coated spheres",
        "Z. Hashin, S. Shtrikman, J. Appl. Phys. 33, 3125 (1962)",
        "10.1063/1.1728579",
    ),
    "hill": Citation(
        "Hill means", "R. Hill, Proc. Phys. Soc. A 65, 349 (1952)", "10.1088/0370-1298/65/5/307"
    ),
    "ranganathan": Citation(
        "universal anisotropy",
        "S. I. Ranganathan, M. Ostoja-Starzewski, Phys. Rev. Lett. 101, 055504 (2008)",
        "10.1103/PhysRevLett.101.055504",
    ),
    "mouhat": Citation(
        "elastic stability",
        "F. Mouhat, F.-X. Coudert, Phys. Rev. B 90, 224104 (2014)",
        "10.1103/PhysRevB.90.224104",
    ),
}
"""Publications by engine, by package and by method."""

PLATFORM = ("jobflow", "atomate2", "pymatgen", "ase", "spglib")
