"""The disc in the plane: no wall entered, none passed through, and what it sees."""

import math
import os
import subprocess
import sys

import numba
import numpy as np
import pytest

from discs import RADII, distance_to_walls, free_cells, in_sight, padded, parameters, picture, random_map
from gridpath_envs.core.cells import SOLID
from gridpath_envs.core.continuous import MAX_RADIUS, move_disc, slide_disc, step_disc
from gridpath_envs.core.distances import EVERYWHERE, flood
from gridpath_envs.core.moves import cell_index
from gridpath_envs.core.range_finder import beam_table, range_finder


@numba.njit
def walk(start, displacements, radius, world, params, places, touched):
    row, col = start[0], start[1]
    for k in range(displacements.shape[0]):
        row, col, touched[k] = move_disc(row, col, displacements[k, 0], displacements[k, 1], radius, world, params[0])
        places[k, 0], places[k, 1] = row, col


def moved(place, displacement, radius, world, params):
    places, touched = np.zeros((1, 2)), np.zeros(1, dtype=bool)
    walk(np.array(place, dtype=float), np.array([displacement], dtype=float), radius, world, params, places, touched)
    return places[0], touched[0]


def look(place, beams, max_range, world, params):
    out = np.full(len(beams), np.nan, dtype=np.float32)
    range_finder(float(place[0]), float(place[1]), beams, max_range, world, params[0], out)
    return out


def random_displacements(rng, count):
    """Return tiny to long ones, often straight, often kept for a while, so that discs press into corners."""
    lengths = np.where(rng.random(count) < 0.1, rng.uniform(1, 4, count), 10 ** rng.uniform(-8, 0, count))
    angles = rng.uniform(0, 2 * math.pi, count)
    displacements = lengths[:, None] * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    displacements[rng.random(count) < 0.1, rng.integers(2)] = 0.0
    keep = rng.random(count) < 0.7
    return displacements[np.maximum.accumulate(np.where(keep, 0, np.arange(count)))]


@pytest.mark.parametrize("radius", RADII)
def test_a_million_random_steps_enter_no_wall_and_pass_through_none(radius):
    rng = np.random.default_rng(round(1000 * radius))
    count, num_touched = 2500, 0
    for _ in range(100):
        blocked, world, params = random_map(rng)
        cells = free_cells(blocked)
        start = cells[rng.integers(len(cells))]
        component = np.full(world.size, np.inf)
        queues = np.zeros((8, world.size), dtype=np.int32)
        flood(world, params[0], np.int64(cell_index(*start, params[0])), EVERYWHERE, component, queues)
        places, touched = np.zeros((count, 2)), np.zeros(count, dtype=bool)
        walk(start + 0.5, random_displacements(rng, count), radius, world, params, places, touched)
        assert distance_to_walls(places, blocked).min() > radius - 1e-10
        within = np.floor(places).astype(int) + 1
        assert np.isfinite(component.reshape(blocked.shape[0] + 2, -1)[tuple(within.T)]).all()
        num_touched += touched.sum()
    assert 0.2 < num_touched / (100 * count) < 0.95


@pytest.mark.parametrize("slope", [1e-3, 1e-5, 1e-6, 1e-7, 1e-9])
def test_no_line_along_a_wall_is_flat_enough_to_lead_into_it(slope):
    world, params = picture("....\n....\n....\n....")
    for displacement in ((1.0, slope), (-1.0, slope), (slope, 1.0)):
        place = np.array([1.5, 4 - 0.3 - 1e-9]) if displacement[1] == slope else np.array([4 - 0.3 - 1e-9, 1.5])
        for _ in range(50):
            place, _ = moved(place, displacement, 0.3, world, params)
            assert place.max() <= 4 - 0.3 + 1e-12


