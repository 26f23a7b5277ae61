"""Generators: what each kind of map promises, for every size and seed; kernels are called directly."""

import numpy as np
import pytest

import reference
from gridpath_envs.core.moves import action_table
from gridpath_envs.core.rng import stream_key
from gridpath_envs.core.state import PARAMETERS, padded_size, set_geometry, unpad_map
from gridpath_envs.maps.generators import GENERATORS, MAZES, generate

SIZES = [(4, 4), (4, 9), (5, 5), (7, 4), (16, 16), (17, 33), (64, 48)]
KINDS = [f"maze:{maze}" for maze in MAZES] + ["rooms", "caves", "warehouse", "city"]
BLOCK_SIZES = {"rooms": 5, "warehouse": 6, "city": 4}
STALE = 9

# Drawn once; a change here changes every published number and needs a new version of the environments.
PICTURES = {
    "maze:depth_first": """
        .......#.....
        .#.###.#####.
        ...#...#...#.
        .#.#.###.#.#.
        .#.#.....#.#.
        ##.#.#####.#.
        ...#.....#...
        .#######.###.
        .........#...
    """,
    "maze:prim": """
        ...#.........
        .#####.#####.
        ...#.....#.#.
        .#####.###.##
        .#.#.#.......
        .#.#.#.######
        .......#.....
        ##.#.###.####
        ...#.........
    """,
    "maze:kruskal": """
        .#.#.#.....#.
        .#.#.###.#.#.
        .#.#...#.#...
        .#.###.#.####
        .#.........#.
        .#.#.###.###.
        ...#.#.......
        .#.#.#####.#.
        .......#...#.
    """,
    "maze:wilson": """
        .#.#...#...#.
        .#.###.###.#.
        .#.........#.
        .#######.###.
        ...#.........
        .#####.#.###.
        ...#...#.#.#.
        .###.#.#.#.#.
        .....#.#...#.
    """,
    "maze:recursive_division": """
        ...#.#...#.#.
        .#.#.#.#.#.#.
        .#.....#.....
        .###.#.######
        .#...#.#...#.
        .#.###.#.###.
        .#...#.#.....
        .#.#.#.###.#.
        .#...#.....#.
    """,
    "rooms": """
        ...#..#..#...
        ...#.....#...
        #.##..#..##.#
        ...#.#####...
        ...#..#..#...
        ...#.....###.
        .###.#####...
        ...#.........
        ......#..#...
    """,
    "caves": """
        #############
        #####......##
        ###.........#
        ##..........#
        ##.........##
        ##.....######
        ###.#########
        #############
        #############
    """,
    "warehouse": """
        .............
        .##.##.##....
        .##.##.##....
        .##.##.##....
        .............
        .##....##.##.
        .##....##.##.
        .##....##.##.
        .............
    """,
    "city": """
        ....####.....
        ....####.....
        ....####.....
        .............
        #...####..##.
        #...####..##.
        .............
        #...####..##.
        #...####..##.
    """,
}


def make_params(kind, size, pad=1, density=0.45, loops=0.0, block_size=None):
    name, _, maze = kind.partition(":")
    params = np.zeros(1, PARAMETERS)
    p = params[0]
    set_geometry(params, *size, pad, action_table(octile=False, stay=False))
    p["generator"], p["maze"] = GENERATORS[name], MAZES.get(maze, 0)
    p["density"], p["loops"] = round(density * 2**16), round(loops * 2**16)
    p["block_size"] = BLOCK_SIZES.get(name, 0) if block_size is None else block_size
    return p


def make_padded(params, seed, stale=STALE, counter=0):
    size = (int(params["height"]), int(params["width"]))
    pad = int(params["pad"])
    padded = np.pad(np.full(size, stale, np.uint8), pad, constant_values=1).ravel()
    queues = np.full((2, padded_size(*size, pad)), stale, np.int32)
    after = generate(padded, params, np.uint64(stream_key(np.uint64(seed), np.uint64(1))), counter, queues)
    return padded, after


def make_map(kind, size, seed, **settings):
    params = make_params(kind, size, **settings)
    padded, _ = make_padded(params, seed)
    return unpad_map(padded, np.array([params], PARAMETERS)).astype(bool)


def to_rows(blocked):
    return ["".join("#" if cell else "." for cell in row) for row in blocked]


