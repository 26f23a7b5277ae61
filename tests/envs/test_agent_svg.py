"""Pictures of many agents as SVG, still and moving."""

import re
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest

from agent_scenes import ROOM, ground, random_agents, scene
from gridpath_envs import mapf_v0
from gridpath_envs.errors import ConfigurationError
from gridpath_envs.rendering.agents_animation import animate_agents
from gridpath_envs.rendering.agents_svg import draw_agents
from gridpath_envs.rendering.animation import animate_svg
from gridpath_envs.rendering.clock import HOLD
from gridpath_envs.rendering.colours import agent_colour, to_hex
from gridpath_envs.rendering.scene import AgentMark, Scene

SVG = "{http://www.w3.org/2000/svg}"

# ---------------------------------------------------------------------- SVG


def groups(svg):
    """Return the groups of goals and those of agents, each with its place (row, col)."""
    goals, agents = ElementTree.fromstring(svg).findall(f"{SVG}g")
    return [
        [(tuple(int(at) for at in re.findall(r"-?\d+", one.get("transform")))[::-1], one) for one in group]
        for group in (goals, agents)
    ]


def test_an_svg_shows_agents_and_goals_in_their_colours():
    agents = (AgentMark((0, 0), (3, 5), ((0, 1), (0, 0))), AgentMark((2, 1), (2, 1)), AgentMark((3, 0), (0, 3)))
    svg = draw_agents(scene(*agents))
    goals, discs = groups(svg)
    assert [at for at, _ in goals] == [(3, 5), (2, 1), (0, 3)] and [at for at, _ in discs] == [(0, 0), (2, 1), (3, 0)]
    for k in range(3):
        assert goals[k][1][-1].get("stroke") == to_hex(agent_colour(k))
        assert discs[k][1].findall(f"{SVG}circle")[-1].get("fill") == to_hex(agent_colour(k))
        # Only where the agent is on it is the square full.
        assert goals[k][1][-1].get("fill-opacity") == (None if k == 1 else "0")
    assert f'd="M1.5 0.5L0.5 0.5" fill="none" stroke="{to_hex(agent_colour(0))}"' in svg


def test_an_svg_leaves_out_who_takes_no_part_and_rings_whose_move_was_refused():
    agents = (AgentMark((0, 0), (3, 5), is_active=False), AgentMark((2, 1), (3, 1), is_refused=True))
    goals, discs = groups(draw_agents(scene(*agents)))
    assert [at for at, _ in goals] == [(3, 1)] and [at for at, _ in discs] == [(2, 1)]
    assert discs[0][1].find(f"{SVG}polygon") is not None
    _, (calm,) = groups(draw_agents(scene(agents[0], replace(agents[1], is_refused=False))))
    assert calm[1].find(f"{SVG}polygon") is None


def test_agents_have_numbers_where_there_is_room():
    few, many = random_agents(12, 16), random_agents(100, 16)
    labels = re.findall(r">(\d+)</text>", draw_agents(scene(*few, grid_map=ground(16, 16))))
    assert labels == [str(k) for k in range(12)]
    assert "<text" not in draw_agents(scene(*many, grid_map=ground(16, 16)), cell_size=40)
    assert "<text" not in draw_agents(scene(*few, grid_map=ground(16, 16)), cell_size=10)
    assert "<text" in draw_agents(scene(*many[:99], grid_map=ground(16, 16)))


@pytest.mark.parametrize(
    ("given", "arguments", "message"),
    [
        (Scene(ROOM, (0, 0)), {}, "scene: has no agents"),
        (scene(AgentMark((0, 0), (4, 0))), {}, r"agents\[0\].goal: got \(4, 0\)"),
        (scene(AgentMark((0, 0), (0, 0)), AgentMark((0, -1), (0, 0))), {}, r"agents\[1\].place"),
        (scene(AgentMark((0, 0), (0, 0))), {"cell_size": 0}, "cell_size"),
        (scene(AgentMark((0, 0), (0, 0))), {"cell_size": float("nan")}, "cell_size"),
    ],
)
def test_what_no_svg_can_be_made_of_is_named(given, arguments, message):
    with pytest.raises(ConfigurationError, match=message):
        draw_agents(given, **arguments)


# ---------------------------------------------------------------------- animations

POSITIONS = np.array([[(0, 0), (2, 0)], [(0, 1), (2, 0)], [(0, 2), (2, 0)], [(1, 3), (2, 1)], [(2, 3), (2, 1)]])
GOALS = np.array([[(2, 3), (2, 1)]] * 5)


