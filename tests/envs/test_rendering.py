"""Pictures of a lane."""

import gymnasium
import numpy as np
import pytest

from gridpath_envs.maps import GridMap
from gridpath_envs.rendering.ansi import draw_ansi
from gridpath_envs.rendering.colours import AGENT, DIMMED, FOG, GOAL, GROUND, OBSTACLE, OPTIMAL, START, TERRAIN
from gridpath_envs.rendering.rgb import draw_rgb
from gridpath_envs.rendering.scene import Scene, entered_cells, window_mask

ALL_KINDS = "S.~=:\n#OTW.\nH1.1.\n2...2\n....G"


def open_map(side, start=(0, 0), goal=None):
    return GridMap(np.full((side, side), ord("."), dtype=np.uint8), start, goal or (side - 1, side - 1))


def cell_of(image, grid_map, row, col):
    side = image.shape[0] // grid_map.shape[0]
    return image[row * side : (row + 1) * side, col * side : (col + 1) * side]


def has(image, colour):
    return bool((image == colour).all(axis=-1).any())


def test_text_shows_walls_start_goal_agent_and_where_it_was():
    env = gymnasium.make("GridPath-v0", map="S#.\n..~\n.TG", render_mode="ansi")
    env.reset()
    assert env.render() == "A#.\n..~\n.TG\n"
    env.step(2)
    assert env.render() == "S#.\nA.~\n.TG\n"
    for action in (1, 1, 2):
        env.step(action)
    assert env.render() == "S#.\n++~\n.T*\n"
    env.reset()
    assert env.render() == "A#.\n..~\n.TG\n"


def test_text_shows_moving_obstacles_holes_and_portals():
    scene = Scene(GridMap.from_text(ALL_KINDS), (4, 3), ((4, 3),), ((2, 2), (3, 1)))
    assert draw_ansi(scene) == "S.~=:\n#OTW.\nH1o1.\n2o..2\n...AG\n"


def test_an_image_shows_each_thing_in_its_colour_in_its_cell():
    env = gymnasium.make("GridPath-v0", map="S#.\n..~\n.TG", render_mode="rgb_array", observation="position")
    env.reset()
    env.step(2)
    image, grid_map = env.render(), env.unwrapped.grid_map
    assert image.dtype == np.uint8 and image.shape == (510, 510, 3)
    for at, colour in (
        ((1, 0), AGENT),
        ((0, 1), TERRAIN["@"]),
        ((1, 2), TERRAIN["S"]),
        ((2, 1), TERRAIN["T"]),
        ((2, 2), GOAL),
        ((0, 0), START),
        ((0, 2), GROUND),
    ):
        assert has(cell_of(image, grid_map, *at), colour), at


def test_no_two_kinds_of_cell_look_alike():
    for side in (5, 100):
        terrain = np.full((side, side), ord("."), dtype=np.uint8)
        kinds = ".SRDH@OTW12"
        for k, code in enumerate(kinds):
            terrain[divmod(k, 5)] = ord(code)
        terrain[4, 0], terrain[4, 1] = ord("1"), ord("2")
        grid_map = GridMap(terrain)
        image = draw_rgb(Scene(grid_map, (4, 4)))
        looks = {cell_of(image, grid_map, *divmod(k, 5)).tobytes() for k in range(len(kinds))}
        assert len(looks) == len(kinds)


def test_pairs_of_portals_differ_and_the_two_of_a_pair_do_not():
    grid_map = GridMap.from_text("12345678\n87654321\n........")
    image = draw_rgb(Scene(grid_map, (2, 0)))
    top = [cell_of(image, grid_map, 0, col).tobytes() for col in range(8)]
    assert len(set(top)) == 8
    assert top[::-1] == [cell_of(image, grid_map, 1, col).tobytes() for col in range(8)]


def test_visited_cells_are_tinted():
    grid_map = open_map(8)
    image = draw_rgb(Scene(grid_map, (3, 3), ((3, 1), (3, 2), (3, 3))))
    assert not np.array_equal(cell_of(image, grid_map, 3, 2), cell_of(image, grid_map, 4, 2))
    assert np.array_equal(cell_of(image, grid_map, 4, 2), cell_of(image, grid_map, 5, 5))


def blend(colour, over):
    return [round(below + over[1] * (above - below)) for below, above in zip(colour, over[0], strict=True)]


