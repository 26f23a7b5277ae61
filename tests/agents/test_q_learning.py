"""Tabular Q-learning: updates by hand, the optimum of value iteration, and runs that go on."""

import numpy as np
import pytest
from stable_baselines3.common.callbacks import BaseCallback, EvalCallback
from stable_baselines3.common.vec_env import VecMonitor

import gridpath_agents
import reference
from gridpath_agents.q_learning import QLearning
from gridpath_envs.adaptors.sb3 import make_vec_env
from gridpath_envs.errors import ConfigurationError

MAZE = "S.#...\n.##.#.\n....#.\n.#.##.\n.#...G"


def make_env(num_envs=1, text=MAZE, **arguments):
    kwargs = {"map": text, "observation": "position", "time_limit": 100, **arguments}
    return make_vec_env("GridPath-v0", num_envs, seed=0, env_kwargs=kwargs)


def test_one_update_is_that_of_the_formula():
    # Two free cells: from the start only "right" moves, and it ends the episode.
    agent = QLearning(make_env(text="SG\n##"), seed=1, step_size=0.5, discount=0.9, initial_value=2.0, epsilon=1.0)
    agent.learn(1)
    changed = np.argwhere(agent.q_table != 2.0)
    assert len(changed) == 1
    state, action = changed[0]
    assert state == 0
    reward = float(np.float32(-0.01) + np.float32(1.0)) if action == 1 else float(np.float32(-0.01))
    target = reward + (0.0 if action == 1 else 0.9 * 2.0)
    assert agent.q_table[state, action] == pytest.approx(2.0 + 0.5 * (target - 2.0), abs=1e-12)


def test_a_time_limit_is_no_end_of_the_task():
    agent = QLearning(make_env(text="S.\n.G", time_limit=1), seed=0, step_size=1.0, discount=1.0, initial_value=5.0)
    agent.learn(200)
    # Every step is cut by the limit, so the value of the next state must still be there.
    assert agent.q_table[0] == pytest.approx(5.0 - 0.01 * 100, abs=1.1)
    assert (agent.q_table[0] > 3.0).all()


def test_the_table_converges_to_the_values_of_value_iteration():
    discount = 0.95
    agent = QLearning(make_env(4), seed=0, step_size=0.5, discount=discount, epsilon=1.0, final_epsilon=1.0)
    agent.learn(300_000)
    grid_map = agent.env.grid_map(0)
    blocked = grid_map.blocked.tolist()
    height, width = grid_map.shape
    reached = reference.distances(blocked, grid_map.start)
    values = np.zeros((height * width, 4))
    for _ in range(200):
        for row, col in reached:
            if (row, col) == grid_map.goal:
                continue
            for action, change in enumerate(reference.CARDINAL):
                (to_row, to_col), _ = reference.move(blocked, (row, col), change)
                at_goal = (to_row, to_col) == grid_map.goal
                future = 0.0 if at_goal else discount * values[to_row * width + to_col].max()
                values[row * width + col, action] = -0.01 + (1.0 if at_goal else 0.0) + future
    np.testing.assert_allclose(agent.q_table, values, atol=1e-5)


def test_training_steps_the_environment_itself():
    env = make_env(3)
    agent = QLearning(env, seed=0, epsilon=1.0)
    agent.learn(3 * 50)
    assert agent.num_timesteps == 150
    assert (env.unwrapped.vector._lanes["steps"] > 0).any()


@pytest.mark.parametrize("through_a_file", [False, True])
def test_a_resumed_run_equals_an_uninterrupted_one(through_a_file, tmp_path):
    whole = QLearning(make_env(2), seed=4)
    whole.learn(40_000)
    parts = QLearning(make_env(2), seed=4)
    parts.learn(40_000, callback=StopAt(20_000))
    if through_a_file:
        parts.save(tmp_path / "half.npz")
        parts = QLearning.load(tmp_path / "half.npz", env=make_env(2))
    assert parts.num_timesteps < 40_000
    parts.learn(40_000 - parts.num_timesteps, reset_num_timesteps=False)
    np.testing.assert_array_equal(parts.q_table, whole.q_table)
    assert parts.num_timesteps == whole.num_timesteps


def test_going_on_elsewhere_begins_anew_and_leaves_an_environment_to_evaluate_in_alone(tmp_path):
    agent = QLearning(make_env(2), seed=4)
    agent.learn(100)
    agent.save(tmp_path / "agent")
    other = make_env(2, time_limit=60)
    other.reset()
    before = other.vector.get_state()
    loaded = QLearning.load(tmp_path / "agent", env=other)
    np.testing.assert_array_equal(other.vector.get_state(), before)
    loaded.learn(100, reset_num_timesteps=False)
    assert loaded.num_timesteps == 200


