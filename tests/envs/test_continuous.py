"""The disc as an environment: its motion, its goal, its reward, what it observes, and its oracle."""

import math

import gymnasium
import numpy as np
import pytest

from discs import distance_to_walls, padded, parameters
from gridpath_envs import RewardConfig
from gridpath_envs.core.range_finder import beam_table, range_finder
from gridpath_envs.errors import ConfigurationError, InvalidActionError, InvalidStateError
from gridpath_envs.maps import GridMap, distances_to

ID = "GridPathContinuous-v0"
PLAIN = RewardConfig()
OPEN = "S......\n.......\n.......\n......G"


def make(num_envs=None, **arguments):
    arguments = {"reward": PLAIN, **arguments}
    env = gymnasium.make(ID, **arguments) if num_envs is None else gymnasium.make_vec(ID, num_envs, **arguments)
    return env.unwrapped


def components(blocked):
    """Label the parts of a map that are connected, (H, W) int."""
    labels = np.zeros(blocked.shape, dtype=int)
    for label, cell in enumerate(np.argwhere(~blocked), start=1):
        if labels[tuple(cell)] == 0:
            labels[np.isfinite(distances_to(GridMap.from_array(blocked), tuple(cell)))] = label
    return labels


@pytest.mark.parametrize(
    ("dynamics", "max_speed", "noise"), [("velocity", 2.0, 0.0), ("velocity", 40.0, 0.5), ("acceleration", 40.0, 0.0)]
)
def test_a_million_random_actions_enter_no_wall_and_pass_through_none(dynamics, max_speed, noise):
    blocked = np.random.default_rng(3).random((12, 12)) < 0.3
    labels = components(blocked)
    assert len(np.unique(labels)) > 3
    envs = make(
        1000,
        autoreset_mode="Disabled",
        map=blocked,
        dynamics=dynamics,
        max_speed=max_speed,
        noise=noise,
        time_limit=10_000,
        goal_radius=0.05,
        reward=RewardConfig(collision=-1.0, step=0.0, goal=0.0),
    )
    envs.reset(seed=0)
    rng = np.random.default_rng(0)
    margin, touches = np.inf, 0
    walls = padded(blocked).reshape(14, 14)
    where = labels[tuple(envs.starts.T)]
    for step in range(1000):
        # The same direction for a while, so that discs press into corners.
        if step % 7 == 0:
            actions = rng.uniform(-1, 1, (1000, 2))
        _, rewards, terminated, _, _ = envs.step(actions)
        touches += np.count_nonzero(rewards < 0)
        after = envs.positions
        cells = np.floor(after).astype(int)
        assert (labels[tuple(cells.T)] == where).all()
        for drow in (-1, 0, 1):
            for dcol in (-1, 0, 1):
                solid = walls[cells[:, 0] + drow + 1, cells[:, 1] + dcol + 1] > 0
                corner = cells + np.array([drow, dcol])
                gap = np.hypot(*(after - np.clip(after, corner, corner + 1)).T)
                margin = min(margin, gap[solid].min(initial=np.inf))
        if terminated.any():
            envs.reset(options={"reset_mask": terminated})
            where = labels[tuple(envs.starts.T)]
    assert margin > 0.3 - 1e-10
    assert touches > 100_000


def test_an_action_is_a_share_of_the_greatest_speed_in_every_direction():
    envs = make(4, map=OPEN, max_speed=3.0, time_step=0.2)
    envs.reset(options={"start": (1, 2)})
    before = envs.positions
    observations, *_ = envs.step([[0.5, 0.0], [0.0, -0.25], [1.0, 1.0], [9.0, 0.0]])
    moved = envs.positions - before
    np.testing.assert_allclose(moved, [[0.3, 0], [0, -0.15], [0.6 * math.sqrt(0.5)] * 2, [0.6, 0.0]], atol=1e-12)
    # Goal vector, then the velocity as a share.
    np.testing.assert_allclose(observations[:, 2:4], moved / 0.6, atol=1e-7)


def test_accelerations_add_up_and_drag_takes_its_share():
    env = make(map=OPEN, dynamics="acceleration", max_acceleration=5.0, damping=0.5, max_speed=1.0, time_step=0.1)
    env.reset(options={"start": (0, 0)})
    speed, col = 0.0, 0.5
    for _ in range(8):
        env.step([0.0, 1.0])
        speed = min((speed + 5.0 * 0.1) / (1 + 0.5 * 0.1), 1.0)
        col += speed * 0.1
        assert env.position == pytest.approx((0.5, col), abs=1e-12)
    for _ in range(3):
        env.step([0.0, 0.0])
        speed /= 1.05
        col += speed * 0.1
    assert env.position == pytest.approx((0.5, col), abs=1e-12)


