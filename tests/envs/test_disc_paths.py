"""The shortest paths of a disc: by hand, beside a slow search over many points, and as paths that can be followed."""

import math
import os
import subprocess
import sys

import numba
import numpy as np
import pytest

from discs import distance_to_walls, free_cells, generated_map, in_sight, padded, parameters, picture, random_map
from gridpath_envs.core.cells import SOLID
from gridpath_envs.core.continuous import MAX_RADIUS, move_disc
from gridpath_envs.core.disc_paths import disc_path_length, disc_path_scratch, trace_disc_path
from gridpath_envs.core.distances import EVERYWHERE, flood
from gridpath_envs.core.moves import cell_index
from gridpath_envs.maps.generators import GENERATORS

QUARTER = math.pi / 2
POINTS = 24  # an arc, in the slow search


@numba.njit
def lengths(starts, goals, radius, world, params, costs, cells, out):
    for k in range(starts.shape[0]):
        out[k] = disc_path_length(
            starts[k, 0], starts[k, 1], goals[k, 0], goals[k, 1], radius, world, params[0], costs, cells
        )


def scratch(params):
    """Return scratch that holds rubbish, as any but the first query finds it."""
    costs, cells = disc_path_scratch(params)
    costs[:], cells[:] = 7.0, 7
    return costs, cells


def path_lengths(starts, goals, radius, world, params):
    out = np.zeros(len(starts))
    starts, goals = np.array(starts, dtype=float), np.array(goals, dtype=float)
    lengths(starts, goals, float(radius), world, params, *scratch(params), out)
    return out


def all_lengths(points, radius, world, params):
    """Return the lengths from each point to each; (N, N)."""
    count = len(points)
    found = path_lengths(np.repeat(points, count, axis=0), np.tile(points, (count, 1)), radius, world, params)
    return found.reshape(count, count)


def length(start, goal, radius, world, params):
    return path_lengths([start], [goal], radius, world, params)[0]


def trace(start, goal, radius, world, params, capacity=1000):
    """Return the points of a path, or what was returned instead of their number."""
    points = np.full((capacity, 2), np.nan)
    ends = (*map(float, start), *map(float, goal))
    count = trace_disc_path(*ends, float(radius), world, params[0], *scratch(params), points)
    assert np.isnan(points[max(count, 0) :]).all() or count != capacity
    return points[:count] if count > 0 else count


def polyline_length(points):
    return np.hypot(*np.diff(points, axis=0).T).sum()


def slow_lengths(points, radius, blocked, world, params):
    """Return the lengths between points by way of others, each of which is joined to all in sight: barely too long.

    The others are the corners of half a polygon that is drawn around each quarter circle that a disc can touch a
    corner along; and of one more where a point lies so close that it would have to turn back to the next.
    """
    half = QUARTER / POINTS / 2
    grid = np.pad(blocked, 1, constant_values=True)
    others = [points]
    for row in range(1, grid.shape[0]):
        for col in range(1, grid.shape[1]):
            around = grid[row - 1 : row + 1, col - 1 : col + 1]
            if around.sum() != 1:
                continue
            corner, away = np.array([row - 1, col - 1]), 1 - 2 * np.argwhere(around)[0]
            from_corner = (points - corner) * away
            close = from_corner[np.hypot(*from_corner.T) < 2 * radius]
            own = np.arctan2(close[:, 1], close[:, 0])
            angles = np.concatenate([own - 0.99 * half, own + 0.99 * half])
            angles = angles[(angles > 0) & (angles < QUARTER)]
            angles = np.concatenate([2 * half * (np.arange(POINTS) + 0.5), angles])
            arc = np.stack([np.cos(angles), np.sin(angles)], axis=1) * radius / math.cos(half)
            others.append(corner + away * arc)
    places = np.concatenate(others)
    count = len(places)
    pairs = np.repeat(places, count, axis=0), np.tile(places, (count, 1))
    visible = in_sight(*pairs, radius - 1e-8, world, params).reshape(count, count)
    apart = np.where(visible, np.hypot(*(pairs[1] - pairs[0]).T).reshape(count, count), np.inf)
    found = np.full((len(points), len(points)), np.inf)
    for source in range(len(points)):
        least, done = apart[source].copy(), np.zeros(count, dtype=bool)
        while np.isfinite(least[~done]).any():
            k = np.where(done, np.inf, least).argmin()
            done[k] = True
            least = np.minimum(least, least[k] + apart[k])
        found[source] = least[: len(points)]
    return found