@pytest.mark.parametrize("radius", RADII)
def test_a_displacement_is_made_in_full_exactly_where_the_way_is_free(radius):
    rng = np.random.default_rng(1)
    seen = [0, 0]
    for _ in range(60):
        blocked, world, params = random_map(rng)
        points = rng.uniform(0, blocked.shape, (400, 2))
        points = points[distance_to_walls(points, blocked) > radius + 1e-6]
        displacements = rng.uniform(-0.7, 0.7, points.shape)
        ends = points + displacements
        inside = ((ends >= 0) & (ends < blocked.shape)).all(axis=1)
        points, displacements, ends = points[inside], displacements[inside], ends[inside]
        surely = in_sight(points, ends, radius + 1e-7, world, params)
        possibly = in_sight(points, ends, radius - 1e-7, world, params)
        for point, displacement, end, free in zip(points, displacements, ends, surely, strict=True):
            place, touched = moved(point, displacement, radius, world, params)
            if free:
                assert tuple(place) == tuple(end) and not touched
            seen[int(free)] += 1
        for point, displacement, free in zip(points, displacements, possibly, strict=True):
            assert free or moved(point, displacement, radius, world, params)[1]
    assert min(seen) > 200


@pytest.mark.parametrize("radius", RADII)
def test_turned_and_mirrored_maps_turn_and_mirror_the_moves(radius):
    rng = np.random.default_rng(2)
    for _ in range(100):
        blocked, world, params = random_map(rng)
        points = rng.uniform(0, blocked.shape, (40, 2))
        points = points[distance_to_walls(points, blocked) > radius + 1e-6]
        turned, mirrored = np.rot90(blocked, -1), blocked[::-1]
        for point in points:
            d = rng.uniform(-0.7, 0.7, 2)
            place, touched = moved(point, d, radius, world, params)
            height = blocked.shape[0]
            other, touches = moved(
                (point[1], height - point[0]), (d[1], -d[0]), radius, padded(turned), parameters(*turned.shape)
            )
            np.testing.assert_allclose(other, (place[1], height - place[0]), atol=1e-7)
            assert touches == touched
            other, touches = moved((height - point[0], point[1]), (-d[0], d[1]), radius, padded(mirrored), params)
            np.testing.assert_allclose(other, (height - place[0], place[1]), atol=1e-7)
            assert touches == touched


def test_no_displacement_moves_nothing():
    world, params = picture("..# .#. ...")
    for place in [(0.5, 0.5), (0.3, 0.3), (2.5, 1.5), (1.5, 0.7 - 2e-9)]:
        after, touched = moved(place, (0.0, 0.0), 0.3, world, params)
        assert tuple(after) == place and not touched


def test_a_wall_that_is_run_into_stops_the_disc_at_its_radius():
    world, params = picture("...# .... ....")
    place, touched = moved((0.5, 1.5), (0.0, 1.7), 0.3, world, params)
    np.testing.assert_allclose(place, (0.5, 2.7), atol=1e-8)
    assert touched and place[1] + 0.3 < 3.0
    place, touched = moved((0.5, 0.5), (0.0, -0.9), 0.3, world, params)  # the map's edge
    np.testing.assert_allclose(place, (0.5, 0.3), atol=1e-8)
    assert touched


def test_a_disc_slides_along_a_wall_by_what_leads_along_it():
    world, params = picture("##### ..... .....")
    place, touched = moved((1.5, 0.5), (-0.6, 0.7), 0.3, world, params)
    # Over the seams of the wall's cells too.
    np.testing.assert_allclose(place, (1.3, 1.2), atol=1e-8)
    assert touched
    for _ in range(20):
        place, touched = moved(place, (-0.1, 0.1), 0.3, world, params)
        assert touched
    np.testing.assert_allclose(place, (1.3, 3.2), atol=1e-8)
    # Along the wall, without pressing, nothing is touched.
    assert not moved(place, (0.0, -0.5), 0.3, world, params)[1]


