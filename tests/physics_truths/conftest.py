"""What `tests/physics` has for its tests, these have too."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent.parent / "physics"))
