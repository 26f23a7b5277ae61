"""Pictures of many agents in pixels and text."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from agent_scenes import ROOM, cell_of, ground, has, random_agents, scene
from gridpath_envs.maps import GridMap
from gridpath_envs.rendering import render_scene
from gridpath_envs.rendering.colours import AGENT, GOAL, START, TERRAIN, agent_colour, to_grey
from gridpath_envs.rendering.gif import write_gif
from gridpath_envs.rendering.rgb import draw_rgb
from gridpath_envs.rendering.scene import AgentMark, Scene

# ---------------------------------------------------------------------- colours


def test_every_agent_has_a_colour_of_its_own():
    colours = [agent_colour(k) for k in range(200)]
    assert len(set(colours)) == 200
    assert all(0 <= part <= 255 for colour in colours for part in colour)


def test_neighbours_in_number_and_the_first_eight_are_far_apart():
    near = [(k, k + 1) for k in range(199)] + list(combinations(range(8), 2))
    for one, other in near:
        distance = np.linalg.norm(np.subtract(agent_colour(one), agent_colour(other)))
        assert distance > 60, (one, other)


def test_no_agent_looks_like_the_ground_or_a_wall():
    for k in range(200):
        for kind in ".@":
            assert np.linalg.norm(np.subtract(agent_colour(k), TERRAIN[kind])) > 60, (k, kind)


# ---------------------------------------------------------------------- RGB images


@pytest.mark.parametrize("side", [4, 16, 32, 70, 128, 300])
def test_every_agent_and_its_goal_are_found_in_its_colour(side):
    grid_map = ground(side, side)
    agents = random_agents(8, side)
    image = draw_rgb(Scene(grid_map, (0, 0), agents=tuple(agents)))
    for k, agent in enumerate(agents):
        for at in (agent.place, agent.goal):
            # On a map of many cells marks are larger than a cell, and in the middle of a goal there is white.
            side_of_cell = len(image) // side
            top, left = (max(0, part * side_of_cell - 16) for part in at)
            near = image[top : top + side_of_cell + 32, left : left + side_of_cell + 32]
            assert has(near if side > 64 else cell_of(image, grid_map, at), agent_colour(k)), (k, at)


@pytest.mark.parametrize("side", [5, 32, 70, 128])
def test_agent_goal_arrival_and_refusal_are_told_apart_without_colour(side):
    grid_map = ground(side, side)
    at, elsewhere = (2, 2), (4, 4)
    marks = {
        "agent": AgentMark(at, elsewhere),
        "goal": AgentMark(elsewhere, at),
        "arrived": AgentMark(at, at),
        "refused": AgentMark(at, elsewhere, is_refused=True),
    }
    # With so many agents marks are no larger than cells, of down to four pixels.
    crowd = [AgentMark((0, side - 1), (0, side - 1), is_active=False)] * (side * side // 4)
    for k in (0, 3):
        looks = {
            name: to_grey(cell_of(draw_rgb(scene(*crowd[:k], mark, *crowd, grid_map=grid_map)), grid_map, at)).astype(
                int
            )
            for name, mark in marks.items()
        }
        for one, other in combinations(looks, 2):
            # Somewhere brighter or darker by a sixth of the whole range.
            assert np.abs(looks[one] - looks[other]).max() > 40, (k, one, other)


def test_a_goal_is_full_where_its_agent_is_on_it_and_hollow_where_another_is():
    own = draw_rgb(scene(AgentMark((2, 2), (2, 2)), AgentMark((0, 5), (0, 4))))
    other = draw_rgb(scene(AgentMark((0, 5), (2, 2)), AgentMark((2, 2), (0, 4))))
    for image, is_full in ((own, True), (other, False)):
        cell = cell_of(image, ROOM, (2, 2))
        # Between the square's corner and the disc.
        at = len(cell) // 4
        assert (cell[at, at] == agent_colour(0)).all() == is_full


def test_of_the_single_agent_nothing_is_drawn():
    grid_map = GridMap(ROOM.terrain, (0, 0), (3, 5))
    agent = AgentMark((2, 2), (2, 4))
    alone = scene(agent)
    filled = replace(
        alone,
        grid_map=grid_map,
        position=(3, 3),
        path=((3, 2), (3, 3)),
        radius=1,
        seen=np.zeros((3, 3), dtype=np.bool_),
    )
    image = render_scene("rgb_array", filled)
    assert np.array_equal(image, render_scene("rgb_array", alone))
    assert not any(has(image, colour) for colour in (START, GOAL, AGENT) if colour != agent_colour(0))
    assert render_scene("ansi", filled) == render_scene("ansi", alone)


def test_who_takes_no_part_any_more_is_not_drawn():
    agents = (AgentMark((0, 0), (3, 0)), AgentMark((0, 3), (3, 3), ((0, 2), (0, 3)), is_active=False))
    image = draw_rgb(scene(*agents))
    assert has(image, agent_colour(0)) and not has(image, agent_colour(1))
    only = draw_rgb(scene(agents[0], replace(agents[1], path=())))
    assert np.array_equal(image, only)


def test_the_path_is_a_line_of_the_agents_colour_that_lets_the_ground_through():
    path = ((3, 0), (2, 0), (2, 0), (2, 1), (2, 2))
    plain, drawn = (draw_rgb(scene(AgentMark((2, 2), (0, 5), path=p))) for p in ((), path))
    changed = {at for at in np.ndindex(4, 6) if not np.array_equal(cell_of(plain, ROOM, at), cell_of(drawn, ROOM, at))}
    assert changed - {(2, 2)} == {(3, 0), (2, 0), (2, 1)}
    line = cell_of(drawn, ROOM, (2, 1))
    side = len(line)
    assert not has(line, agent_colour(0))
    # Even where it turns or the agent waits it is blended once.
    middle = line[side // 2, side // 2].astype(int)
    assert np.array_equal(cell_of(drawn, ROOM, (2, 0))[side // 2, side // 2], middle)
    below, above = np.array(TERRAIN["."]), np.array(agent_colour(0))
    assert ((middle > np.minimum(below, above)) & (middle < np.maximum(below, above))).all()


def test_of_many_agents_only_the_ends_of_paths_are_drawn():
    grid_map = ground(30, 30)
    path = tuple((k, 0) for k in range(30))
    crowd = [AgentMark((0, 29), (0, 29), is_active=False)] * 30
    image = draw_rgb(scene(AgentMark((29, 0), (0, 20), path=path), *crowd, grid_map=grid_map))
    plain = draw_rgb(scene(AgentMark((29, 0), (0, 20)), *crowd, grid_map=grid_map))
    rows = np.flatnonzero((image != plain).any(axis=(1, 2))) // (image.shape[0] // 30)
    assert 20 <= rows.min() <= 24 and rows.max() >= 28


def test_a_view_and_a_size_cut_agents_off_where_they_reach_past_it():
    agents = (AgentMark((0, 0), (3, 5)), AgentMark((3, 5), (0, 1), ((0, 5), (3, 5))))
    assert draw_rgb(scene(*agents), size=60, view=(-1, -1, 4)).shape == (60, 60, 3)
    image = draw_rgb(scene(*agents), size=60, view=(0, 0, 3))
    assert has(image, agent_colour(0)) and has(image[:20, 20:40], agent_colour(1))


def test_what_is_beyond_a_view_does_not_reach_into_it():
    grid_map = ground(120, 120)
    beside, far = (scene(AgentMark((5, 5), goal), grid_map=grid_map) for goal in ((30, 100), (110, 110)))
    assert np.array_equal(draw_rgb(beside, view=(0, 0, 100)), draw_rgb(far, view=(0, 0, 100)))


def test_each_of_a_thousand_agents_with_long_paths_is_drawn():
    grid_map = ground(256, 256)
    agents = random_agents(1000, 256, is_refused=True)
    agents = [replace(agent, path=tuple((agent.place[0], col) for col in range(256))) for agent in agents]
    image = draw_rgb(scene(*agents, grid_map=grid_map))
    empty = draw_rgb(scene(AgentMark(agents[0].place, agents[0].goal, is_active=False), grid_map=grid_map))
    for agent in agents:
        assert (cell_of(image, grid_map, agent.place) != cell_of(empty, grid_map, agent.place)).any()


# ---------------------------------------------------------------------- text


def test_in_text_agents_are_letters_and_goals_their_capitals():
    agents = (
        AgentMark((0, 0), (3, 5)),
        AgentMark((2, 1), (2, 1)),
        AgentMark((0, 4), (0, 1), is_active=False),
        AgentMark((3, 0), (0, 3)),
    )
    assert render_scene("ansi", scene(*agents)) == "a..D..\n.##...\n.*....\nd....A\n"


def test_an_agent_on_the_goal_of_another_hides_the_goal():
    agents = (AgentMark((0, 0), (0, 1)), AgentMark((0, 1), (0, 2)))
    assert render_scene("ansi", scene(*agents)).startswith("abB...")


def test_more_agents_than_letters_are_marks():
    agents = [AgentMark((0, 0), (0, 0), is_active=False)] * 24
    agents += [AgentMark((0, 0), (3, 5)), AgentMark((2, 1), (2, 1)), AgentMark((3, 0), (0, 3))]
    assert render_scene("ansi", scene(*agents)) == "o..x..\n.##...\n.*....\no....x\n"


def test_trees_are_not_taken_for_a_goal():
    grid_map = GridMap.from_text("S.TOW@G")
    agents = [AgentMark((0, 0), (0, 1))]
    assert render_scene("ansi", scene(*agents, grid_map=grid_map)) == "aA####.\n"


def test_a_gif_shows_many_agents_in_their_colours(tmp_path):
    pillow = pytest.importorskip("PIL.Image")
    grid_map = ground(16, 16)
    starts = random_agents(20, 16)
    scenes = [
        scene(
            *(replace(agent, place=(agent.place[0], (agent.place[1] + k) % 16)) for agent in starts), grid_map=grid_map
        )
        for k in range(4)
    ]
    write_gif(tmp_path / "run.gif", scenes)
    with pillow.open(tmp_path / "run.gif") as image:
        assert image.n_frames == 4
        for frame, moment in enumerate(scenes):
            image.seek(frame)
            pixels = np.array(image.convert("RGB")).astype(int)
            for k, agent in enumerate(moment.agents):
                near = np.abs(cell_of(pixels, grid_map, agent.place) - agent_colour(k)).sum(axis=-1)
                assert near.min() < 60, (frame, k)
