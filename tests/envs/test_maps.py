"""Reading and writing maps and scenarios, and what is said of malformed ones."""

import copy
import os
import pickle
import subprocess
import sys
import time

import gymnasium
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridpath_envs.errors import ConfigurationError, GridPathError, MapFormatError, MapNotFoundError, UnknownNameError
from gridpath_envs.maps import GridMap, load_map, load_scenario, scenario_map, shipped_maps

HEADER = "type octile\nheight 2\nwidth 3\nmap\n"


def test_terrain_is_passable_as_the_benchmark_says():
    grid_map = GridMap.from_movingai("type octile\nheight 1\nwidth 7\nmap\n.GS@OTW\n")
    assert grid_map.blocked.tolist() == [[False, False, False, True, True, True, True]]


def test_lines_may_end_with_cr_lf_or_a_mix():
    plain = GridMap.from_movingai(HEADER + ".@.\n...\n")
    assert GridMap.from_movingai((HEADER + ".@.\n...\n").replace("\n", "\r\n")) == plain
    assert GridMap.from_movingai(HEADER + ".@.\r\n...") == plain


def test_text_has_walls_start_and_goal():
    grid_map = GridMap.from_text("\nS#.\n.~G\n")
    assert grid_map.blocked.tolist() == [[False, True, False], [False, False, False]]
    assert (grid_map.start, grid_map.goal) == ((0, 0), (1, 2))
    assert GridMap.from_text(grid_map.to_text()) == grid_map


def test_an_array_is_a_map_of_its_walls():
    assert GridMap.from_array([[0, 1], [2, 0]]).blocked.tolist() == [[False, True], [True, False]]


@pytest.mark.parametrize("name", sorted(shipped_maps()))
def test_a_saved_map_is_read_back_identically(name, tmp_path):
    grid_map = load_map(f"shipped:{name}")
    grid_map.save(tmp_path / "copy.map")
    assert load_map(tmp_path / "copy.map") == grid_map
    assert (tmp_path / "copy.map").read_bytes() == shipped_maps()[name].read_bytes()


def test_a_map_cannot_be_changed():
    original = GridMap.from_text("..\nS.")
    for grid_map in (original, copy.deepcopy(original), pickle.loads(pickle.dumps(original))):
        assert grid_map == original
        for array in (grid_map.terrain, grid_map.blocked):
            with pytest.raises(ValueError, match="read-only"):
                array[0, 0] = 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (HEADER + "...\n..\n", r"x\.map:6: row has 2 cells, expected 3"),
        (
            HEADER + "...\n.x.\n",
            r"x\.map:6: unknown character 'x' in column 2, allowed: \. 1 2 3 4 5 6 7 8 @",
        ),
        (HEADER + "...\n.\0.\n", r"x\.map:6: unknown character '\\x00' in column 2"),
        (HEADER + "...\n", r"x\.map: 1 rows of cells, but the header says height 2"),
        (HEADER + "...\n...\n...\n", r"x\.map: 3 rows of cells, but the header says height 2"),
        ("type octile\nheight 2\n", r"x\.map:3: expected 'height N' and 'width N', got ''"),
        ("type octile\nheight 2\nheight 3\nmap\n", r"x\.map:3: expected 'height N' and 'width N'"),
        ("type octile\nheight two\nwidth 3\nmap\n", r"x\.map:2: height must be a whole number, got 'two'"),
        ("type octile\nheight -2\nwidth 3\nmap\n", r"x\.map:2: height must be a whole number, got '-2'"),
        ("type octile\nheight 2\nwidth 1000000000\nmap\n", r"x\.map: 2 x 1000000000 cells; allowed are sides of 1 to"),
        ("type octile\nheight 2\nwidth " + "9" * 9999 + "\nmap\n", r"x\.map: 2 x 1000000000 cells"),
        ("type octile\nheight 8000\nwidth 8000\nmap\n", r"x\.map: 8000 x 8000 cells; .* at most"),
        ("type octile\nheight 0\nwidth 3\nmap\n", r"x\.map: 0 x 3 cells"),
        ("type octile\nheight 2\nwidth 3\n...\n...\n", r"x\.map:4: expected 'map', got '\.\.\.'"),
        ("type quad\nheight 2\nwidth 3\nmap\n", r"x\.map:1: expected 'type octile', got 'type quad'"),
        ("", r"x\.map: a map needs at least one row of cells"),
    ],
)
def test_a_malformed_map_is_told_where_and_what_is_allowed(text, message, tmp_path):
    path = tmp_path / "x.map"
    path.write_bytes(text.encode())
    begun = time.perf_counter()
    with pytest.raises(MapFormatError, match=message):
        load_map(path)
    assert time.perf_counter() - begun < 1.0