def test_what_is_outside_the_window_is_dimmed_and_what_is_not_seen_lies_in_fog():
    grid_map = open_map(16)
    image = draw_rgb(Scene(grid_map, (8, 8), radius=2))
    assert has(cell_of(image, grid_map, 7, 8), GROUND)
    assert cell_of(image, grid_map, 2, 2)[16, 16].tolist() == blend(GROUND, DIMMED)
    seen = np.ones((5, 5), dtype=np.bool_)
    seen[0, 2] = False
    image = draw_rgb(Scene(grid_map, (8, 8), radius=2, seen=seen))
    assert has(cell_of(image, grid_map, 7, 8), GROUND)
    for row, col in ((6, 8), (2, 2)):
        assert cell_of(image, grid_map, row, col)[16, 16].tolist() == blend(GROUND, FOG)


def test_a_window_reaches_past_the_edge_of_the_map():
    seen = np.zeros((5, 5), dtype=np.bool_)
    seen[2, 2] = seen[4, 4] = seen[0, 0] = True
    mask = window_mask(Scene(open_map(4), (0, 0), radius=2, seen=seen))
    assert np.argwhere(mask).tolist() == [[0, 0], [2, 2]]
    assert window_mask(Scene(open_map(4), (0, 0))) is None


@pytest.mark.parametrize("side", [4, 8, 16, 64, 128, 200, 513])
def test_agent_goal_and_obstacles_are_found_on_maps_of_any_size(side):
    scene = Scene(open_map(side), (side // 2, side // 2), ((0, 0),), ((1, side - 2),), radius=3)
    image = draw_rgb(scene)
    assert image.shape[0] % side == 0
    for colour in (AGENT, GOAL, START, OBSTACLE):
        assert (image == colour).all(axis=-1).sum() >= 4, colour


def test_goal_and_agent_are_both_seen_where_the_agent_has_arrived():
    for side in (8, 128):
        image = draw_rgb(Scene(open_map(side), (side - 1, side - 1)))
        assert has(image, AGENT) and has(image, GOAL)


def test_a_shortest_path_can_be_laid_over_an_image():
    grid_map = open_map(8)
    image = draw_rgb(Scene(grid_map, (7, 0)), [(0, 0), (0, 1), (1, 2), (2, 2)])
    assert all(has(cell_of(image, grid_map, *at), OPTIMAL) for at in ((0, 1), (1, 2), (2, 2)))
    assert not has(cell_of(image, grid_map, 5, 5), OPTIMAL)


def test_a_path_through_a_portal_ends_there_and_goes_on_at_the_other_end():
    grid_map = GridMap.from_text("S1..\n...1\n...G")
    assert entered_cells([(0, 0), (1, 3), (1, 3), (2, 3)], grid_map) == [[(0, 0), (0, 1)], [(1, 3), (1, 3), (2, 3)]]
    assert entered_cells([], grid_map) == []


def test_paths_are_kept_for_each_lane_and_end_with_its_episode():
    envs = gymnasium.make_vec("GridPath-v0", num_envs=2, map="S..\n...\n..G", render_mode="ansi")
    envs.reset(seed=0)
    envs.step([1, 2])
    for actions in ([1, 2], [2, 1], [2, 1]):
        envs.step(actions)
    assert envs.render() == ("S++\n..+\n..*\n", "S..\n+..\n++*\n")
    envs.step([0, 0])
    assert envs.render() == ("A..\n...\n..G\n",) * 2


def test_after_a_reset_in_the_same_step_a_path_begins_anew():
    arguments = {"map": "S..\n...\n..G", "render_mode": "ansi", "autoreset_mode": "SameStep"}
    envs = gymnasium.make_vec("GridPath-v0", num_envs=2, **arguments)
    envs.reset(seed=0)
    for actions in ([1, 0], [1, 0], [2, 0], [2, 1]):
        envs.step(actions)
    assert envs.render() == ("A..\n...\n..G\n", "SA.\n...\n..G\n")


def test_a_saved_state_knows_no_path():
    env = gymnasium.make("GridPath-v0", map="S..\n...\n..G", render_mode="ansi").unwrapped
    env.reset(seed=0)
    env.step(1)
    env.step(1)
    env.set_state(env.get_state())
    assert env.render() == "S.A\n...\n..G\n"


def test_vector_environments_render_each_lane_and_nothing_without_a_mode():
    envs = gymnasium.make_vec("GridPath-v0", num_envs=3, render_mode="ansi")
    envs.reset(seed=0)
    assert len(set(envs.render())) == 3
    silent = gymnasium.make_vec("GridPath-v0", num_envs=3)
    silent.reset()
    assert silent.render() is None