@pytest.mark.parametrize("radius", RADII)
def test_the_seams_of_a_flat_wall_trip_no_disc(radius):
    rng = np.random.default_rng(7)
    world, params = picture("#" * 60 + "\n" + "." * 60 + "\n" + "." * 60)
    for _ in range(200):
        row, col, step = rng.uniform(radius + 1, 1.6), rng.uniform(1, 2), rng.uniform(0.05, 0.9)
        down = rng.uniform(-0.4, -0.1)
        for k in range(40):
            (row, after), touched = moved((row, col), (down, step), radius, world, params)
            assert after == pytest.approx(col + step, abs=1e-9)
            assert touched or k < 10
            col = after if after < 58 else 1.3
        assert row == pytest.approx(1 + radius, abs=2e-9)
        for _ in range(5):
            (row, after), touched = moved((row, col), (0.0, -0.9 * step), radius, world, params)
            assert not touched
            col = after if after > 2 else 58.1


def test_a_disc_stops_in_a_corner_of_two_walls():
    world, params = picture("### #.. #..")
    place, touched = moved((1.5, 1.5), (-0.5, -0.7), 0.3, world, params)
    np.testing.assert_allclose(place, (1.3, 1.3), atol=1e-8)
    again, touched = moved(place, (-0.3, -0.1), 0.3, world, params)
    np.testing.assert_allclose(again, place, atol=1e-12)
    assert touched


def test_a_disc_rolls_around_a_corner():
    world, params = picture("... .#. ...")
    # Downwards, a quarter of a cell beside the wall's edge: it cannot pass, and is led aside and on.
    place, touched = moved((0.5, 0.75), (0.4, 0.0), 0.3, world, params)
    height = math.sqrt(0.3**2 - 0.25**2)
    travelled = 1.0 - height - 0.5
    normal = np.array([-height, -0.25]) / 0.3
    rest = np.array([0.4 - travelled, 0.0])
    expected = np.array([1.0 - height, 0.75]) + rest - (rest @ normal) * normal
    np.testing.assert_allclose(place, expected, atol=1e-7)
    assert touched
    for _ in range(40):
        place, touched = moved(place, (0.05, 0.0), 0.3, world, params)
    assert place[0] > 1.9 and 0.69 < place[1] <= 0.7 + 1e-7


def test_a_disc_as_wide_as_may_be_passes_a_gap_of_one_cell_and_no_gap_between_corners():
    world, params = picture(".... ##.# ....")
    place, touched = moved((0.5, 2.5), (2.0, 0.0), MAX_RADIUS, world, params)
    assert tuple(place) == (2.5, 2.5) and not touched
    world, params = picture(".# #.")
    place, _ = moved((0.5, 0.5), (3.0, 3.0), 0.01, world, params)
    np.testing.assert_allclose(place, (0.99, 0.99), atol=1e-8)


def test_velocity_loses_what_leads_into_a_wall_and_no_more():
    world, params = picture("##### ..... .....")
    result = slide_disc(1.4, 0.5, -0.3, 0.2, -3.0, 2.0, 0.3, world, params[0])
    np.testing.assert_allclose(result[:4], (1.3, 0.7, 0.0, 2.0), atol=1e-8)
    # Noise pressed it there; the velocity leads away.
    result = slide_disc(1.4, 0.5, -0.3, 0.0, 1.0, 0.5, 0.3, world, params[0])
    np.testing.assert_allclose(result[:4], (1.3, 0.5, 1.0, 0.5), atol=1e-8)
    result = slide_disc(1.4, 0.5, -0.3, -0.6, -1.0, -2.0, 0.3, world, params[0])
    np.testing.assert_allclose(result[:4], (1.3, 0.3, 0.0, 0.0), atol=1e-8)
    assert result[4]


def test_actions_are_velocities_of_at_most_the_greatest_speed():
    world, params = picture("..... ..... .....")

    def step(action, noise=(0.0, 0.0)):
        return step_disc(1.5, 1.5, 9.0, 9.0, *action, *noise, False, 0.1, 2.0, 8.0, 1.0, 0.3, world, params[0])

    np.testing.assert_allclose(step((0.0, 0.5)), (1.5, 1.6, 0.0, 1.0, False, 0.1), atol=1e-12)
    half = math.sqrt(0.5)
    expected = (1.5 + 0.2 * half, 1.5 - 0.2 * half, 2 * half, -2 * half, False, 0.2)
    np.testing.assert_allclose(step((1.0, -1.0)), expected)
    expected = (1.6, 1.3, 0.0, 0.0, False, math.hypot(0.1, 0.2))
    np.testing.assert_allclose(step((0.0, 0.0), (0.1, -0.2)), expected, atol=1e-12)


