"""The settings of thioflow: environment variables ``THIOFLOW_*`` and one YAML file."""

import difflib
import os
from pathlib import Path
from typing import Literal

import yaml
from pydantic import Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    YamlConfigSettingsSource,
)

from physics.errors import InputError

CONFIG_FILE = "thioflow.yaml"
PREFIX = "THIOFLOW_"


class Settings(BaseSettings):
    """
    Settings of one process, environment before ``thioflow.yaml`` before the defaults.

    Every field is set by the environment variable ``THIOFLOW_<FIELD>`` or by the key of the same
    name in ``thioflow.yaml`` in the current folder.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", yaml_file=CONFIG_FILE)

    mode: Literal["run", "record", "replay"] = Field(
        "run",
        description="run: compute; record: compute and keep each engine job's output; "
        "replay: return the kept output, without the engine",
    )
    recordings: Path = Field(
        Path("recordings"), description="folder that record writes to and replay reads from"
    )
    store: Path = Field(Path("thioflow.sqlite"), description="the SQLite file of the store")
    runs: Path = Field(Path("runs"), description="folder of job folders and reports, one a study")
    workers: int | None = Field(
        None, ge=1, description="worker processes of the local runner; default: one a core"
    )
    lmp: str = Field(
        "lmp",
        description="command that starts a LAMMPS of your own with pair style mlip, such as "
        "'srun lmp'",
    )
    mlip: Literal["MLIP-2", "MLIP-3"] = Field(
        "MLIP-3", description="version of MLIP that its pair style is of"
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - signature of pydantic-settings
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Order the sources: arguments, environment, YAML file."""
        return init_settings, env_settings, YamlConfigSettingsSource(settings_cls)

    def export(self) -> None:
        """Put mode and recordings into the environment, for jobs that run in other folders."""
        os.environ[f"{PREFIX}MODE"] = self.mode
        os.environ[f"{PREFIX}RECORDINGS"] = str(self.recordings.resolve())


def get_settings() -> Settings:
    """
    Read the settings as they are now.

    Returns
    -------
    Settings
        The validated settings.

    Raises
    ------
    InputError
        If a variable or a key of ``thioflow.yaml`` is unknown or has a value out of range.
    """
    _refuse_unknown_variables()
    try:
        return Settings()
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}, given {fault['input']!r}"
            for fault in error.errors()
        )
        raise InputError(
            f"settings: {faults}. Known keys: {', '.join(Settings.model_fields)}; correct the "
            f"environment variable THIOFLOW_<KEY> or the file {CONFIG_FILE}."
        ) from None
    except (yaml.YAMLError, ValueError, TypeError) as error:
        raise InputError(
            f"settings: cannot read {Path(CONFIG_FILE).resolve()}: {error}; expected lines such "
            f"as 'workers: 4'"
        ) from None


def _refuse_unknown_variables() -> None:
    known = [f"{PREFIX}{field.upper()}" for field in Settings.model_fields]
    for name in os.environ:
        if name.startswith(PREFIX) and name not in known and not name.startswith(f"{PREFIX}TEST_"):
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]}? " if near else ""
            raise InputError(
                f"settings: unknown environment variable {name}: {hint}Known: {', '.join(known)}"
            )
