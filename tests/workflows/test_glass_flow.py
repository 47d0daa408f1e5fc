"""The flow of glasses: what it assembles, and from argon to averaged elasticity on a real engine."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from jobflow import Flow, run_locally
from maggma.stores import MemoryStore
from monty.json import MontyDecoder
from pymatgen.core import Structure

from makers.calculation import calculation
from makers.dynamics import DynamicsMaker
from makers.dynamics_run import Output
from makers.glass import CollectQuenchMaker, PackMaker
from physics.analysis.elasticity import symmetrise
from physics.analysis.glass import Acceptance
from physics.dynamics.melt_quench import AB_INITIO, MeltQuench
from stores.builders import GlassElasticBuilder
from stores.documents import (
    DynamicsDocument,
    GlassElasticDocument,
    QuenchDocument,
    QuenchTensorsDocument,
    StressStrainDocument,
)
from workflows.elastic import ElasticFlowMaker
from workflows.glass import GlassFlowMaker
from workflows.plan import plan_flow

SHORT = MeltQuench(
    start=20.0,
    melt=60.0,
    heating_rate=400.0,
    hold=0.05,
    cooling_rate=400.0,
    settle=0.02,
    rest=0.05,
    coupling="iso",
    temperature_damping=25.0,
    pressure_damping=250.0,
)