def animations(element, attribute, steps, step_seconds=0.5):
    """Return {moment: value} of each animation of an attribute within an element."""
    found = []
    loop = steps + round(HOLD / step_seconds)
    for item in element.iter():
        if item.tag.startswith(f"{SVG}animate") and item.get("attributeName") == attribute:
            assert item.get("repeatCount") == "indefinite" and item.get("dur") == f"{loop * step_seconds:g}s"
            times, values = item.get("keyTimes").split(";"), item.get("values").split(";")
            assert len(times) == len(values)
            assert sorted(times, key=float) == times and times[0] == "0"
            found.append({round(float(t) * loop, 1): value for t, value in zip(times, values, strict=True)})
    return found


def test_agents_are_in_their_cells_at_each_moment_and_stay_at_the_end():
    _, agents = groups(animate_agents(ROOM, POSITIONS, GOALS, step_seconds=0.5))
    # Straight ways and waits are said by their ends: x before y, as SVG has it.
    assert animations(agents[0][1], "transform", 4) == [{0: "0 0", 2: "2 0", 3: "3 1", 4: "3 2", 7: "3 2"}]
    assert animations(agents[1][1], "transform", 4) == [{0: "0 2", 2: "0 2", 3: "1 2", 7: "1 2"}]
    assert [at for at, _ in agents] == [(2, 3), (2, 1)]


def test_between_the_moments_that_are_written_agents_move_as_they_did():
    rng = np.random.default_rng(5)
    steps = rng.integers(-1, 2, (60, 7, 2)) * (rng.random((60, 7, 1)) < 0.7)
    positions = np.concatenate([np.full((1, 7, 2), 40), 40 + np.repeat(steps, 3, axis=0).cumsum(axis=0)]).clip(0, 79)
    goals = np.zeros_like(positions)
    _, agents = groups(animate_agents(ground(80, 80), positions, goals, step_seconds=0.5))
    for k in range(7):
        ((moments),) = animations(agents[k][1], "transform", 180)
        places = np.array([[float(part) for part in value.split()][::-1] for value in moments.values()])
        rebuilt = [np.interp(range(181), list(moments), axis) for axis in places.T]
        assert np.allclose(np.stack(rebuilt, axis=-1), positions[:, k], atol=0.05)


def test_goals_jump_where_they_change_and_stay_where_they_do_not():
    goals = GOALS.copy()
    goals[3:, 1] = (3, 3)
    squares, _ = groups(animate_agents(ROOM, POSITIONS, goals, step_seconds=0.5))
    assert animations(squares[0][1], "transform", 4) == []
    assert animations(squares[1][1], "transform", 4) == [{0: "1 2", 3: "3 3"}]
    (jump,) = squares[1][1].iter(f"{SVG}animateTransform")
    assert jump.get("calcMode") == "discrete"
    assert animate_agents(ROOM, POSITIONS, GOALS[0]) == animate_agents(ROOM, POSITIONS, GOALS)


def test_a_goal_is_full_while_its_agent_rests_on_it():
    squares, _ = groups(animate_agents(ROOM, POSITIONS, GOALS, step_seconds=0.5))
    assert animations(squares[0][1], "fill-opacity", 4) == [{0: "0", 4: "1"}]
    assert animations(squares[1][1], "fill-opacity", 4) == [{0: "0", 3: "1"}]
    # As soon as it leaves it is not full any more, and of one that is never reached nothing changes.
    squares, _ = groups(animate_agents(ROOM, POSITIONS[::-1], [(0, 3), (2, 1)], step_seconds=0.5))
    assert animations(squares[1][1], "fill-opacity", 4) == [{0: "1", 1: "0"}]
    assert squares[0][1][-1].get("fill-opacity") == "0" and animations(squares[0][1], "fill-opacity", 4) == []


def test_who_disappears_fades_with_its_goal():
    active = np.ones((5, 2), dtype=np.bool_)
    active[3:, 1] = False
    squares, agents = groups(animate_agents(ROOM, POSITIONS, GOALS, active, step_seconds=0.5))
    for group in (squares, agents):
        assert animations(group[0][1], "opacity", 4) == []
        ((moments),) = animations(group[1][1], "opacity", 4)
        assert moments == {0: "1", 3: "1", 3.4: "0", 7: "0"}
        assert group[1][1].get("opacity") == "0"


def test_who_never_takes_part_is_not_drawn():
    active = np.ones((5, 2), dtype=np.bool_)
    active[:, 0] = False
    squares, agents = groups(animate_agents(ROOM, POSITIONS, GOALS, active))
    assert [at for at, _ in squares] == [at for at, _ in agents] == [(2, 1)]


def test_a_refused_move_is_marked_during_its_step():
    refused = np.zeros((4, 2), dtype=np.bool_)
    refused[0, 1] = refused[1, 1] = True
    _, agents = groups(animate_agents(ROOM, POSITIONS, GOALS, refused=refused, step_seconds=0.5))
    assert agents[0][1].find(f"{SVG}polygon") is None
    ring = agents[1][1].find(f"{SVG}polygon")
    assert animations(ring, "opacity", 4) == [{0: "1", 2: "0"}] and ring.get("opacity") == "0"
    # It goes where the agent goes, and lies beneath it.
    assert list(agents[1][1]).index(ring) == 0
    refused[3, 1] = True
    _, agents = groups(animate_agents(ROOM, POSITIONS, GOALS, refused=refused, step_seconds=0.5))
    ring = agents[1][1].find(f"{SVG}polygon")
    assert animations(ring, "opacity", 4) == [{0: "1", 2: "0", 3: "1"}] and ring.get("opacity") is None


