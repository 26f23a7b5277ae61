"""Image observations: the same picture as ``rgb_array`` draws, whatever the map, the size and the window."""

import dataclasses

import gymnasium
import numpy as np
import pytest
from stable_baselines3 import DQN, PPO

from gridpath_envs import RewardConfig
from gridpath_envs.adaptors.gymnasium_env import GridPathEnv
from gridpath_envs.adaptors.sb3 import make_vec_env
from gridpath_envs.maps import GridMap
from gridpath_envs.rendering.colours import AGENT, GOAL, GROUND, START, TERRAIN
from gridpath_envs.rendering.rgb import draw_rgb
from gridpath_envs.rendering.scene import Scene, square_view, window_view
from gridpath_envs.tasks import get_task
from gridpath_envs.vector_env import GridVectorEnv

EVERY_KIND = "S.~=:.\n#OTW.H\n12345.\n12345.\n678678\n.....G"
MANY = {
    "terrain": 0.5,
    "holes": 0.08,
    "portals": 8,
    "moving_obstacles": 6,
    "moves": "octile",
    "stay": True,
    "slip": 0.2,
    "time_limit": 30,
    "reward": RewardConfig(collision=-0.1),
}


def drawn(envs, lane=0):
    """Draw what a lane's agent is to see, by the code that renders."""
    config, scene = envs.config, envs._scene(lane)
    grid_map = scene.grid_map
    if config.goal_conditioned:
        grid_map = GridMap(grid_map.terrain, grid_map.start, None)
    view = None if config.radius is None else window_view(scene.position, config.radius)
    image = draw_rgb(dataclasses.replace(scene, grid_map=grid_map, radius=None), (), config.image_size, view)
    if config.greyscale:
        red, green, blue = np.moveaxis(image.astype(int), -1, 0)
        image = ((299 * red + 587 * green + 114 * blue + 500) // 1000)[..., None].astype(np.uint8)
    return image


def play(steps, seed, **arguments):
    """Play at random and compare each lane's observation with its picture; returns the pictures."""
    envs = GridVectorEnv("GridPath-v0", 3, observation="image", **arguments)
    rng = np.random.default_rng(seed)
    observations, _ = envs.reset(seed=seed)
    pictures = []
    for _ in range(steps):
        images = observations["observation"] if envs.config.goal_conditioned else observations
        for lane in range(3):
            pictures.append(drawn(envs, lane))
            np.testing.assert_array_equal(images[lane], pictures[-1], err_msg=str(arguments))
        observations = envs.step(rng.integers(envs.single_action_space.n, size=3))[0]
    return pictures


def has(image, colour):
    return bool((image == colour).all(axis=-1).any())


@pytest.mark.parametrize("seed", range(24))
def test_observations_are_what_rendering_draws_on_generated_maps_with_everything(seed):
    rng = np.random.default_rng(seed)
    size = tuple(int(side) for side in rng.integers(4, 20, 2))
    radius = None if seed % 2 else int(rng.integers(1, 9))
    cells = max(size) if radius is None else 2 * radius + 1
    pixels = int(np.clip(rng.integers(cells, 30 * cells), 16, 512))
    shown = {"radius": radius, "image_size": pixels, "greyscale": seed % 3 == 0, "trail": seed % 4 < 2}
    many = {**MANY, "reward": RewardConfig()} if seed % 8 > 5 else MANY
    play(15, seed, size=size, goal_conditioned=seed % 8 > 5, **shown, **many)


@pytest.mark.parametrize("pixels", range(1, 31))
def test_observations_are_what_rendering_draws_with_any_number_of_pixels_a_cell(pixels):
    for offset in (0, 3):
        size = max(16, 6 * pixels + offset)
        play(4, pixels, map=EVERY_KIND.replace("S", ".").replace("G", "."), image_size=size, trail=pixels % 2 > 0)
        play(4, pixels, size=(6, 5), image_size=size, greyscale=pixels % 2 > 0, **{**MANY, "portals": 3})


@pytest.mark.parametrize("radius", [None, 1, 2, 6])
@pytest.mark.parametrize("greyscale", [False, True])
def test_each_kind_of_cell_of_a_map_is_drawn_as_on_the_map(radius, greyscale):
    for text in (EVERY_KIND, "T.1\nO.W\n1.@\n~=:"):
        for size in (30, 84, 120):
            play(12, 0, map=text, radius=radius, image_size=size, greyscale=greyscale, time_limit=9)


def test_an_image_of_512_pixels_is_what_render_returns():
    for arguments in ({}, {"trail": True}, {"terrain": 0.5, "moving_obstacles": 3, "holes": 0.05}):
        env = GridPathEnv(
            "GridPath-v0", render_mode="rgb_array", observation="image", size=(16, 16), image_size=512, **arguments
        )
        observation, _ = env.reset(seed=1)
        for action in (0, 1, 1, 2, 3, 3, 0, 0):
            np.testing.assert_array_equal(observation, env.render())
            observation, _, terminated, _, _ = env.step(action)
            if terminated:
                observation, _ = env.reset()


def test_visited_cells_are_tinted_only_with_a_trail_also_after_a_state_was_restored():
    pictures = {}
    for trail in (False, True):
        env = GridPathEnv("GridPath-v0", observation="image", map="S...\n....\n...G", trail=trail)
        env.reset(seed=0)
        for action in (1, 1, 2):
            env.step(action)
        pictures[trail] = env.observe()
        state = env.get_state()
        env.reset(seed=1)
        env.set_state(state)
        np.testing.assert_array_equal(env.observe(), pictures[trail])
        np.testing.assert_array_equal(env.observe(), drawn(env._vector))
    # The cell (0, 1): ground without a trail.
    assert (pictures[False][1:20, 22:41] == GROUND).all(axis=-1).any()
    assert not (pictures[True][4:18, 25:39] == GROUND).all(axis=-1).any()


def test_a_goal_out_of_the_window_is_drawn_on_its_edge_where_it_is_nearest():
    env = GridPathEnv("GridPath-v0", map="\n".join(["......."] * 7), observation="image", radius=1, image_size=60)
    corners = {(0, 0): (0, 0), (0, 6): (0, 2), (6, 3): (2, 1), (3, 0): (1, 0), (2, 4): (0, 2)}
    for goal, (row, col) in corners.items():
        image, _ = env.reset(options={"start": (3, 3), "goal": goal})
        found = np.argwhere((image == GOAL).all(axis=-1)) // 20
        assert set(map(tuple, found.tolist())) == {(row, col)}
    assert not has(env.reset(options={"start": (3, 3), "goal": (3, 2)})[0][:20], GOAL)


def test_a_map_that_is_no_square_lies_in_the_middle_of_walls():
    env = GridPathEnv("GridPath-v0", map="S.....\n.....G", observation="image", image_size=60)
    image, _ = env.reset()
    assert (image[:20] == TERRAIN["@"]).all() and (image[40:] == TERRAIN["@"]).all()
    assert not (image[20:40] == TERRAIN["@"]).all(axis=-1).any()
    assert square_view((2, 6)) == (-2, 0, 6) and square_view((6, 3)) == (0, -1, 6)


def test_a_goal_that_is_observed_apart_is_shown_nowhere_not_even_by_the_agent_on_it():
    env = GridPathEnv("GridPath-v0", map="...\n...", observation="image", goal_conditioned=True)
    images = []
    for goal in ((0, 2), (1, 0)):
        first, _ = env.reset(options={"start": (0, 0), "goal": goal})
        env.step(1)
        images.append([first["observation"], env.step(1)[0]["observation"]])
    np.testing.assert_array_equal(images[0], images[1])
    assert not has(images[0][0], GOAL) and not np.array_equal(*images[0])


@pytest.mark.parametrize("greyscale", [False, True])
@pytest.mark.parametrize("side", [10, 12, 16, 28])
def test_agent_goal_start_wall_and_ground_are_told_apart_at_84_pixels(side, greyscale):
    terrain = np.full((side, side), ord("."), dtype=np.uint8)
    terrain[8, 8] = ord("@")
    env = GridPathEnv("GridPath-v0", map=GridMap(terrain), observation="image", greyscale=greyscale)
    image, _ = env.reset(options={"start": (2, 2), "goal": (4, 4)})
    for action in (1, 2):
        image = env.step(action)[0]
    pixels = 84 // side
    edges = [k * 84 // side for k in range(side)]
    looks = [
        image[edges[row] : edges[row] + pixels, edges[col] : edges[col] + pixels].astype(int)
        for row, col in ((3, 3), (4, 4), (2, 2), (8, 8), (6, 6))
    ]
    for k, one in enumerate(looks):
        for other in looks[:k]:
            assert np.abs(one - other).max() >= 60


def test_marks_of_small_cells_hide_no_neighbour():
    grid_map = GridMap(np.full((16, 16), ord("."), dtype=np.uint8), (2, 2), (9, 9))
    image = draw_rgb(Scene(grid_map, (5, 12), moving_obstacles=((12, 3),)), (), 84)
    edges = [k * 84 // 16 for k in range(17)]
    marked = {(2, 2), (9, 9), (5, 12), (12, 3)}
    for row in range(16):
        for col in range(16):
            cell = image[edges[row] : edges[row + 1], edges[col] : edges[col + 1]]
            assert bool((cell == GROUND).all()) == ((row, col) not in marked)
    assert has(image, AGENT) and has(image, GOAL) and has(image, START)


def test_a_picture_has_the_size_and_shows_the_cells_that_were_asked_for():
    grid_map = GridMap.from_text("S#..\n..#.\n...G")
    scene = Scene(grid_map, (1, 1))
    assert draw_rgb(scene).shape == (384, 512, 3)
    assert draw_rgb(scene, size=50).shape == (50, 50, 3)
    assert draw_rgb(scene, view=(0, 0, 2)).shape == (512, 512, 3)
    whole, part = draw_rgb(scene, size=512), draw_rgb(scene, size=256, view=(0, 1, 2))
    assert has(part[:128, :128], TERRAIN["@"]) and not has(part[:128, 128:], TERRAIN["@"])
    np.testing.assert_array_equal(whole[:384], draw_rgb(scene))


def test_another_observation_leaves_out_what_only_images_have():
    task = get_task("GridPathImage-v0")
    assert task.make_config().image_size == 84 and not task.make_config().greyscale
    assert task.make_config(observation="global").image_size is None
    small = dataclasses.replace(task, defaults={**task.defaults, "image_size": 40, "greyscale": True})
    assert small.make_config().image_size == 40 and small.make_config(observation="image").image_size == 84
    assert not small.make_config(observation="global").greyscale
    assert task.make_config(radius=3).radius == 3 and task.make_config().radius is None
    space = task.make_config(greyscale=True, image_size=40).observation_space()
    assert space == gymnasium.spaces.Box(0, 255, (40, 40, 1), np.uint8)


def test_threads_and_reused_buffers_show_the_same_images():
    made = [
        gymnasium.make_vec("GridPathImage-v0", num_envs=7, time_limit=5, **arguments)
        for arguments in ({}, {"num_threads": 3}, {"copy": False})
    ]
    actions = np.random.default_rng(0).integers(4, size=(12, 7))
    images = [[envs.reset(seed=3)[0].copy(), *(envs.step(each)[0].copy() for each in actions)] for envs in made]
    np.testing.assert_array_equal(images[0], images[1])
    np.testing.assert_array_equal(images[0], images[2])


@pytest.mark.parametrize("algorithm", [DQN, PPO])
@pytest.mark.parametrize("arguments", [{}, {"radius": 3, "greyscale": True}])
def test_the_cnn_policy_of_sb3_learns_from_images_as_they_are(algorithm, arguments):
    env = make_vec_env("GridPathImage-v0", 2, seed=0, env_kwargs=arguments)
    small = {"buffer_size": 64, "learning_starts": 8} if algorithm is DQN else {"n_steps": 8, "n_epochs": 1}
    model = algorithm("CnnPolicy", env, batch_size=8, seed=0, **small).learn(16)
    network = model.q_net if algorithm is DQN else model.policy
    assert type(network.features_extractor).__name__ == "NatureCNN"
    assert model.predict(env.reset())[0].shape == (2,)


@pytest.mark.parametrize(
    "arguments", [{}, {"radius": 3}, {"size": (5, 9)}, {"greyscale": True}, {"goal_conditioned": True}], ids=str
)
def test_a_picture_of_the_task_is_what_the_agent_sees(arguments):
    env = gymnasium.make("GridPathImage-v0", render_mode="rgb_array", **arguments)
    observation, _ = env.reset(seed=3)
    for _ in range(5):
        picture = env.render()
        seen = observation["observation"] if isinstance(observation, dict) else observation
        assert picture.dtype == np.uint8 and picture.shape == (84, 84, 3)
        np.testing.assert_array_equal(picture, np.broadcast_to(seen, (84, 84, 3)))
        observation, *_ = env.step(env.action_space.sample())