def tight_points(rng, blocked, radius, world, params):
    """Return free points: anywhere, pressed against walls by moves, exactly on faces and arcs, on grid lines."""
    shape = np.array(blocked.shape)
    anywhere = rng.uniform(0, shape, (40, 2))
    anywhere = anywhere[distance_to_walls(anywhere, blocked) > radius]
    pressed = [move_disc(*point, *rng.uniform(-3, 3, 2), radius, world, params[0])[:2] for point in anywhere[:5]]
    corners = rng.integers(0, shape + 1, (300, 2)).astype(float)
    angles = rng.choice([0.0, 0.3, 0.5, 1.0, 1.1, 1.5, 2.0, 2.2, 2.5, 3.0, 3.5, 3.7], 300) * QUARTER
    reach = radius * rng.choice([1.0, 1.0, 1 + 1e-12, 1 + 1e-8, 1.3], 300)
    arcs = corners + reach[:, None] * np.stack([np.sin(angles), np.cos(angles)], axis=1)
    faces = corners + np.stack([rng.uniform(-1, 1, 300), rng.choice([-radius, radius, 0.0], 300)], axis=1)
    ends = corners[:, ::-1] + np.stack(
        [rng.choice([-radius, radius], 300), rng.choice([0.0, 1e-5, -1e-5, 1e-7, radius], 300)], axis=1
    )
    exact = np.concatenate([arcs, faces, faces[:, ::-1], ends])
    exact = exact[((exact > 0) & (exact < shape)).all(axis=1)]
    exact = exact[distance_to_walls(exact, blocked) > radius - 1e-12]
    points = np.concatenate([anywhere[:3], np.array(pressed).reshape(-1, 2), rng.permutation(exact)[:12]])
    apart = np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1))
    return points[~np.tril(apart < 1e-6, -1).any(axis=1)]


def check_beside_slow_search(points, radius, blocked, world, params):
    slow = slow_lengths(points, radius, blocked, world, params)
    found = all_lengths(points, radius, world, params)
    np.testing.assert_array_equal(np.isfinite(found), np.isfinite(slow))
    reached = np.isfinite(slow)
    np.testing.assert_allclose(found[reached], found.T[reached], atol=1e-6)
    assert (found[reached] <= slow[reached] + 1e-6).all()
    assert (slow[reached] <= 1.0005 * found[reached] + 2e-3 * radius).all()
    return slow[reached] / np.maximum(found[reached], 1e-3)


@pytest.mark.parametrize("radius", [0.02, 0.1, 0.3, MAX_RADIUS])
def test_lengths_are_those_of_a_slow_search_over_points_around_all_corners(radius):
    rng = np.random.default_rng(round(1000 * radius))
    for k in range(40):
        size = (8, 15) if k % 8 == 0 else (2, 9)
        blocked, world, params = random_map(rng, size=size, density=(0.1, 0.45))
        points = rng.uniform(0, blocked.shape, (40, 2))
        points = points[distance_to_walls(points, blocked) > radius][:4]
        points = np.concatenate([points, rng.permutation(free_cells(blocked))[:8] + 0.5])
        check_beside_slow_search(points, radius, blocked, world, params)


@pytest.mark.parametrize("radius", [0.05, 0.3, MAX_RADIUS])
def test_starts_and_goals_may_touch_walls(radius):
    rng = np.random.default_rng(round(1000 * radius) + 1)
    for _ in range(40):
        blocked, world, params = random_map(rng, size=(2, 8), density=(0.1, 0.45))
        check_beside_slow_search(tight_points(rng, blocked, radius, world, params), radius, blocked, world, params)


def test_in_the_open_a_path_is_straight():
    world, params = picture("..... ..... .....")
    assert length((0.4, 0.4), (2.6, 4.2), 0.3, world, params) == pytest.approx(math.hypot(2.2, 3.8), abs=1e-12)
    assert length((0.5, 0.5), (0.5, 0.5), 0.3, world, params) == 0.0
    np.testing.assert_array_equal(trace((0.4, 0.4), (2.6, 4.2), 0.3, world, params), [(0.4, 0.4), (2.6, 4.2)])


