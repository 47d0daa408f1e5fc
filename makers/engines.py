"""The engine registry."""

import difflib

from makers.engine import Engine
from physics.errors import InputError

ENGINES: dict[str, Engine] = {
    engine.name: engine
    for engine in (
        Engine(
            name="emt",
            functional="effective medium theory",
            relax_maker="atomate2.ase.jobs:EmtRelaxMaker",
            md_maker="makers.calculators:EmtMDMaker",
            modules=("ase",),
            packages=("ase",),
            install="pip install ase",
            seconds=0.002,
            elements=frozenset({"Al", "Cu", "Ag", "Au", "Ni", "Pd", "Pt"}),
            caveat="EMT is a model of close-packed metals, for tests",
        ),
        Engine(
            name="lj",
            functional="Lennard-Jones 12-6",
            relax_maker="atomate2.ase.jobs:LennardJonesRelaxMaker",
            md_maker="atomate2.ase.md:LennardJonesMDMaker",
            modules=("ase",),
            packages=("ase",),
            install="pip install ase",
            seconds=0.002,
            settings={
                "calculator_kwargs": {
                    "sigma": 3.405,
                    "epsilon": 0.010323,
                    "rc": 10.0,
                    "smooth": True,
                }
            },
            elements=frozenset({"Ar"}),
            caveat="Lennard-Jones argon is a model, for tests",
        ),
        Engine(
            name="chgnet",
            functional="CHGNet 0.3.0 (PBE, PBE+U)",
            relax_maker="atomate2.forcefields.jobs:ForceFieldRelaxMaker",
            md_maker="atomate2.forcefields.md:ForceFieldMDMaker",
            modules=("chgnet", "torch"),
            packages=("chgnet", "torch", "ase"),
            install="pip install -c constraints.txt chgnet torch",
            seconds=0.15,
            settings={"force_field_name": "CHGNet"},
            caveat="CHGNet is known to be soft: its elastic moduli of Li3PS4 are about half of the "
            "DFT ones, and its barriers are low",
        ),
        Engine(
            name="gfn2-xtb",
            functional="GFN2-xTB",
            relax_maker="atomate2.ase.jobs:GFNxTBRelaxMaker",
            md_maker="atomate2.ase.md:GFNxTBMDMaker",
            modules=("tblite",),
            packages=("tblite", "ase"),
            install="pip install -c constraints.txt tblite",
            seconds=2.5,
            scaling=2.0,
            settings={"calculator_kwargs": {"method": "GFN2-xTB", "verbosity": 0}},
            caveat="GFN2-xTB shortens the c axis of beta-Li3PS4 by about 6 %",
        ),
        Engine(
            name="gpaw",
            functional="optB88-vdW",
            relax_maker="makers.calculators:GpawRelaxMaker",
            md_maker="makers.calculators:GpawMDMaker",
            modules=("gpaw",),
            packages=("gpaw", "gpaw-data", "ase"),
            install="apt-get install g++ libxc-dev libopenblas-dev libfftw3-dev && make gpaw",
            seconds=44.0,
            scaling=2.5,
            caveat="GPAW with 340 eV plane waves and one k-point: converge the cutoff before you "
            "trust stresses",
        ),
    )
}


def get_engine(name: str) -> Engine:
    """
    Look up an engine by name.

    Parameters
    ----------
    name : str
        Name in the registry.

    Returns
    -------
    Engine
        The engine, available or not.

    Raises
    ------
    InputError
        If there is none of this name.
    """
    if name not in ENGINES:
        near = difflib.get_close_matches(name, ENGINES, n=1)
        hint = f"; did you mean '{near[0]}'?" if near else ""
        raise InputError(f"unknown engine '{name}', expected one of {', '.join(ENGINES)}{hint}")
    return ENGINES[name]