def is_connected(blocked):
    free = np.argwhere(~blocked)
    return len(reference.distances(blocked.tolist(), tuple(free[0].tolist()))) == len(free)


def num_edges(blocked):
    free = ~blocked
    return int(np.sum(free[1:] & free[:-1]) + np.sum(free[:, 1:] & free[:, :-1]))


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("kind", KINDS)
def test_all_free_cells_reach_each_other_and_there_are_two_at_least(kind, size):
    for seed in range(30 if size[0] < 17 else 4):
        settings = {"pad": 1 + seed % 3, "loops": (0.0, 0.2, 1.0)[seed % 3], "density": (0.45, 0.0, 0.9)[seed % 3]}
        for block_size in (1, 3, 4, 6, 512):
            blocked = make_map(kind, size, seed, block_size=block_size, **settings)
            assert np.sum(~blocked) >= 2
            assert is_connected(blocked), "\n".join(to_rows(blocked))


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("kind", [*KINDS, "obstacles"])
def test_padding_stays_and_what_was_there_before_does_not_matter(kind, size):
    params = make_params(kind, size, pad=2, loops=0.1)
    for seed in range(5):
        maps = [make_padded(params, seed, stale) for stale in (0, 1, STALE)]
        inner = maps[0][0].reshape(size[0] + 4, size[1] + 4).copy()
        assert set(np.unique(inner)) <= {0, 1}
        assert all((padded == maps[0][0]).all() and after == maps[0][1] for padded, after in maps)
        inner[2:-2, 2:-2] = 1
        assert inner.all()