def test_a_missing_file_a_folder_and_an_unknown_shipped_map_are_named(tmp_path):
    with pytest.raises(MapNotFoundError, match=r"nowhere\.map: No such file"):
        load_map(tmp_path / "nowhere.map")
    with pytest.raises(MapNotFoundError, match="is a folder"):
        load_map(tmp_path)
    os.mkfifo(tmp_path / "pipe.map")
    with pytest.raises(MapNotFoundError, match="a device or a pipe"):
        load_map(tmp_path / "pipe.map")
    for path in ("nul\0byte.map", 5, None):
        with pytest.raises(MapNotFoundError):
            load_map(path)
    with pytest.raises(MapFormatError, match="expected text, got bytes"):
        GridMap.from_text(b"..")
    with pytest.raises(UnknownNameError, match=r"unknown shipped map 'office-23' \(did you mean 'office-32'\?\)"):
        load_map("shipped:office-23")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("S.\n.", "map:2: row has 1 cells, expected 2"),
        ("S.\n.S", r"map: S stands at \(0, 0\) and at \(1, 1\); one is allowed"),
        ("S.\n?.", r"map:2: unknown character '\?' in column 1"),
        ("\n\n", "map: a map needs at least one row of cells"),
    ],
)
def test_malformed_text_is_told_where(text, message):
    with pytest.raises(MapFormatError, match=message):
        GridMap.from_text(text)


@pytest.mark.parametrize("array", [np.zeros(3), np.zeros((2, 2)), np.zeros((0, 3), dtype=bool), [[1], [1, 2]], "ab"])
def test_arrays_of_another_kind_are_refused(array):
    with pytest.raises(MapFormatError):
        GridMap.from_array(array)


def test_start_and_goal_must_be_two_free_cells():
    terrain = GridMap.from_text(".#\n..").terrain
    for ends in (((0, 1), None), ((0, 2), None), (None, (-1, 0)), ((0, 0), (0, 0)), ((0.5, 0), None)):
        with pytest.raises(ConfigurationError):
            GridMap(terrain, *ends)


