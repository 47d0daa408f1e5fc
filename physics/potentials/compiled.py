"""Modules of generated source, kept on disk so that numba finds what it compiled before."""

import hashlib
import importlib.util
import os
import re
import sys
import tempfile
from pathlib import Path
from types import ModuleType


def import_source(source: str) -> ModuleType:
    """
    Import generated source as a module.

    The file lies in ``$XDG_CACHE_HOME/thioflow`` (``~/.cache/thioflow``) under the hash of its
    content and of the modules that it imports from, beside the machine code that numba caches for
    it, which contains theirs; where that cannot be written to, in a folder of this process.

    Parameters
    ----------
    source : str
        Python source.

    Returns
    -------
    ModuleType
        The module; the same one for the same source.
    """
    name = f"thioflow_{_fingerprint(source)[:24]}"
    if name in sys.modules:
        return sys.modules[name]
    path = _written(source, name)
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"cannot import generated code from {path}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def _fingerprint(source: str) -> str:
    """Hash a source and the modules that it imports from."""
    digest = hashlib.sha256(source.encode())
    for imported in sorted(set(re.findall(r"^from (\S+) import", source, re.MULTILINE))):
        spec = importlib.util.find_spec(imported)
        if spec and spec.origin:
            digest.update(Path(spec.origin).read_bytes())
    return digest.hexdigest()


def _written(source: str, name: str) -> Path:
    """Write the source where it is not yet, in one step, since several processes may do so."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "thioflow"
    path = cache / f"{name}.py"
    try:
        if not path.exists():
            cache.mkdir(parents=True, exist_ok=True)
            temporary = cache / f"{name}.{os.getpid()}.part"
            temporary.write_text(source)
            temporary.replace(path)
    except OSError:
        path = Path(tempfile.mkdtemp(prefix="thioflow-")) / f"{name}.py"
        path.write_text(source)
    return path