@pytest.mark.parametrize("radius", [0.1, 0.3, MAX_RADIUS])
def test_a_path_rolls_around_one_wall(radius):
    # Over the top of one cell: a tangent to its near corner, an arc, along its top, and the same on the other side.
    world, params = picture("..... ..... ..#.. ..... .....")
    away = math.hypot(0.5, 1.5)
    tangent = math.sqrt(away**2 - radius**2)
    turn = math.asin(radius / away) + math.asin(0.5 / away)  # by which the tangent leads away from the wall's side
    expected = 2 * tangent + 2 * radius * turn + 1.0
    assert length((2.5, 0.5), (2.5, 4.5), radius, world, params) == pytest.approx(expected, abs=1e-9)
    points = trace((2.5, 0.5), (2.5, 4.5), radius, world, params)
    first = math.atan2(*(points[1] - points[0]))
    assert abs(first) == pytest.approx(turn, abs=1e-9)


@pytest.mark.parametrize("radius", [0.1, 0.3, MAX_RADIUS])
def test_a_path_turns_back_around_the_end_of_a_wall(radius):
    world, params = picture("..... ####. .....")
    away = math.hypot(0.5, 3.5)
    # From the tangent to straight down: the corner is below the start, and the tangent passes above it.
    turn = QUARTER + math.asin(radius / away) - math.asin(0.5 / away)
    expected = 2 * math.sqrt(away**2 - radius**2) + 2 * radius * turn + 1.0
    assert length((0.5, 0.5), (2.5, 0.5), radius, world, params) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("radius", [0.1, 0.3, MAX_RADIUS])
def test_two_turns_of_opposite_sense_are_joined_by_a_tangent_between_them(radius):
    # Down, around (1, 1) to the right, around (2, 3) down again; all the same from the goal, so that halves are equal.
    world, params = picture(".### .... ###.")
    half = math.sqrt(0.5)
    arrive = math.pi / 4 - math.asin(radius / half)
    leave = math.atan2(2, 1) + math.asin(2 * radius / math.sqrt(5))
    expected = 2 * (math.sqrt(0.5 - radius**2) + radius * (leave - arrive)) + math.sqrt(5 - 4 * radius**2)
    assert length((0.5, 0.5), (2.5, 3.5), radius, world, params) == pytest.approx(expected, abs=1e-9)


def test_a_path_along_a_wall_passes_its_notches():
    # Around both ends of a wall: below it, where only some of its cells reach down as far, and above it.
    world, params = picture(".......... .########. .#.#.##.#. ..........")
    radius = 0.3
    start, goal = (1.5, 0.7), (1.5, 9.3)  # both touch the wall
    expected = 2 * (1.5 + radius * QUARTER) + 8
    assert length(start, goal, radius, *picture("########## .########. .#.#.##.#. ..........")) == pytest.approx(
        expected
    )
    expected = 2 * (0.5 + radius * QUARTER) + 8
    assert length(start, goal, radius, world, params) == pytest.approx(expected)