def test_accelerations_add_up_to_the_greatest_speed_and_drag_slows():
    world, params = picture("........ ........ ........")

    def step(velocity, action, damping):
        arguments = (*action, 0.0, 0.0, True, 0.1, 2.0, 8.0, damping, 0.3)
        return step_disc(1.5, 1.5, *velocity, *arguments, world, params[0])

    np.testing.assert_allclose(step((0.0, 0.0), (0.0, 1.0), 0.0), (1.5, 1.58, 0.0, 0.8, False, 0.08), atol=1e-12)
    np.testing.assert_allclose(step((0.0, 1.8), (0.0, 1.0), 0.0), (1.5, 1.7, 0.0, 2.0, False, 0.2), atol=1e-12)
    np.testing.assert_allclose(step((0.0, 1.0), (0.0, 0.0), 2.5), (1.5, 1.58, 0.0, 0.8, False, 0.08), atol=1e-12)
    row, col, velocity_row, velocity_col, touched, _ = step((-2.0, 0.0), (-1.0, 0.0), 0.0)
    assert (velocity_row, touched) == (-2.0, False)
    for _ in range(10):
        row, col, velocity_row, velocity_col, touched, _ = step_disc(
            row, col, velocity_row, velocity_col, -1.0, 0.5, 0.0, 0.0, True, 0.1, 2.0, 8.0, 0.0, 0.3, world, params[0]
        )
    np.testing.assert_allclose((row, velocity_row), (0.3, 0.0), atol=1e-8)
    assert velocity_col > 1.0 and touched


def ranges(place, directions, max_range, blocked):
    """Return where rays enter the first closed square, the slow and obvious way."""
    walls = np.argwhere(np.pad(blocked, 1, constant_values=True)) - 1
    out = []
    for direction in directions:
        best = max_range
        for wall in walls:
            enter, leave = 0.0, math.inf
            for axis in (0, 1):
                low, high = wall[axis] - 1e-9 - place[axis], wall[axis] + 1 + 1e-9 - place[axis]
                if abs(direction[axis]) < 1e-12:
                    if not low <= 0 <= high:
                        leave = -1.0
                else:
                    times = sorted((low / direction[axis], high / direction[axis]))
                    enter, leave = max(enter, times[0]), min(leave, times[1])
            if enter <= leave:
                best = min(best, enter)
        out.append(best / max_range)
    return out


