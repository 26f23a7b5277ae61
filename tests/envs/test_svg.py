import re
from xml.etree import ElementTree

import numpy as np
import pytest

from gridpath_envs.errors import ConfigurationError
from gridpath_envs.maps import GridMap, shortest_path
from gridpath_envs.rendering.svg import draw_paths

SVG = "{http://www.w3.org/2000/svg}"
ROOM = GridMap.from_text("S..#\n.##.\n...G")
TERRAIN = GridMap.from_text("S~TW\n#O.G")


def covered_cells(path_data: str) -> list[tuple[int, int]]:
    cells = []
    for col, row, width, height in re.findall(r"M(\d+) (\d+)h(\d+)v(\d+)h-\d+z", path_data):
        cells += [(int(row) + r, int(col) + c) for r in range(int(height)) for c in range(int(width))]
    return cells


def wall_cells(svg: str) -> list[tuple[int, int]]:
    root = ElementTree.fromstring(svg)
    return [
        cell
        for item in root.iter(f"{SVG}path")
        if item.get("fill") == "#343a46"
        for cell in covered_cells(item.get("d"))
    ]


def test_the_picture_is_a_standalone_document_in_cells():
    root = ElementTree.fromstring(draw_paths(ROOM, (0, 0), (2, 3), [(0, 0), (1, 0)]))
    assert root.tag == f"{SVG}svg"
    assert root.get("viewBox") == "0 0 4 3"
    assert (root.get("width"), root.get("height")) == ("320", "240")
    assert root.find(f"{SVG}title").text


def test_cell_size_sets_the_pixels():
    root = ElementTree.fromstring(draw_paths(ROOM, (0, 0), (2, 3), [], cell_size=10))
    assert (root.get("width"), root.get("height")) == ("40", "30")


def test_merged_rectangles_cover_exactly_the_walls_once():
    rng = np.random.default_rng(3)
    for density in (0.1, 0.5, 0.9, 1.0):
        blocked = rng.random((23, 17)) < density
        blocked[0, 0] = blocked[0, 1] = False
        drawn = wall_cells(draw_paths(GridMap.from_array(blocked), (0, 0), (0, 1), []))
        assert sorted(drawn) == sorted(map(tuple, np.argwhere(blocked).tolist()))


def test_lines_go_through_cell_centres_and_leave_out_what_is_straight():
    path = [(0, 0), (1, 0), (1, 0), (2, 0), (2, 1), (2, 2), (2, 3)]
    assert "M0.5 0.5L0.5 2.5L3.5 2.5" in draw_paths(ROOM, (0, 0), (2, 3), path)


def test_turning_back_stays_in_the_line():
    assert "M0.5 0.5L2.5 0.5L1.5 0.5" in draw_paths(ROOM, (0, 0), (2, 3), [(0, 0), (0, 1), (0, 2), (0, 1)])


def test_a_path_of_one_cell_is_a_dot():
    assert "M0.5 0.5h0" in draw_paths(ROOM, (0, 0), (2, 3), [(0, 0), (0, 0)])


def test_the_optimal_path_lies_beneath_and_is_wider():
    path = shortest_path(ROOM, (0, 0), (2, 3))
    widths = [
        float(found)
        for found in re.findall(r'stroke-width="([\d.]+)" stroke-linecap', draw_paths(ROOM, (0, 0), (2, 3), path, path))
    ]
    assert len(widths) == 2
    assert widths[0] > widths[1]


def test_kinds_of_terrain_have_colours_of_their_own():
    fills = re.findall(r'<path fill="(#\w+)" shape', draw_paths(TERRAIN, (0, 0), (1, 3), []))
    assert len(fills) == len(set(fills)) == 5


def test_titles_are_escaped():
    svg = draw_paths(ROOM, (0, 0), (2, 3), [], title='<script>"&</script>')
    assert "<script" not in svg
    assert ElementTree.fromstring(svg).find(f"{SVG}title").text == '<script>"&</script>'


def test_a_large_map_stays_small_and_its_lines_visible():
    blocked = np.zeros((128, 128), dtype=bool)
    blocked[:, 30:40] = blocked[60:70, :] = True
    blocked[64, 35] = False
    svg = draw_paths(GridMap.from_array(blocked), (0, 0), (127, 127), [(row, 0) for row in range(50)])
    assert len(svg) < 2000
    width = float(re.search(r'stroke-width="([\d.]+)" stroke-linecap', svg)[1])
    assert width * 320 / 128 > 1.5


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (((0, 0), (2, 3), [(0, 0), (3, 0)]), r"path\[1\]: got \(3, 0\), expected .* 3x4"),
        (((0, -1), (2, 3), []), r"start\[0\]"),
        (((0, 0), (2, 4), []), r"goal\[0\]"),
        (((0, 0), (2, 3), [], [(9, 9)]), r"optimal_path\[0\]"),
        (((0, 0), (2, 3), [], None, 0), "cell_size: got 0, expected a positive"),
        (((0, 0), (2, 3), [], None, float("nan")), "cell_size"),
    ],
)
def test_cells_outside_the_map_are_named(arguments, message):
    with pytest.raises(ConfigurationError, match=message):
        draw_paths(ROOM, *arguments)