def test_a_scenario_gives_cells_as_row_and_column(tmp_path):
    path = tmp_path / "a.scen"
    path.write_text("version 1\n3\ta b.map\t5\t4\t1\t2\t4\t3\t3.41421356\r\n\n")
    (row,) = load_scenario(path)
    assert (row.bucket, row.map_name, row.map_shape) == (3, "a b.map", (4, 5))
    assert (row.start, row.goal, row.optimal_length) == ((2, 1), (3, 4), 3.41421356)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("0\ta.map\t5\t4\t1\t2\t4\t3", "a.scen:2: 8 columns, expected 9"),
        ("0\ta.map\t5\t4\tone\t2\t4\t3\t1", "a.scen:2: expected numbers"),
        ("0\ta.map\t5\t4\t1\t2\t5\t3\t1", r"a.scen:2: goal \(row 3, column 5\) lies outside 4 x 5 cells"),
        ("0\ta.map\t5\t4\t1\t2\t4\t3\tnan", "a.scen:2: optimal length must be finite"),
    ],
)
def test_a_malformed_scenario_is_told_where(line, message, tmp_path):
    path = tmp_path / "a.scen"
    path.write_text(f"version 1\n{line}\n")
    with pytest.raises(MapFormatError, match=message):
        load_scenario(path)
    path.write_text(line)
    with pytest.raises(GridPathError, match=r"a\.scen:1: expected 'version 1'"):
        load_scenario(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("version 1\n", "has no rows"),
        ("", "expected 'version 1'"),
        ("version 1\n\0\xff\x80\n", "1 columns, expected 9"),
        ("version 1\n" + "\0" * 100_000, "1 columns, expected 9"),
        ("version 1\n0\ta.map\t2\t2\t-1\t0\t1\t1\t1", r"start \(row 0, column -1\) lies outside"),
        ("version 1\n0\ta.map\t-2\t-2\t0\t0\t1\t1\t1", "lies outside -2 x -2 cells"),
        ("version 1\n0\ta.map\t2\t2\t0\t0\t1\t1\t-1", "optimal length must be finite and not negative"),
        ("version 1\n0\ta.map\t2\t2\t0\t0\t1\t1\t1e999", "optimal length must be finite and not negative"),
        (f"version 1\n0\ta.map\t{'9' * 5000}\t2\t0\t0\t1\t1\t1", "expected numbers"),
        (f"version 1\n0\ta.map\t{'9' * 400}\t2\t0\t0\t1\t1\t1", "is for a map of"),
        ("version 1\n0\ta.map\t2\t2\t0\t0\t0\t0\t0", "start and goal are the same cell"),
        ("version 1\n0\ta.map\t2\t2\t0\t0\t1\t1\t1", "row 0 has the length 1, which is not that of the shortest path"),
        ("version 1\n0\ta.map\t2\t2\t0\t1\t1\t1\t1", r"cell \(1, 0\) is blocked"),
        ("version 1\r\n0\ta.map\t3\t2\t0\t0\t1\t1\t1\n", r"is for a map of \(2, 3\) cells, map has \(2, 2\)"),
    ],
)
def test_a_malformed_scenario_is_refused_by_an_environment(content, message, tmp_path):
    (tmp_path / "a.map").write_text("type octile\nheight 2\nwidth 2\nmap\n..\n@.\n")
    path = tmp_path / "a.map.scen"
    path.write_bytes(content.encode("latin-1"))
    begun = time.perf_counter()
    with pytest.raises(GridPathError, match=message):
        gymnasium.make("GridPath-v0", scenario=path, moves="octile")
    assert time.perf_counter() - begun < 1.0


def test_a_scenario_lies_beside_the_map_of_its_own_name_or_of_the_name_in_its_rows(tmp_path):
    (tmp_path / "a.map").write_text(HEADER)
    rows = tmp_path / "a-random-1.scen"
    rows.write_text("version 1\n0\tmaps/a.map\t3\t2\t0\t0\t1\t1\t2\n")
    assert scenario_map(rows) == scenario_map(str(rows)) == str(tmp_path / "a.map")
    assert scenario_map(tmp_path / "b.map.scen") == str(tmp_path / "b.map")
    assert scenario_map("shipped:office-32") == "shipped:office-32"


@pytest.mark.parametrize("content", [None, "version 1\n", "version 1\n0\tb.map\t3\t2\t0\t0\t1\t1\t2\n"])
def test_a_scenario_whose_map_is_not_known_is_named(content, tmp_path):
    (tmp_path / "a.map").write_text(HEADER)
    path = tmp_path / "a-random-1.scen"
    if content is not None:
        path.write_text(content)
    with pytest.raises(MapNotFoundError, match=r"a-random-1.scen: .* its map is not known; give map beside scenario"):
        scenario_map(path)


@pytest.mark.parametrize("rows", ["1..\n...", "1.1\n..1"])
def test_a_portal_of_a_file_stands_at_two_cells(rows, tmp_path):
    path = tmp_path / "x.map"
    path.write_text(HEADER + rows)
    with pytest.raises(MapFormatError, match="portal 1 stands at"):
        load_map(path)


MEASURED = """
import resource, sys, time
import numpy as np
from gridpath_envs.errors import GridPathError
from gridpath_envs.maps import GridMap, load_map, load_scenario
begun, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for read, values in {
    load_map: [f"{sys.argv[1]}/{name}" for name in ("wide.map", "long.map", "binary.map", "hole.map")],
    load_scenario: [f"{sys.argv[1]}/{name}" for name in ("binary.map", "hole.map")],
    GridMap.from_array: [np.broadcast_to(np.array(value), (10**6, 10**6)) for value in (True, 1, "S", b"S")],
}.items():
    for value in values:
        try:
            read(value)
        except GridPathError:
            continue
        sys.exit(f"{value} was read")
assert time.perf_counter() - begun < 2.0
# Kilobytes.
assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000
"""