@pytest.mark.parametrize("num_beams", [1, 3, 8, 16, 30, 32])
def test_beams_begin_above_and_go_clockwise(num_beams):
    angles = 2 * math.pi * np.arange(num_beams) / num_beams
    table = beam_table(num_beams)
    np.testing.assert_allclose(table[:, :2], np.stack([-np.cos(angles), np.sin(angles)], axis=1), atol=1e-15)
    if num_beams % 8 == 0:
        assert abs(table[num_beams // 8, 0]) == abs(table[num_beams // 8, 1])
        assert (table[num_beams // 4, 0], table[num_beams // 4, 1]) == (0.0, 1.0)
        np.testing.assert_array_equal(table[: num_beams // 2, :2], -table[num_beams // 2 :, :2])


@pytest.mark.parametrize("where", ["anywhere", "centre", "grid line", "grid point"])
def test_the_range_finder_finds_the_first_wall(where):
    rng = np.random.default_rng(3)
    tables = {count: beam_table(count) for count in (1, 8, 16, 36)}
    for _ in range(60):
        blocked, world, params = random_map(rng, size=(3, 9))
        place = rng.uniform(0, blocked.shape)
        if where == "centre":
            place = np.floor(place) + 0.5
        elif where == "grid line":
            axis = rng.integers(2)
            place[axis] = np.floor(place[axis])
        elif where == "grid point":
            place = np.floor(place)
        if distance_to_walls(place[None], blocked)[0] < 1e-3:
            continue
        max_range = rng.choice([0.4, 2.5, 30.0])
        for beams in tables.values():
            got = look(place, beams, max_range, world, params)
            np.testing.assert_allclose(got, ranges(place, beams, max_range, blocked), atol=2e-7)


def test_a_beam_ends_at_a_corner_where_either_side_is_a_wall():
    for text in ("... #.. ...", ".#. ... ...", ".#. #.. ..."):
        world, params = picture(text)
        assert look((0.5, 0.5), beam_table(8), 10.0, world, params)[3] == pytest.approx(math.sqrt(0.5) / 10)
    world, params = picture("... ... ..#")
    assert look((0.5, 0.5), beam_table(8), 10.0, world, params)[3] == pytest.approx(1.5 * math.sqrt(2) / 10)


@pytest.mark.parametrize("radius", RADII)
def test_a_line_of_sight_is_that_of_dense_samples(radius):
    rng = np.random.default_rng(4)
    shares = np.linspace(0, 1, 400)[:, None]
    seen = [0, 0]
    for k in range(150):
        blocked, world, params = random_map(rng, size=(3, 10), density=(0.02, 0.3))
        ends = rng.uniform(0, blocked.shape, (8, 2, 2))
        if k % 2:
            ends = np.floor(ends) + 0.5
        visible = in_sight(ends[:, 0], ends[:, 1], radius, world, params)
        np.testing.assert_array_equal(visible, in_sight(ends[:, 1], ends[:, 0], radius, world, params))
        for (start, end), free in zip(ends, visible, strict=True):
            gap = distance_to_walls(start + shares * (end - start), blocked).min()
            # Samples are up to 0.02 apart, which hides less than 1e-3 of how near the line comes to a wall.
            assert free == (gap >= radius) or (not free and gap < radius + 1e-3)
            seen[int(free)] += 1
    assert min(seen) > 100


def test_what_is_solid_is_what_the_kernels_stop_at():
    for flag in range(8):
        value = np.uint8(1 << flag)
        world, params = picture("... ... ...")
        world[cell_index(1, 1, params[0])] = value
        solid = bool(value & SOLID)
        assert moved((1.5, 0.5), (0.0, 0.9), 0.3, world, params)[1] == solid
        assert (look((1.5, 0.5), beam_table(4), 10.0, world, params)[1] == pytest.approx(0.05)) == solid
        assert in_sight([(1.5, 0.5)], [(1.5, 2.5)], 0.3, world, params)[0] != solid


PLAY = """
import numpy as np
import test_continuous_kernels as kernels

rng = np.random.default_rng(0)
for radius in kernels.RADII:
    for _ in range(40):
        blocked, world, params = kernels.random_map(rng, size=(1, 9))
        height, width = blocked.shape
        cells = kernels.free_cells(blocked)
        places, touched = np.zeros((500, 2)), np.zeros(500, dtype=bool)
        start = cells[rng.integers(len(cells))] + 0.5
        kernels.walk(start, kernels.random_displacements(rng, 500), radius, world, params, places, touched)
        for place in places[::10]:
            kernels.look(place, kernels.beam_table(16), 100.0, world, params)
        kernels.in_sight(places[:-1], places[1:], radius, world, params)
        kernels.in_sight(places, np.broadcast_to(start, places.shape), radius, world, params)
print("played")
"""


def test_no_index_is_out_of_bounds(tmp_path):
    environment = {**os.environ, "NUMBA_BOUNDSCHECK": "1", "NUMBA_CACHE_DIR": str(tmp_path)}
    here = os.path.dirname(__file__)
    environment["PYTHONPATH"] = os.pathsep.join([here, os.path.dirname(here), *sys.path])
    done = subprocess.run([sys.executable, "-c", PLAY], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.startswith("played")