def test_the_environment_can_be_stepped_on_by_others_after_training():
    env = make_env(2, time_limit=20)
    QLearning(env, seed=0).learn(2 * 10)
    for _ in range(10):
        _, _, dones, infos = env.step(np.array([3, 3]))
    assert dones.all()
    assert infos[0]["episode"]["l"] == 20
    assert infos[0]["episode"]["r"] == pytest.approx(-0.2, abs=1e-5)


@pytest.mark.filterwarnings("ignore:The environment is already wrapped with a `Monitor`")
def test_wrappers_are_refused_since_a_compiled_loop_would_pass_them_by():
    with pytest.raises(ConfigurationError, match="without wrappers"):
        QLearning(VecMonitor(make_env()))


def test_a_table_of_another_shape_or_type_never_reaches_the_kernel():
    agent = QLearning(make_env())
    for table in (np.zeros((2, 4)), agent.q_table.astype(np.float32), np.asfortranarray(agent.q_table)):
        agent.q_table = table
        with pytest.raises(ConfigurationError, match="q_table: expected a contiguous float64 array"):
            agent.learn(10)


@pytest.mark.parametrize("steps", ["5", None, -5, 10.5])
def test_a_wrong_number_of_steps_is_refused(steps):
    with pytest.raises(ConfigurationError, match="total_timesteps: expected a whole number"):
        QLearning(make_env()).learn(steps)


def test_sb3s_callbacks_functions_and_lists_of_callbacks_are_taken(tmp_path):
    agent = QLearning(make_env(4), seed=0)
    stopper = StopAt(1)
    evaluator = EvalCallback(make_env(1), eval_freq=1, n_eval_episodes=1, log_path=str(tmp_path), verbose=0)
    agent.learn(50_000, callback=[evaluator, stopper])
    assert (tmp_path / "evaluations.npz").is_file() and len(stopper.seen) == 1
    calls = []
    agent.learn(50_000, callback=lambda local, globals_: bool(calls.append(1)) or len(calls) < 3)
    assert len(calls) == 3


def test_numpy_numbers_are_parameters_too_and_can_be_saved(tmp_path):
    agent = QLearning(make_env(), seed=np.int64(3), step_size=np.float32(0.5))
    agent.save(tmp_path / "agent")
    assert QLearning.load(tmp_path / "agent", env=make_env()).config == agent.config


class StopAt(BaseCallback):
    def __init__(self, timesteps):
        super().__init__()
        self.at, self.seen = timesteps, []

    def _on_step(self):
        self.seen.append((self.num_timesteps, self.model.q_table.copy(), self.training_env.num_envs))
        # SB3's own callbacks return NumPy's truth values as well.
        return np.bool_(self.num_timesteps < self.at)


def test_callbacks_see_the_agent_as_it_learns_and_can_stop_it():
    callback = StopAt(20_000)
    agent = gridpath_agents.make("q_learning", make_env(4))
    agent.learn(1_000_000, callback=callback)
    assert 20_000 <= agent.num_timesteps < 40_000
    assert len(callback.seen) > 1
    assert not np.array_equal(callback.seen[0][1], callback.seen[-1][1])


def test_results_do_not_depend_on_how_often_a_callback_is_called(monkeypatch):
    tables = []
    for chunk in (64, 8192):
        monkeypatch.setattr("gridpath_agents.q_learning._CHUNK", chunk)
        agent = QLearning(make_env(4), seed=0)
        agent.learn(5_000)
        tables.append(agent.q_table)
    np.testing.assert_array_equal(tables[0], tables[1])


@pytest.mark.parametrize("seed", range(12))
def test_any_seed_trains(seed):
    QLearning(make_env(), seed=seed).learn(10)


def test_a_progress_bar_can_be_shown(capfd):
    QLearning(make_env()).learn(1_000, progress_bar=True)
    assert "step" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"step_size": 1.5}, "step_size: expected a number from 0.0 to 1.0, got 1.5"),
        ({"discount": "high"}, "discount: expected a number"),
        ({"initial_value": float("nan")}, "initial_value: expected a number"),
    ],
)
def test_parameters_out_of_range_are_refused(parameters, message):
    with pytest.raises(ConfigurationError, match=message):
        QLearning(make_env(), **parameters)


def test_environments_that_a_table_does_not_fit_are_refused():
    with pytest.raises(ConfigurationError, match="needs observation='position', got observation='egocentric'"):
        QLearning(make_vec_env("GridPath-v0"))
    with pytest.raises(ConfigurationError, match="is over 2048 MiB"):
        QLearning(make_vec_env("GridPath-v0", env_kwargs={"size": (128, 128), "observation": "position"}))
    with pytest.raises(ConfigurationError, match="expected the VecEnv of"):
        QLearning(object())
    with pytest.raises(ConfigurationError, match="the table has"):
        QLearning(make_env()).set_env(make_env(text="S.\n.G"))