@pytest.mark.parametrize("radius", [0.1, 0.3, MAX_RADIUS])
@pytest.mark.parametrize("kind", GENERATORS)
def test_lengths_are_between_the_straight_line_and_the_octile_path_and_the_same_both_ways(kind, radius):
    rng = np.random.default_rng(6)
    seen = [0, 0]
    for number in range(4):
        world, params = generated_map(kind, 21, 34, number)
        cells = np.flatnonzero(world & SOLID == 0)
        starts, goals = rng.choice(cells, (2, 40))
        from_points, to_points = (np.stack([cell // 36 - 0.5, cell % 36 - 0.5], axis=1) for cell in (starts, goals))
        found = path_lengths(from_points, to_points, radius, world, params)
        back = path_lengths(to_points, from_points, radius, world, params)
        np.testing.assert_allclose(found, back, atol=1e-8)
        field, queues = np.zeros(world.size), np.zeros((8, world.size), dtype=np.int32)
        for k, (start, goal) in enumerate(zip(starts, goals, strict=True)):
            flood(world, params[0], start, EVERYWHERE, field, queues)
            assert np.isfinite(found[k]) == np.isfinite(field[goal])
            seen[int(np.isfinite(found[k]))] += 1
            if np.isfinite(found[k]):
                straight = math.dist(from_points[k], to_points[k])
                assert straight - 1e-9 <= found[k] <= field[goal] + 1e-9
    assert seen[1] > 50


def check_both_ways(start, goal, radius, text):
    world, params = picture(text)
    blocked = np.array([[char == "#" for char in line] for line in text.split()])
    check_beside_slow_search(np.array([start, goal], dtype=float), radius, blocked, world, params)
    found = all_lengths(np.array([start, goal], dtype=float), radius, world, params)
    assert found[0, 1] == pytest.approx(found[1, 0], abs=1e-9)


def test_a_corner_that_was_left_already_is_left_again_where_a_cheaper_way_comes_to_it_late():
    text = "...... ...... ...... ..#.## ....## #.#..# ...#.."
    check_both_ways((2.7230676412715944, 1.8846376634723379), (5.5, 4.5), 0.3, text)


def test_a_goal_on_an_arc_is_come_to_the_dearer_way_where_the_cheaper_comes_to_the_arc_behind_it():
    # The way over the long wall comes to the corner (5, 9) for less, but at a greater angle than the goal lies at.
    empty = "............"
    rows = [*[empty] * 5, ".........#..", ".......#....", empty, "..######....", *[empty] * 3]
    for degrees in (2, 5, 10):
        angle = math.radians(degrees)
        goal = (5 - MAX_RADIUS * math.sin(angle), 9 - MAX_RADIUS * math.cos(angle))
        check_both_ways((11.0, 2.19), goal, MAX_RADIUS, " ".join(rows))


@pytest.mark.parametrize("radius", [0.05, 0.3, MAX_RADIUS])
def test_a_start_may_be_a_little_inside_a_wall(radius):
    world, params = picture("..... ####. .....")
    for depth in (0.0, 1e-12, 5e-8):
        for col in (0.5, 3.0, 4.0 - 1e-6, 4.0, 4.0 + 0.6 * radius):
            row = 1.0 - math.sqrt(max(radius**2 - max(col - 4.0, 0.0) ** 2, 0.0)) + depth
            away = max(4.0 - col, 0.0)
            turn = 2 * QUARTER - math.asin(min(max(col - 4.0, 0.0) / radius, 1.0))
            expected = away + radius * turn + 1.0 + 3.5
            # The goal touches the wall on its other side.
            assert length((row, col), (2 + radius, 0.5), radius, world, params) == pytest.approx(expected, abs=1e-3)


def components(blocked):
    """Return a number for each free cell, the same where moves up, down, left and right join them."""
    number = np.full(blocked.shape, -1)
    for cell in map(tuple, free_cells(blocked)):
        stack = [cell] if number[cell] < 0 else []
        while stack:
            row, col = stack.pop()
            if 0 <= row < blocked.shape[0] and 0 <= col < blocked.shape[1] and not blocked[row, col]:
                if number[row, col] < 0:
                    number[row, col] = cell[0] * blocked.shape[1] + cell[1]
                    stack += [(row - 1, col), (row + 1, col), (row, col - 1), (row, col + 1)]
    return number


@pytest.mark.parametrize("radius", [0.01, 0.1, 0.3, MAX_RADIUS])
def test_a_disc_gets_wherever_free_cells_are_joined_by_their_sides(radius):
    rng = np.random.default_rng(7)
    seen = [0, 0]
    for _ in range(100):
        blocked, world, params = random_map(rng, size=(3, 30), density=(0.2, 0.55))
        points = rng.uniform(0, blocked.shape, (60, 2))
        points = points[distance_to_walls(points, blocked) > radius][:10]
        number = components(blocked)[tuple(np.floor(points).astype(int).T)]
        joined = number[:, None] == number[None]
        np.testing.assert_array_equal(np.isfinite(all_lengths(points, radius, world, params)), joined)
        seen[0] += (~joined).sum()
        seen[1] += joined.sum()
    assert min(seen) > 500


@pytest.mark.parametrize("radius", [0.05, 0.3, MAX_RADIUS])
def test_a_disc_fits_everywhere_along_the_path_and_finds_it_as_long_as_said(radius):
    rng = np.random.default_rng(8)
    bent = 0
    for k in range(150):
        size = (20, 40) if k % 10 == 0 else (2, 12)
        blocked, world, params = random_map(rng, size=size, density=(0.1, 0.4))
        ends = tight_points(rng, blocked, radius, world, params)
        centres = rng.permutation(free_cells(blocked))[:6] + 0.5
        ends = np.concatenate([ends, centres])
        for start, goal in rng.permutation(len(ends))[: len(ends) // 2 * 2].reshape(-1, 2):
            start, goal = ends[start], ends[goal]
            expected = length(start, goal, radius, world, params)
            points = trace(start, goal, radius, world, params)
            if expected == np.inf:
                assert isinstance(points, int) and points == 0
                continue
            assert tuple(points[0]) == tuple(start) and tuple(points[-1]) == tuple(goal)
            # A chord of ten degrees is shorter than its arc by 1.3 parts in a thousand, and as far within it by 3.8.
            assert expected * (1 - 1.3e-3) - 1e-9 <= polyline_length(points) <= expected + 1e-9
            assert in_sight(points[:-1], points[1:], radius * (1 - 3.9e-3) - 1e-6, world, params).all()
            legs = np.diff(points, axis=0)
            assert (np.hypot(*legs.T) > 1e-9).all() or len(points) == 2
            headings = np.arctan2(*legs.T)
            turns = np.abs((np.diff(headings) + math.pi) % (2 * math.pi) - math.pi)
            assert (turns <= math.radians(10.1)).all() or np.hypot(*legs.T).min() < 1e-3
            bent += len(points) > 2
    assert bent > 100


def test_a_path_that_does_not_fit_says_so_and_writes_nowhere_else():
    world, params = picture("..... ####. .....")
    start, goal = (0.5, 0.5), (2.5, 0.5)
    needed = len(trace(start, goal, 0.3, world, params))
    assert needed > 10
    assert len(trace(start, goal, 0.3, world, params, capacity=needed)) == needed
    for capacity in range(needed):
        points = np.full((capacity + 2, 2), 5.0)
        count = trace_disc_path(*start, *goal, 0.3, world, params[0], *scratch(params), points[1:-1])
        assert count == -1
        assert (points[0] == 5.0).all() and (points[-1] == 5.0).all()
    assert trace((0.5, 0.5), (0.5, 1.5), 0.3, world, params, capacity=1) == -1
    world, params = picture("..#..")
    assert trace((0.5, 0.5), (0.5, 3.5), 0.3, world, params) == 0


def test_what_is_solid_is_what_a_path_goes_around():
    for flag in range(8):
        world, params = picture("... ... ...")
        world[cell_index(1, 1, params[0])] = np.uint8(1 << flag)
        assert (length((1.5, 0.5), (1.5, 2.5), 0.3, world, params) > 2.1) == bool(np.uint8(1 << flag) & SOLID)


def test_turned_and_mirrored_maps_have_the_same_lengths():
    rng = np.random.default_rng(9)
    for _ in range(40):
        blocked, world, params = random_map(rng, size=(4, 20), density=(0.1, 0.4))
        points = rng.permutation(free_cells(blocked))[:6] + 0.5
        expected = all_lengths(points, 0.3, world, params)
        height = blocked.shape[0]
        turned = np.rot90(blocked, -1)
        points_turned = np.stack([points[:, 1], height - points[:, 0]], axis=1)
        found = all_lengths(points_turned, 0.3, padded(turned), parameters(*turned.shape))
        np.testing.assert_allclose(found, expected, atol=1e-9)
        points_mirrored = np.stack([height - points[:, 0], points[:, 1]], axis=1)
        np.testing.assert_allclose(
            all_lengths(points_mirrored, 0.3, padded(blocked[::-1]), params), expected, atol=1e-9
        )


PLAY = """
import numpy as np
import test_disc_paths as paths

rng = np.random.default_rng(0)
for radius in (0.02, 0.3, paths.MAX_RADIUS):
    for k in range(60):
        blocked, world, params = paths.random_map(rng, size=(1, 12) if k % 6 else (20, 40))
        points = paths.tight_points(rng, blocked, radius, world, params)
        points = np.concatenate([points, rng.permutation(paths.free_cells(blocked))[:8] + 0.5])
        paths.all_lengths(points, radius, world, params)
        for start, goal in zip(points[:-1], points[1:]):
            paths.trace(start, goal, radius, world, params, capacity=int(rng.integers(0, 60)))
print("played")
"""


def test_no_index_is_out_of_bounds(tmp_path):
    environment = {**os.environ, "NUMBA_BOUNDSCHECK": "1", "NUMBA_CACHE_DIR": str(tmp_path)}
    here = os.path.dirname(__file__)
    environment["PYTHONPATH"] = os.pathsep.join([here, os.path.dirname(here), *sys.path])
    done = subprocess.run([sys.executable, "-c", PLAY], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.startswith("played")