@pytest.mark.parametrize("kind", [*KINDS, "obstacles"])
def test_another_key_or_another_draw_to_begin_with_is_another_map(kind):
    params = make_params(kind, (24, 24))
    maps = {make_padded(params, seed)[0].tobytes() for seed in range(30)}
    assert len(maps) == 30
    first, after = make_padded(params, 0)
    again, last = make_padded(params, 0, counter=after)
    assert last > after > 0
    assert (first != again).any()


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("maze", MAZES)
def test_a_maze_is_a_tree_over_every_other_cell(maze, size):
    for seed in range(20 if size[0] < 17 else 4):
        blocked = make_map(f"maze:{maze}", size, seed)
        assert num_edges(blocked) == np.sum(~blocked) - 1
        num_nodes = ((size[0] + 1) // 2) * ((size[1] + 1) // 2)
        assert np.sum(~blocked) == 2 * num_nodes - 1


def test_the_line_that_an_even_side_leaves_over_is_first_or_last():
    corners = {tuple(make_map("maze:wilson", (6, 5), seed)[[0, -1], 0].tolist()) for seed in range(20)}
    assert corners == {(False, True), (True, False)}


@pytest.mark.parametrize("maze", MAZES)
def test_loops_open_the_share_of_inner_walls_that_is_asked(maze):
    side = 101
    num_nodes = 51 * 51
    num_walls = 2 * 51 * 50 - (num_nodes - 1)
    perfect = make_map(f"maze:{maze}", (side, side), 3)
    for loops in (0.1, 0.5, 1.0):
        blocked = make_map(f"maze:{maze}", (side, side), 3, loops=loops)
        assert not np.any(blocked & ~perfect)
        assert np.sum(perfect & ~blocked) / num_walls == pytest.approx(loops, abs=0.04 if loops < 1 else 0)


def test_wilson_draws_each_spanning_tree_with_the_same_probability():
    counts = {}
    for seed in range(6000):
        rows = "".join(to_rows(make_map("maze:wilson", (3, 5), seed)))
        counts[rows] = counts.get(rows, 0) + 1
    assert len(counts) == 15  # of a grid of 2 x 3 nodes
    expected = 6000 / 15
    # The 99.9 % quantile of chi-square with 14 degrees of freedom.
    assert sum((count - expected) ** 2 / expected for count in counts.values()) < 36.1


def test_depth_first_mazes_have_fewer_dead_ends_than_those_of_prim():
    def num_dead_ends(maze):
        free = np.pad(~make_map(f"maze:{maze}", (65, 65), 0), 1).astype(int)
        sides = free[:-2, 1:-1] + free[2:, 1:-1] + free[1:-1, :-2] + free[1:-1, 2:]
        return np.sum(free[1:-1, 1:-1] & (sides == 1))

    assert 1.5 * num_dead_ends("depth_first") < num_dead_ends("kruskal") < num_dead_ends("prim")


def longest_run(cells):
    return max(len(run) for run in "".join("x" if cell else " " for cell in cells).split(" "))


@pytest.mark.parametrize("block_size", [2, 5, 9])
def test_rooms_are_as_large_as_asked_and_differ_in_size(block_size):
    for seed in range(5):
        free = ~make_map("rooms", (40, 50), seed, block_size=block_size)
        # Doors have walls on two opposite sides; without them, rooms are rectangles.
        walls = np.pad(~free, 1, constant_values=True)
        is_door = free & (
            (walls[:-2, 1:-1] & walls[2:, 1:-1] & ~walls[1:-1, :-2] & ~walls[1:-1, 2:])
            | (walls[1:-1, :-2] & walls[1:-1, 2:] & ~walls[:-2, 1:-1] & ~walls[2:, 1:-1])
        )
        assert is_door.sum() > 20
        if block_size > 2:  # in rooms one cell wide each cell looks like a door
            runs = {longest_run(line) for line in (free & ~is_door)}
            assert max(runs) <= block_size
            assert len({longest_run(line) for line in (free & ~is_door).T} | runs) > 1


def test_loops_give_rooms_more_doors_but_no_wall_less():
    few = make_map("rooms", (40, 50), 1)
    some, all_doors = (make_map("rooms", (40, 50), 1, loops=loops) for loops in (0.3, 1.0))
    assert np.sum(few) > np.sum(some) > np.sum(all_doors) > 0.8 * np.sum(few)


def test_caves_fill_about_half_of_a_map_and_have_no_specks():
    for seed in range(5):
        blocked = make_map("caves", (64, 64), seed)
        assert 0.25 <= np.mean(~blocked) <= 0.75
        # Smoothing leaves few walls with four free sides.
        walls = np.pad(blocked, 1, constant_values=True)
        alone = blocked & ~(walls[:-2, 1:-1] | walls[2:, 1:-1] | walls[1:-1, :-2] | walls[1:-1, 2:])
        assert np.sum(alone) <= 5


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_caves_of_nothing_but_walls_are_carved_out_of_the_middle(size):
    free = ~make_map("caves", size, 0, density=1.0)
    top, left = size[0] // 4, size[1] // 4
    assert free[top : top + size[0] // 2, left : left + size[1] // 2].all()
    assert free.sum() == (size[0] // 2) * (size[1] // 2)


@pytest.mark.parametrize("length", [3, 6, 10])
def test_shelves_have_the_length_asked_and_are_one_or_two_deep_with_a_free_line_around(length):
    shapes = set()
    for seed in range(20):
        blocked = make_map("warehouse", (30, 41), seed, block_size=length)
        assert not (blocked[0].any() or blocked[-1].any() or blocked[:, 0].any() or blocked[:, -1].any())
        shape = tuple(max(longest_run(line) for line in lines) for lines in (blocked, blocked.T))
        for lines, side in zip((blocked, blocked.T), shape, strict=True):
            runs = {len(run) for row in to_rows(lines) for run in row.split(".") if run}
            assert runs == {side}
        shapes.add(shape)
    assert shapes == {(length, 1), (length, 2), (1, length), (2, length)}


def test_some_shelves_are_missing_but_never_all():
    counts = [make_map("warehouse", (4, 4), seed).sum() for seed in range(100)]
    assert min(counts) > 0
    full = max(make_map("warehouse", (30, 41), seed).sum() for seed in range(20))
    assert any(make_map("warehouse", (30, 41), seed).sum() < 0.9 * full for seed in range(20))


def test_a_city_has_streets_from_end_to_end_blocks_as_asked_and_yards():
    num_open, num_yards = 0, 0
    for seed in range(10):
        blocked = make_map("city", (48, 48), seed, block_size=6)
        assert 0.2 < blocked.mean() < 0.75
        num_open += np.sum(~blocked.any(axis=1)) + np.sum(~blocked.any(axis=0))
        # A gate is a free cell between two walls with a yard behind it; seven in a row is the widest building.
        text = "\n".join(to_rows(blocked))
        num_yards += text.count("#....#") + text.count("#...#")
    assert num_open > 20
    assert num_yards > 20


@pytest.mark.parametrize("kind", KINDS)
def test_maps_do_not_change_between_versions(kind):
    assert to_rows(make_map(kind, (9, 13), 7, loops=0.05, block_size=3)) == PICTURES[kind].split()