def test_noise_is_gaussian_with_the_deviation_that_was_asked_for_and_of_the_lane_alone():
    text = "\n".join(["." * 60] * 60)
    envs = make(2000, map=text, noise=0.25, max_speed=2.0, time_limit=1000, observation="egocentric", radius=1)
    envs.reset(seed=0, options={"start": (30, 30), "goal": (0, 0)})
    moved = []
    for _ in range(20):
        before = envs.positions
        envs.step(np.zeros((2000, 2)))
        moved.append(envs.positions - before)
    moved = np.concatenate(moved) / (0.25 * 0.2)
    assert moved.mean(axis=0) == pytest.approx([0, 0], abs=0.02)
    assert moved.std(axis=0) == pytest.approx([1, 1], abs=0.02)
    assert np.corrcoef(moved.T)[0, 1] == pytest.approx(0, abs=0.02)
    assert np.mean(np.abs(moved) < 1) == pytest.approx(0.6827, abs=0.01)
    assert np.mean(np.abs(moved) < 2) == pytest.approx(0.9545, abs=0.005)
    again = make(map=text, noise=0.25, max_speed=2.0, time_limit=1000, observation="egocentric", radius=1)
    again.reset(seed=7, options={"start": (30, 30), "goal": (0, 0)})
    for _ in range(20):
        again.step(np.zeros(2))
    assert again.position == tuple(envs.positions[7])


def test_the_goal_is_reached_within_its_radius_and_no_earlier():
    env = make(map=OPEN, goal_radius=0.25)
    env.reset(options={"start": (3, 4)})
    success = False
    while not success:
        before = env.position
        _, reward, success, truncated, info = env.step([0.0, 1.0])
        assert info["is_success"] == success and not truncated
        assert reward == pytest.approx(-0.01 + success, abs=1e-7)
    assert 6.5 - before[1] > 0.25 >= 6.5 - env.position[1]
    # What is left to the centre counts, so that no path is shorter than the reference.
    assert info["path_length"] == pytest.approx(info["optimal_length"], abs=1e-12) == pytest.approx(2.0)


def test_the_way_gone_is_measured_along_walls_and_running_into_one_costs():
    env = make(map="S.....\n.####.\n.....G", reward=RewardConfig(path=-1.0, collision=-0.5, step=0.0, goal=0.0))
    env.reset()
    assert env.step([0.0, 1.0])[1] == pytest.approx(-0.2)
    assert env.step([-0.9, 0.0])[1] == pytest.approx(-0.18)
    # At 0.3 from the wall it slides on: from 0.02 above that, a share of 0.14 of a step is made towards it.
    _, reward, *_, info = env.step([-math.sqrt(0.5), math.sqrt(0.5)])
    way = 0.02 * math.sqrt(2) + (0.2 * math.sqrt(0.5) - 0.02)
    assert env.position == pytest.approx((0.3, 0.7 + 0.2 * math.sqrt(0.5)), abs=1e-8)
    assert reward == pytest.approx(-0.5 - way, abs=1e-6)
    assert info["path_length"] == pytest.approx(0.38 + way, abs=1e-6)