def test_absurd_maps_take_neither_time_nor_memory(tmp_path, root):
    pytest.importorskip("resource")
    header = "type octile\nheight {}\nwidth {}\nmap\n"
    (tmp_path / "wide.map").write_text(header.format(1, 10**9) + ".." * 100)
    (tmp_path / "long.map").write_text(header.format(10**9, 1) + ".\n" * 100)
    (tmp_path / "binary.map").write_bytes(np.random.default_rng(0).bytes(1_000_000))
    with open(tmp_path / "hole.map", "wb") as file:
        # Of a length that no file system takes memory for.
        file.truncate(1 << 40)
    environment = {**os.environ, "PYTHONPATH": str(root)}
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, str(tmp_path)], capture_output=True, text=True, env=environment
    )
    assert done.returncode == 0, done.stderr[-1500:]


@pytest.mark.parametrize("ends", [((0, 0), (1, 2)), ((0, 0), None), (None, (1, 2)), (None, None)])
def test_text_keeps_start_goal_and_every_kind_of_cell(ends):
    grid_map = GridMap(np.frombuffer(b".R1S.D1H.TW@", dtype=np.uint8).reshape(2, 6), *ends)
    assert GridMap.from_text(grid_map.to_text()) == grid_map


@st.composite
def maps_of_every_kind(draw):
    height, width = draw(st.integers(1, 9)), draw(st.integers(1, 9))
    codes = draw(st.lists(st.sampled_from(".GSRDH@OTW"), min_size=height * width, max_size=height * width))
    for portal, pair in enumerate(draw(st.lists(st.tuples(*[st.integers(0, height * width - 1)] * 2), max_size=8))):
        if pair[0] != pair[1] and not {codes[pair[0]], codes[pair[1]]} & set("12345678"):
            codes[pair[0]] = codes[pair[1]] = str(portal + 1)
    return GridMap(np.array([ord(code) for code in codes], dtype=np.uint8).reshape(height, width))


@settings(max_examples=150, deadline=None)
@given(grid_map=maps_of_every_kind())
def test_a_map_of_any_kind_is_saved_and_read_back_identically(grid_map, tmp_path_factory):
    path = tmp_path_factory.mktemp("maps") / "any.map"
    grid_map.save(path)
    assert load_map(path) == grid_map
    # Passable ground of the .map format has two letters and text one.
    text = GridMap.from_text(grid_map.to_text() + "\n")
    np.testing.assert_array_equal(text.cells, grid_map.cells)
    assert text.portals == grid_map.portals


def test_frozen_lakes_description_is_a_map_in_each_of_its_forms():
    rows = ["SFFF", "FHFH", "FFFH", "HFFG"]
    expected = GridMap.from_text("\n".join(rows))
    for description in (rows, tuple(rows), np.array(rows, dtype="S"), np.array([list(row) for row in rows], dtype="c")):
        assert GridMap.from_array(description) == expected
    assert (expected.start, expected.goal) == ((0, 0), (3, 3))
    assert [tuple(cell) for cell in np.argwhere(expected.terrain == ord("H"))] == [(1, 1), (1, 3), (2, 3), (3, 0)]
    assert not expected.blocked.any()


@pytest.mark.parametrize("text", ["1..\n...", "1.1\n..1", "S1.\n.2.\n2.G"])
def test_a_portal_stands_at_two_cells(text):
    with pytest.raises(
        MapFormatError, match=r"portal \d stands at .*; it stands at two cells, which lead to each other"
    ):
        GridMap.from_text(text)


@pytest.mark.parametrize("text", ["S#\nH.", "S1\n1."])
def test_no_episode_starts_or_ends_in_a_hole_or_a_portal(text):
    grid_map = GridMap.from_text(text)
    for cell in ((1, 0), (0, 1)):
        with pytest.raises(ConfigurationError, match="is blocked"):
            grid_map.check_free(cell, "goal")
