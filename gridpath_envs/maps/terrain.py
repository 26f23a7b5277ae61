"""The characters that maps are written in, and what each means to the kernels."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from gridpath_envs.checks import check_number
from gridpath_envs.core.cells import BLOCKED, HOLE, MAX_PORTALS, PORTAL, TERRAIN_SHIFT, TERRAINS
from gridpath_envs.errors import ConfigurationError, shown, unknown

MAX_TERRAIN_COST = 1000.0

PORTAL_CODES = "".join(str(k + 1) for k in range(MAX_PORTALS))

# Codes of MovingAI's .map format. Swamp is entered from ordinary ground; water is not, so no agent of ours gets there.
# Road, sand (D, desert), holes and portals are ours: the format has no letters for them.
PASSABLE_CODES = ".GSRDH" + PORTAL_CODES
BLOCKED_CODES = "@OTW"

# Plain text has a start and a goal, which the .map format has no letters for, so it writes swamp another way.
TEXT_TO_CODE = {mark: "." for mark in ".F SG"} | {"~": "S", "=": "R", ":": "D", "H": "H", "#": "@", "@": "@"}
TEXT_TO_CODE |= {mark: mark for mark in "OTW" + PORTAL_CODES}
CODE_TO_TEXT = {".": ".", "G": ".", "S": "~", "R": "=", "D": ":", "@": "#"}
CODE_TO_TEXT |= {code: code for code in "HOTW" + PORTAL_CODES}

# What ``GridMap.terrain`` says in a word, for errors and legends.
NAMES = {".": "ground", "G": "ground", "S": "swamp", "R": "road", "D": "sand", "H": "a hole"}
NAMES |= {"@": "a wall", "O": "out of bounds", "T": "trees", "W": "water"} | {code: "a portal" for code in PORTAL_CODES}

_TERRAIN_CODES = dict(zip(".RDS", range(len(TERRAINS)), strict=True)) | {"G": 0}


def _cell_of(code: str) -> np.uint8:
    if code in BLOCKED_CODES:
        return BLOCKED
    if code in PORTAL_CODES:
        return PORTAL
    return HOLE if code == "H" else np.uint8(_TERRAIN_CODES[code] << TERRAIN_SHIFT)


# (256,) uint8: the cell of each code.
CELL_OF_CODE: NDArray[np.uint8] = np.zeros(256, dtype=np.uint8)
for _code in PASSABLE_CODES + BLOCKED_CODES:
    CELL_OF_CODE[ord(_code)] = _cell_of(_code)

# (256,) uint8: a code for each cell; that of portals is written over by their own.
CODE_OF_CELL: NDArray[np.uint8] = np.full(256, ord("@"), dtype=np.uint8)
for _code in "1HSDR.":
    CODE_OF_CELL[_cell_of(_code)] = ord(_code)


def check_terrain_costs(value: object) -> dict[str, float]:
    """Return what each terrain costs; those that are not named cost 1."""
    if not isinstance(value, Mapping):
        raise ConfigurationError(f"terrain_costs: expected a dict of {', '.join(TERRAINS)}, got {shown(value)}")
    for name in value:
        if name not in TERRAINS:
            raise ConfigurationError(f"terrain_costs: {unknown('terrain', name, TERRAINS)}")
    costs = {
        name: check_number(f"terrain_costs[{name!r}]", value.get(name, 1.0), 0.01, MAX_TERRAIN_COST)
        for name in TERRAINS
    }
    return costs