def test_the_reference_lies_between_the_straight_line_and_the_octile_path():
    envs = make(300, size=(12, 12), density=0.25)
    _, infos = envs.reset(seed=0)
    straight = np.hypot(*(envs.starts - envs.goals).T)
    octile = np.array(
        [
            distances_to(envs.grid_map(lane), tuple(envs.goals[lane]), "octile")[tuple(envs.starts[lane])]
            for lane in range(300)
        ]
    )
    length = infos["optimal_length"]
    assert (straight <= length + 1e-9).all() and (length <= octile + 1e-9).all()
    assert (straight < length - 0.01).mean() > 0.2 and (length < octile - 0.01).mean() > 0.5
    np.testing.assert_allclose(envs.distance_to_goal(), length, rtol=1e-12)


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"dynamics": "acceleration"},
        {"robot_radius": 0.45},
        {"generator": "maze"},
        {"max_speed": 20, "time_step": 0.2},
    ],
    ids=str,
)
def test_the_oracle_goes_on_along_the_reference_to_the_goal(arguments):
    envs = make(100, autoreset_mode="Disabled", time_limit=20.0, **arguments)
    envs.reset(seed=1)
    finished = np.zeros(100, dtype=bool)
    for _ in range(400):
        actions = envs.optimal_actions()
        assert actions.dtype == np.float32 and np.hypot(*actions.T).max() <= 1 + 1e-6
        before = envs.distance_to_goal()
        _, _, terminated, _, infos = envs.step(actions)
        running = ~terminated
        if arguments.get("dynamics") is None and running.any():
            assert (envs.distance_to_goal() < before)[running].all()
        for lane in np.flatnonzero(terminated):
            finished[lane] = True
            ratio = infos["path_length"][lane] / infos["optimal_length"][lane]
            assert 1 - 1e-9 <= ratio < (1.25 if "dynamics" in arguments or "time_step" in arguments else 1.05)
        if terminated.any():
            envs.reset(options={"reset_mask": terminated})
        if finished.all():
            break
    assert finished.all()


def test_a_shortest_path_is_told_as_points_whose_way_is_the_distance():
    env = make(size=(10, 10))
    env.reset(seed=2)
    points = np.array(env.shortest_path())
    assert tuple(points[0]) == env.position
    assert tuple(points[-1]) == tuple(np.add(env.grid_map.goal, 0.5))
    length = np.hypot(*np.diff(points, axis=0).T).sum()
    # Arcs are told as chords.
    assert length <= env.distance_to_goal() + 1e-9
    assert length == pytest.approx(env.distance_to_goal(), rel=1e-2)
    assert distance_to_walls(points, env.grid_map.blocked).min() > 0.3 - 1e-6


def test_the_observation_is_goal_vector_velocity_and_beams():
    env = make(size=(9, 11), num_beams=12, max_range=5.0)
    env.reset(seed=4)
    rng = np.random.default_rng(0)
    for _ in range(30):
        action = rng.uniform(-1, 1, 2)
        before = env.position
        observation, *_ = env.step(action)
        assert env.observation_space.contains(observation) and observation.shape == (16,)
        goal = np.add(env.grid_map.goal, 0.5)
        np.testing.assert_allclose(observation[:2], (goal - env.position) / 5.0, atol=1e-6)
        if np.hypot(*np.subtract(env.position, before)) > 0.99 * 0.2 * min(np.hypot(*action), 1):
            np.testing.assert_allclose(observation[2:4], np.subtract(env.position, before) / 0.2, atol=1e-5)
        blocked = env.grid_map.blocked
        expected = np.zeros(12, dtype=np.float32)
        range_finder(*env.position, beam_table(12), 5.0, padded(blocked), parameters(*blocked.shape)[0], expected)
        np.testing.assert_array_equal(observation[4:], expected)


def test_the_window_is_that_of_the_agents_cell_and_motion_says_where_in_it():
    env = make(observation="egocentric", radius=2, map=OPEN)
    env.reset(options={"start": (1, 2)})
    for _ in range(4):
        observation, *_ = env.step([0.6, 0.8])
    row, col = env.position
    assert set(observation) == {"motion", "window"} and env.observation_space.contains(observation)
    np.testing.assert_allclose(
        observation["motion"],
        [(3.5 - row) / 8, (6.5 - col) / 8, 0.6, 0.8, row - math.floor(row), col - math.floor(col)],
        atol=1e-6,
    )
    discrete = gymnasium.make("GridPath-v0", map=OPEN, radius=2).unwrapped
    expected, _ = discrete.reset(options={"start": (math.floor(row), math.floor(col))})
    np.testing.assert_array_equal(observation["window"], expected)


def test_shaping_pays_in_all_what_the_way_to_the_goal_is_long():
    reward = RewardConfig(goal=0.0, step=0.0, shaping=0.5, discount=1.0)
    envs = make(50, autoreset_mode="Disabled", reward=reward, time_limit=20.0)
    envs.reset(seed=0)
    field = [distances_to(envs.grid_map(k), tuple(envs.goals[k]), "octile")[tuple(envs.starts[k])] for k in range(50)]
    total, running = np.zeros(50), np.ones(50, dtype=bool)
    while running.any():
        _, rewards, terminated, _, _ = envs.step(envs.optimal_actions())
        total[running] += rewards[running]
        running &= ~terminated
        if terminated.any():
            envs.reset(options={"reset_mask": terminated})
    np.testing.assert_allclose(total, 0.5 * np.array(field), rtol=1e-4)


