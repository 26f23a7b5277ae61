"""Where tests find real maps."""

import os
from pathlib import Path

import pytest
import torch

from gridpath_envs.maps import shipped_maps

# Tests run side by side: more threads would only wait for one another.
torch.set_num_threads(1)

ROOT = Path(__file__).resolve().parent.parent


def movingai_folder():
    """Return the folder of MovingAI's single-agent maps, or None where this machine has none."""
    folder = Path(os.environ.get("GRIDPATH_MOVINGAI") or ROOT.parent / "shared" / "data" / "movingai") / "single"
    return folder if folder.is_dir() else None


def scenario_files():
    """Return the .scen files to check against: MovingAI's where they are, and those shipped with the package."""
    folder = movingai_folder()
    real = sorted([*folder.glob("*.scen"), *folder.parent.glob("mapf/*.scen")]) if folder else []
    return real + [path.with_name(path.name + ".scen") for path in shipped_maps().values()]


@pytest.fixture
def root():
    return ROOT
