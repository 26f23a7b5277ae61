"""Pictures of many agents."""

import re
import time
from dataclasses import replace
from itertools import combinations
from xml.etree import ElementTree

import numpy as np
import pytest

from gridpath_envs import mapf_v0
from gridpath_envs.errors import ConfigurationError
from gridpath_envs.maps import GridMap
from gridpath_envs.rendering import render_scene
from gridpath_envs.rendering.agents_animation import animate_agents
from gridpath_envs.rendering.agents_svg import draw_agents
from gridpath_envs.rendering.animation import animate_svg
from gridpath_envs.rendering.clock import HOLD
from gridpath_envs.rendering.colours import AGENT, GOAL, START, TERRAIN, agent_colour, to_grey, to_hex
from gridpath_envs.rendering.gif import write_gif
from gridpath_envs.rendering.rgb import draw_rgb
from gridpath_envs.rendering.scene import AgentMark, Scene

SVG = "{http://www.w3.org/2000/svg}"
ROOM = GridMap.from_text("......\n.##...\n......\n......")


def ground(height, width):
    return GridMap(np.full((height, width), ord("."), dtype=np.uint8))


def scene(*agents, grid_map=ROOM):
    return Scene(grid_map, agents[0].place, agents=agents)


def cell_of(image, grid_map, at):
    side = image.shape[0] // grid_map.shape[0]
    return image[at[0] * side : (at[0] + 1) * side, at[1] * side : (at[1] + 1) * side]


def has(image, colour):
    return bool((image == colour).all(axis=-1).any())


def random_agents(count, side, seed=0, **marks):
    rng = np.random.default_rng(seed)
    cells = [divmod(cell, side) for cell in rng.permutation(side * side)[: 2 * count].tolist()]
    return [AgentMark(place, goal, **marks) for place, goal in zip(cells[:count], cells[count:], strict=True)]


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


def test_a_thousand_agents_are_drawn_in_well_below_a_second():
    grid_map = ground(256, 256)
    agents = random_agents(1000, 256, is_refused=True)
    agents = [replace(agent, path=tuple((agent.place[0], col) for col in range(256))) for agent in agents]
    crowd = scene(*agents, grid_map=grid_map)
    seconds = []
    # The machine may be busy with something else.
    for _ in range(3):
        begun = time.perf_counter()
        draw_rgb(crowd)
        seconds.append(time.perf_counter() - begun)
    assert min(seconds) < 0.8


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