def test_recorded_scenes_and_arrays_make_the_same_animation():
    env = mapf_v0.parallel_env(num_agents=6, size=(6, 6), density=0.1, on_arrival="disappear", render_mode="ansi")
    env.reset(seed=3)
    rng = np.random.default_rng(3)
    scenes = [env.scene()]
    positions, goals = [env.positions.copy()], [env.goals.copy()]
    while env.agents and len(scenes) < 30:
        env.step({name: int(rng.integers(5)) for name in env.agents})
        scenes.append(env.scene())
        positions.append(env.positions.copy())
        goals.append(env.goals.copy())
    active = np.array([[agent.is_active for agent in moment.agents] for moment in scenes])
    refused = np.array([[agent.is_refused for agent in moment.agents] for moment in scenes[1:]])
    assert refused.any() and not active.all()
    arrays = animate_agents(env.grid_map, positions, goals, active, refused, step_seconds=0.25)
    assert animate_svg(scenes, fps=4) == arrays


def test_where_animations_are_not_played_the_last_moment_is_seen():
    active = np.ones((5, 2), dtype=np.bool_)
    still = re.sub(r"<animate[^>]*/>", "", animate_agents(ROOM, POSITIONS, GOALS, active))
    marks = [AgentMark(tuple(p), tuple(g)) for p, g in zip(POSITIONS[-1].tolist(), GOALS[-1].tolist(), strict=True)]

    def shown(svg):
        return [[(at, [sorted(part.attrib.items()) for part in one]) for at, one in group] for group in groups(svg)]

    assert shown(still) == shown(draw_agents(scene(*marks)))


def test_fifty_agents_for_a_hundred_steps_stay_small_and_run_no_scripts():
    rng = np.random.default_rng(1)
    positions = np.cumsum(rng.integers(-1, 2, (101, 50, 2)), axis=0) % 32
    goals = rng.integers(0, 32, (101, 50, 2))
    goals[1:] = np.where(rng.random((100, 50, 1)) < 0.05, goals[1:], goals[:1])
    refused = rng.random((100, 50)) < 0.1
    svg = animate_agents(ground(32, 32), positions, goals, None, refused, title='<script>"&</script>')
    assert len(svg) < 300_000
    assert "<script" not in svg
    assert ElementTree.fromstring(svg).find(f"{SVG}title").text == '<script>"&</script>'


def test_a_run_of_no_step_is_a_still_picture():
    svg = animate_agents(ROOM, POSITIONS[:1], GOALS[:1], np.ones((1, 2), dtype=np.bool_), np.zeros((0, 2), np.bool_))
    assert "<animate" not in svg
    assert len(groups(svg)[1]) == 2


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"positions": POSITIONS[0]}, r"positions: expected integers \(T \+ 1, N, 2\), got int64 \(2, 2\)"),
        ({"positions": POSITIONS[:0]}, "positions: expected integers"),
        ({"positions": POSITIONS + 0.5}, "positions: expected integers .*, got float64"),
        ({"positions": [[(0, 0)], [(0, 0), (1, 1)]]}, "positions: expected integers"),
        ({"positions": POSITIONS + 2}, r"positions\[0, 1\]: got \(4, 2\), expected .* map of 4x6"),
        ({"goals": GOALS[:3]}, r"goals: expected integers \(5, 2, 2\) or \(2, 2\), .* got int64 \(3, 2, 2\)"),
        ({"goals": GOALS - 3}, r"goals\[0, 0\]: got \(-1, 0\)"),
        ({"active": np.ones((4, 2), dtype=np.bool_)}, r"active: expected bool \(5, 2\)"),
        ({"active": np.ones((5, 2))}, "active: expected bool .* got float64"),
        ({"refused": np.zeros((5, 2), dtype=np.bool_)}, r"refused: expected bool \(4, 2\)"),
        ({"step_seconds": 0}, "step_seconds"),
        ({"step_seconds": float("nan")}, "step_seconds"),
    ],
)
def test_arrays_that_do_not_fit_are_named(changed, message):
    with pytest.raises(ConfigurationError, match=message):
        animate_agents(ROOM, **{"positions": POSITIONS, "goals": GOALS} | changed)


def test_scenes_with_other_numbers_of_agents_do_not_belong_together():
    agent = AgentMark((0, 0), (1, 0))
    with pytest.raises(ConfigurationError, match=r"scenes\[1\]: has another number of agents"):
        animate_svg([scene(agent), scene(agent, agent)])