@pytest.mark.parametrize(
    ("actions", "message"),
    [
        ([[0.0, 0.0], [np.nan, 0.0]], r"lane 1 has the action \[nan  0.\], which is no number"),
        ([0.0, 0.0, 0.0], r"expected numbers of shape \(2, 2\), got float64 of shape \(3,\)"),
        ([["a", "b"], ["c", "d"]], "expected numbers of shape"),
        ([[True, False], [True, False]], "expected numbers of shape"),
        ([[1j, 0], [0, 0]], "expected numbers of shape"),
        ([[0.0], [0.0, 1.0]], "expected numbers of shape"),
        (None, "expected numbers of shape"),
    ],
    ids=str,
)
def test_actions_that_are_none_are_named(actions, message):
    envs = make(2)
    envs.reset(seed=0)
    state = envs.get_state()
    with pytest.raises(InvalidActionError, match=message):
        envs.step(actions)
    np.testing.assert_array_equal(envs.get_state(), state)
    env = make()
    env.reset(seed=0)
    with pytest.raises(InvalidActionError, match="action: "):
        env.step(actions)


def test_infinite_actions_are_clipped_as_too_large_ones():
    envs = make(2, map=OPEN)
    envs.reset(options={"start": (1, 2)})
    envs.step([[np.inf, 0.0], [1.0, 0.0]])
    assert envs.positions[0].tolist() == envs.positions[1].tolist()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"dynamics": "position"}, "dynamics: got 'position', allowed: 'velocity', 'acceleration'"),
        ({"robot_radius": 0.5}, "robot_radius: expected a number from 0.05 to 0.45"),
        ({"goal_radius": 0.0}, "goal_radius: expected a number from 0.05 to 0.5"),
        ({"max_speed": 50.0}, r"a step may be 4 cells long at most, got 50 \* 0.1 = 5"),
        ({"damping": 1.0}, "damping: has no meaning for dynamics='velocity'"),
        ({"dynamics": "acceleration", "max_acceleration": -1}, "max_acceleration: expected a number from 0.01"),
        ({"noise": 2.0}, "noise: expected a number from 0.0 to 1.0"),
        ({"num_beams": 0}, "num_beams: expected a whole number from 1 to 360"),
        ({"observation": "egocentric", "num_beams": 8}, "num_beams: has no meaning for observation='egocentric'"),
        ({"radius": 3}, "radius: has no meaning for observation='range_finder'"),
        ({"observation": "egocentric", "goal_conditioned": True}, "goal_conditioned: needs observation='range_finder'"),
        ({"observation": "global"}, "observation: got 'global', allowed: 'range_finder', 'egocentric'"),
        ({"map": "S.H\n..G"}, "map: has holes or portals"),
        ({"slip": 0.1}, "unknown argument 'slip'"),
        ({"goal_conditioned": True, "reward": RewardConfig(path=-1.0)}, r"reward\.path: must be 0 where goal_cond"),
    ],
    ids=str,
)
def test_arguments_out_of_range_are_named(arguments, message):
    with pytest.raises(ConfigurationError, match=message):
        make(**arguments)


def test_what_only_discrete_actions_have_is_named():
    envs = make(2)
    envs.reset(seed=0)
    for ask in (envs.action_masks, envs.optimal_return):
        with pytest.raises(ConfigurationError, match="is for discrete actions"):
            ask()


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("body_row", 0.1, "in a wall"),
        ("body_row", np.nan, "not in its cell"),
        ("body_col", 7.5, "not in its cell"),
        ("velocity_row", 2.1, "too fast"),
        ("velocity_col", np.nan, "too fast"),
        ("has_body", False, "not in its cell"),
    ],
)
def test_a_state_with_a_disc_where_none_can_be_is_refused(field, value, message):
    from gridpath_envs.core.state import LANE

    envs = make(1, map=OPEN)
    envs.reset(options={"start": (0, 0)})
    state = envs.get_state()
    lane = state[:, 8 : 8 + LANE.itemsize].copy().view(LANE)
    lane[field] = value
    state[:, 8 : 8 + LANE.itemsize] = lane.view(np.uint8)
    with pytest.raises(InvalidStateError, match=message):
        envs.set_state(state)
