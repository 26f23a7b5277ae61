"""Pictures of a lane."""

import gymnasium
import numpy as np

from gridpath_envs.rendering.colours import AGENT, GOAL, START, TERRAIN


def test_text_shows_walls_start_goal_and_agent():
    env = gymnasium.make("GridPath-v0", map="S#.\n..~\n.TG", render_mode="ansi")
    env.reset()
    assert env.render() == "A#.\n..~\n.TG\n"
    env.step(2)
    assert env.render() == "S#.\nA.~\n.TG\n"
    for action in (1, 1, 2):
        env.step(action)
    assert env.render() == "S#.\n..~\n.T*\n"


def test_an_image_shows_each_thing_in_its_colour_in_its_cell():
    env = gymnasium.make("GridPath-v0", map="S#.\n..~\n.TG", render_mode="rgb_array")
    env.reset()
    env.step(2)
    image = env.render()
    assert image.dtype == np.uint8 and image.shape == (510, 510, 3)
    cell = 170

    def pixel(row, col, down=0.5, across=0.5):
        return tuple(image[int((row + down) * cell), int((col + across) * cell)])

    assert pixel(1, 0) == AGENT
    assert pixel(0, 1) == TERRAIN["@"]
    assert pixel(1, 2) == TERRAIN["S"]
    assert pixel(2, 1) == TERRAIN["T"]
    assert pixel(2, 2) == GOAL
    assert pixel(0, 0, 0.5, 0.15) == START
    assert pixel(0, 0) == TERRAIN["."]


def test_vector_environments_render_each_lane_and_nothing_without_a_mode():
    envs = gymnasium.make_vec("GridPath-v0", num_envs=3, render_mode="ansi")
    envs.reset(seed=0)
    assert len(set(envs.render())) == 3
    silent = gymnasium.make_vec("GridPath-v0", num_envs=3)
    silent.reset()
    assert silent.render() is None


def test_maps_of_any_size_are_drawn():
    for size in ((4, 4), (8, 128), (512, 512)):
        env = gymnasium.make("GridPath-v0", size=size, render_mode="rgb_array")
        env.reset(seed=0)
        image = env.render()
        assert image.shape[0] % size[0] == 0 and image.shape[1] % size[1] == 0
        assert (image == AGENT).all(axis=2).any() and (image == GOAL).all(axis=2).any()
