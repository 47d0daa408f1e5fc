"""Modules of this folder can be imported, here and by the worker processes of the runner."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))
