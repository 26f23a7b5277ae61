"""GridMap: the terrain of a grid, checked once and never changed afterwards."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gridpath_envs.checks import as_array
from gridpath_envs.core.cells import BLOCKED, HOLE, PORTAL
from gridpath_envs.errors import ConfigurationError, MapFormatError, MapNotFoundError, shown
from gridpath_envs.maps.terrain import (
    BLOCKED_CODES,
    CELL_OF_CODE,
    CODE_OF_CELL,
    CODE_TO_TEXT,
    NAMES,
    PASSABLE_CODES,
    PORTAL_CODES,
    TEXT_TO_CODE,
)

Cell = tuple[int, int]

# What one query works in; belongs to ``oracle``.
Scratch = tuple[NDArray[Any], NDArray[np.int32], NDArray[np.int32]]

# A side of more cells than any published grid map has; keeps a wrong header from taking the machine's memory.
MAX_SIDE = 8192
MAX_CELLS = 1 << 24


@dataclass(frozen=True, eq=False)
class GridMap:
    """A map of cells that are free or blocked, with an optional start and goal.

    Args:
        terrain: (H, W) uint8, a character code of MovingAI's ``.map`` format for each cell: ``.`` and ``G`` ground,
            ``S`` swamp, which are free; ``@``, ``O`` out of bounds, ``T`` trees, ``W`` water, which are blocked; and of
            our own ``R`` road, ``D`` sand, ``H`` holes, and the pairs of portals ``1`` to ``8``.
        start: Cell (row, col) that every episode starts in, or None where episodes draw it.
        goal: Cell (row, col) that every episode has to reach, or None where episodes draw it.

    Raises:
        MapFormatError: The terrain is not a 2-D array of those codes, is too large, or a portal is not one of two.
        ConfigurationError: The start or goal lies outside the map, or is blocked, a hole or a portal.
    """

    terrain: NDArray[np.uint8]
    start: Cell | None = None
    goal: Cell | None = None

    def __post_init__(self) -> None:
        """Check the terrain and freeze a copy of it."""
        given = as_array(self.terrain)
        if given.ndim != 2 or given.size == 0 or given.dtype != np.uint8:
            raise MapFormatError(
                f"map: terrain is an (H, W) array of uint8 codes, got shape {given.shape} and dtype {given.dtype}"
            )
        check_size(given.shape[0], given.shape[1], "map")
        terrain = given.copy()
        known = np.zeros(256, dtype=np.bool_)
        known[[ord(code) for code in PASSABLE_CODES + BLOCKED_CODES]] = True
        if not known[terrain].all():
            row, col = np.argwhere(~known[terrain])[0]
            raise MapFormatError(
                f"map: cell ({row}, {col}) has the code {chr(terrain[row, col])!r},"
                f" allowed: {' '.join(PASSABLE_CODES + BLOCKED_CODES)}"
            )
        terrain.flags.writeable = False
        object.__setattr__(self, "terrain", terrain)
        self._check_portals()
        for name, cell in (("start", self.start), ("goal", self.goal)):
            if cell is not None:
                object.__setattr__(self, name, self.check_free(cell, name))
        if self.start is not None and self.start == self.goal:
            raise ConfigurationError(f"start and goal are the same cell {self.start}; they must differ")

    def __eq__(self, other: object) -> bool:
        """Maps are equal when terrain, start and goal are."""
        if not isinstance(other, GridMap):
            return NotImplemented
        return (
            self.start == other.start
            and self.goal == other.goal
            and self.terrain.shape == other.terrain.shape
            and bool((self.terrain == other.terrain).all())
        )

    def __hash__(self) -> int:
        """Hash consistently with equality."""
        return hash((self.terrain.tobytes(), self.terrain.shape, self.start, self.goal))

    def __getstate__(self) -> dict[str, Any]:
        """Copy and pickle what the map is, and not what was worked out from it."""
        return {"terrain": self.terrain, "start": self.start, "goal": self.goal}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Freeze the terrain of a copied or pickled map too, since arrays forget it on the way."""
        state["terrain"].flags.writeable = False
        self.__dict__.update({name: state[name] for name in ("terrain", "start", "goal")})

    def _check_portals(self) -> None:
        for code in PORTAL_CODES:
            cells = np.argwhere(self.terrain == ord(code)).tolist()
            if cells and len(cells) != 2:
                raise MapFormatError(
                    f"map: portal {code} stands at {', '.join(str(tuple(cell)) for cell in cells[:3])}"
                    f"{' and more' if len(cells) > 3 else ''}; it stands at two cells, which lead to each other"
                )

    @cached_property
    def cells(self) -> NDArray[np.uint8]:
        """(H, W) uint8: each cell's flags, see ``gridpath_envs.core.cells``."""
        cells = CELL_OF_CODE[self.terrain]
        cells.flags.writeable = False
        return cells

    @cached_property
    def portals(self) -> tuple[tuple[Cell, Cell], ...]:
        """The pairs of cells (row, col) that lead to each other."""
        pairs = []
        if (self.cells & PORTAL).any():
            for code in PORTAL_CODES:
                cells = np.argwhere(self.terrain == ord(code)).tolist()
                if cells:
                    pairs.append(((cells[0][0], cells[0][1]), (cells[1][0], cells[1][1])))
        return tuple(pairs)

    @cached_property
    def blocked(self) -> NDArray[np.bool_]:
        """(H, W) bool: True where no agent can be."""
        blocked = (self.cells & BLOCKED).astype(np.bool_)
        blocked.flags.writeable = False
        return blocked

    @cached_property
    def scratch(self) -> tuple[list[Scratch], list[Scratch]]:
        """Pools that queries take from and give back to, cardinal and octile: new arrays cost more than a search."""
        return [], []

    @property
    def shape(self) -> tuple[int, int]:
        """(H, W), in cells."""
        return self.terrain.shape[0], self.terrain.shape[1]

    def check_free(self, cell: object, what: str) -> Cell:
        """Return a cell as two ints, if it is a free cell of this map that an episode can start or end in.

        Args:
            cell: (row, col).
            what: What the cell is for, used in the message.

        Raises:
            ConfigurationError: It is not a pair of integers, lies outside the map, or is blocked, a hole or a portal.
        """
        if type(cell) is tuple and len(cell) == 2 and type(cell[0]) is int and type(cell[1]) is int:
            # What nearly every caller gives needs no array; whatever is wrong with it is said below.
            height, width = self.terrain.shape
            if 0 <= cell[0] < height and 0 <= cell[1] < width and not self.cells[cell] & (BLOCKED | HOLE | PORTAL):
                return cell
        array = as_array(cell)
        if array.shape != (2,) or not np.issubdtype(array.dtype, np.integer):
            raise ConfigurationError(f"{what}: expected a cell (row, col) of two integers, got {shown(cell)}")
        row, col = int(array[0]), int(array[1])
        height, width = self.shape
        if not (0 <= row < height and 0 <= col < width):
            raise ConfigurationError(f"{what}: cell ({row}, {col}) lies outside the map of {height} x {width} cells")
        if self.cells[row, col] & (BLOCKED | HOLE | PORTAL):
            found = NAMES[chr(self.terrain[row, col])]
            raise ConfigurationError(f"{what}: cell ({row}, {col}) is blocked ({found}); a free cell is needed")
        return row, col

    @classmethod
    def from_text(cls, text: str, source: str = "map") -> GridMap:
        """Read a map from text, one character a cell.

        ``.``, ``F`` and blank are ground, ``=`` road, ``:`` sand, ``~`` swamp, ``#`` and ``@`` walls, ``T`` trees,
        ``W`` water, ``O`` out of bounds, ``H`` holes, ``1`` to ``8`` portals (each twice), ``S`` the start, ``G`` the
        goal, so that Gymnasium's FrozenLake maps can be read. Text that begins with ``type octile`` is a ``.map`` file.

        Args:
            text: Rows, separated by line breaks; empty lines before the first and after the last row are dropped.
            source: Name used in error messages.

        Raises:
            MapFormatError: A row has another length than the first, a character is unknown, or S or G appear twice.
        """
        if not isinstance(text, str):
            raise MapFormatError(f"{source}: expected text, got {type(text).__name__}")
        if text.lstrip().startswith("type"):
            return cls.from_movingai(text.lstrip(), source)
        rows = [line.rstrip("\r") for line in text.split("\n")]
        first = next((number for number, row in enumerate(rows) if row), 0)
        while rows and not rows[-1]:
            rows.pop()
        return cls._from_rows(rows[first:], TEXT_TO_CODE, source, first + 1, marks=True)

    @classmethod
    def from_array(cls, blocked: ArrayLike) -> GridMap:
        """Read a map from an array, or from a description as Gymnasium's FrozenLake has it.

        Args:
            blocked: (H, W) bool or integer, anything but 0 a wall; or (H, W) single characters, or H strings of W
                characters, as ``from_text`` reads them.

        Raises:
            MapFormatError: The array is not 2-D, or holds none of these.
        """
        array = as_array(blocked)
        if array.dtype.kind in "SUbiu" and array.ndim in (1, 2) and array.size > 0:
            # Before any copy is made of it.
            check_size(len(array), array.shape[1] if array.ndim == 2 else 1, "map")
        if array.dtype.kind in "SU" and array.ndim in (1, 2):
            lines = (array if array.dtype.kind == "U" else np.char.decode(array, "latin-1")).tolist()
            return cls.from_text("\n".join("".join(line) for line in lines) + "\n", "map")
        if array.ndim != 2 or array.size == 0 or array.dtype.kind not in "biu":
            raise MapFormatError(
                f"a map is an (H, W) array of booleans, integers or characters, got {array.shape} of {array.dtype}"
            )
        return cls(np.where(array != 0, ord("@"), ord(".")).astype(np.uint8))

    @classmethod
    def from_cells(cls, cells: NDArray[np.uint8], portals: tuple[tuple[Cell, Cell], ...] = ()) -> GridMap:
        """Make a map of what kernels work on.

        Args:
            cells: (H, W) uint8, flags of ``gridpath_envs.core.cells``.
            portals: The pairs of cells that lead to each other.
        """
        terrain = CODE_OF_CELL[cells]
        for code, pair in zip(PORTAL_CODES, portals, strict=False):
            for row, col in pair:
                terrain[row, col] = ord(code)
        return cls(terrain)

    @classmethod
    def from_movingai(cls, text: str, source: str = "map") -> GridMap:
        """Read a map in MovingAI's ``.map`` format; its line ends may be LF or CR LF, or a mix of both.

        Args:
            text: ``type octile``, ``height``, ``width``, ``map``, then the rows.
            source: Name used in error messages.

        Raises:
            MapFormatError: The header is wrong or absurd, a row is short or missing, or a character is unknown.

        Reference:
            Sturtevant 2012, Benchmarks for grid-based pathfinding, doi:10.1109/TCIAIG.2012.2197681.
        """
        lines = [line.rstrip("\r") for line in text.split("\n")]
        if lines[0].split() != ["type", "octile"]:
            raise MapFormatError(f"{source}:1: expected 'type octile', got {_excerpt(lines[0])}")
        sizes: dict[str, int] = {}
        for number in (1, 2):
            words = lines[number].split() if number < len(lines) else []
            if len(words) != 2 or words[0] not in ("height", "width") or words[0] in sizes:
                line = lines[number] if number < len(lines) else ""
                raise MapFormatError(f"{source}:{number + 1}: expected 'height N' and 'width N', got {_excerpt(line)}")
            if not (words[1].isascii() and words[1].isdigit()):
                raise MapFormatError(
                    f"{source}:{number + 1}: {words[0]} must be a whole number, got {_excerpt(words[1])}"
                )
            # A longer number is too large whatever it says, and Python refuses to convert thousands of digits.
            sizes[words[0]] = int(words[1]) if len(words[1]) <= 9 else 10**9
        check_size(sizes["height"], sizes["width"], source)
        if len(lines) < 4 or lines[3].split() != ["map"]:
            raise MapFormatError(f"{source}:4: expected 'map', got {_excerpt(lines[3] if len(lines) > 3 else '')}")
        rows = lines[4:]
        while rows and not rows[-1]:
            rows.pop()
        if len(rows) != sizes["height"]:
            raise MapFormatError(f"{source}: {len(rows)} rows of cells, but the header says height {sizes['height']}")
        codes = {code: code for code in PASSABLE_CODES + BLOCKED_CODES}
        return cls._from_rows(rows, codes, source, 5, marks=False, width=sizes["width"])

    @classmethod
    def _from_rows(
        cls, rows: list[str], codes: dict[str, str], source: str, line: int, marks: bool, width: int | None = None
    ) -> GridMap:
        if not rows:
            raise MapFormatError(f"{source}: a map needs at least one row of cells")
        width = len(rows[0]) if width is None else width
        check_size(len(rows), width, source)
        table = np.zeros(256, dtype=np.uint8)
        for character, code in codes.items():
            table[ord(character)] = ord(code)
        terrain = np.empty((len(rows), width), dtype=np.uint8)
        found: dict[str, list[Cell]] = {"S": [], "G": []}
        for row, text in enumerate(rows):
            if len(text) != width:
                raise MapFormatError(f"{source}:{line + row}: row has {len(text)} cells, expected {width}")
            characters = np.frombuffer(text.encode("latin-1", "replace"), dtype=np.uint8)
            terrain[row] = table[characters]
            unknown = np.flatnonzero(terrain[row] == 0)
            if unknown.size:
                raise MapFormatError(
                    f"{source}:{line + row}: unknown character {text[unknown[0]]!r} in column {unknown[0] + 1},"
                    f" allowed: {' '.join(sorted(set(codes) - {' '}))}"
                )
            if marks:
                for mark, cells in found.items():
                    cells.extend((row, int(col)) for col in np.flatnonzero(characters == ord(mark)))
        for mark, cells in found.items():
            if len(cells) > 1:
                raise MapFormatError(f"{source}: {mark} stands at {cells[0]} and at {cells[1]}; one is allowed")
        return cls(terrain, *(cells[0] if cells else None for cells in (found["S"], found["G"])))

    def to_text(self) -> str:
        """Return the map as text that ``from_text`` reads, rows joined by line breaks.

        A start or goal takes the place of the terrain beneath it, which then reads as ground.
        """
        characters = [[CODE_TO_TEXT[chr(code)] for code in row] for row in self.terrain]
        for cell, mark in ((self.start, "S"), (self.goal, "G")):
            if cell is not None:
                characters[cell[0]][cell[1]] = mark
        return "\n".join("".join(row) for row in characters)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the terrain as a ``.map`` file, which ``load_map`` reads back identically, but without start and goal.

        The format has no place for these: scenarios keep them, and ``to_text``.

        Args:
            path: File to write.
        """
        height, width = self.shape
        rows = "".join(row.tobytes().decode("ascii") + "\n" for row in self.terrain)
        Path(path).write_text(f"type octile\nheight {height}\nwidth {width}\nmap\n{rows}", newline="\n")


def check_size(height: int, width: int, source: str) -> None:
    """Refuse a map that is too large before any memory is taken for it.

    Raises:
        MapFormatError: A side is empty or longer than MAX_SIDE, or there are more than MAX_CELLS cells.
    """
    if not (1 <= height <= MAX_SIDE and 1 <= width <= MAX_SIDE) or height * width > MAX_CELLS:
        raise MapFormatError(
            f"{source}: {height} x {width} cells; allowed are sides of 1 to {MAX_SIDE} and at most {MAX_CELLS} cells"
        )


def read_text(path: str | os.PathLike[str]) -> str:
    """Read a map or scenario file as text, a byte a character.

    Raises:
        MapNotFoundError: There is no such file, it is a folder, or it cannot be read.
        MapFormatError: It is far larger than the largest map.
    """
    if not isinstance(path, (str, os.PathLike)):
        raise MapNotFoundError(f"expected the path of a file, got {shown(path)}")
    file = Path(path)
    try:
        if file.is_dir():
            raise MapNotFoundError(f"{file}: is a folder, expected a file")
        if file.exists() and not file.is_file():
            raise MapNotFoundError(f"{file}: is a device or a pipe, expected a file")
        size = file.stat().st_size
        if size > 4 * MAX_CELLS:
            raise MapFormatError(f"{file}: {size} bytes, at most {4 * MAX_CELLS} are allowed")
        return file.read_bytes().decode("latin-1")
    except (OSError, ValueError) as error:
        if isinstance(error, (MapNotFoundError, MapFormatError)):
            raise
        reason = getattr(error, "strerror", None) or str(error)
        raise MapNotFoundError(f"{file}: {reason}") from None


def _excerpt(text: str, length: int = 40) -> str:
    return repr(text if len(text) <= length else text[:length] + "...")
