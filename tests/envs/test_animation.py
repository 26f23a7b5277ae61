"""Episodes as animated pictures."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from gridpath_envs.errors import ConfigurationError
from gridpath_envs.maps import GridMap
from gridpath_envs.rendering.animation import animate_svg
from gridpath_envs.rendering.gif import write_gif
from gridpath_envs.rendering.scene import Scene

SVG = "{http://www.w3.org/2000/svg}"
ROOM = GridMap.from_text("S..#\n.##.\n...G")
PATH = [(0, 0), (1, 0), (1, 0), (2, 0), (2, 1), (2, 2), (2, 3)]


def scenes(grid_map=ROOM, path=PATH, **arguments):
    return [Scene(grid_map, cell, tuple(path[: k + 1]), **arguments) for k, cell in enumerate(path)]


def animations(svg, attribute):
    """Return (times, values) of each animation of an attribute."""
    found = []
    for item in ElementTree.fromstring(svg).iter():
        if item.tag.startswith(f"{SVG}animate") and item.get("attributeName") == attribute:
            assert item.get("repeatCount") == "indefinite"
            found.append(([float(t) for t in item.get("keyTimes").split(";")], item.get("values").split(";")))
    return found


def test_the_agent_is_in_each_cell_at_its_time_and_stays_at_the_end():
    ((times, values),) = animations(animate_svg(scenes(), fps=4), "transform")
    assert len(times) == len(values)
    loop = 6 + 6  # six steps, then a second and a half
    at = {round(t * loop, 1): value for t, value in zip(times, values, strict=True)}
    assert at == {0: "0 0", 1: "0 1", 2: "0 1", 3: "0 2", 4: "1 2", 5: "2 2", 6: "3 2", 12: "3 2"}
    assert 'dur="3s"' in animate_svg(scenes(), fps=4)


def test_the_path_grows_with_the_agent():
    ((_, values),) = animations(animate_svg(scenes()), "stroke-dashoffset")
    left = [float(value) for value in values]
    assert left == sorted(left, reverse=True)
    assert left[0] == pytest.approx(5.0, abs=0.02) and left[-1] == 0


def test_through_a_portal_agent_and_path_jump():
    grid_map = GridMap.from_text("S1..\n...1\n...G")
    svg = animate_svg(scenes(grid_map, [(0, 0), (1, 3), (2, 3)]))
    ((times, values),) = animations(svg, "transform")
    assert values[:4] == ["0 0", "1 0", "3 1", "3 2"]
    assert times[1] == times[2]
    paths = re.findall(r'd="(M[^"]+)" fill="none" stroke="#d55e00"', svg)
    assert paths == ["M0.5 0.5L1.5 0.5", "M3.5 1.5L3.5 2.5"]


def test_the_window_moves_along_and_obstacles_move_on_their_own():
    moments = [Scene(ROOM, cell, radius=1, moving_obstacles=((0, 1 + k % 2), (2, 2))) for k, cell in enumerate(PATH)]
    moves = [values for _, values in animations(animate_svg(moments), "transform")]
    # The window, the obstacle that moves and the agent; an obstacle that stays needs no animation.
    assert len(moves) == 3
    assert moves[0] == moves[2] and moves[1][:3] == ["1 0", "2 0", "1 0"]


def test_fog_follows_what_was_seen():
    seen = np.ones((3, 3), dtype=np.bool_)
    seen[0, 0] = False
    ((_, values),) = animations(animate_svg(scenes(radius=1, seen=seen)), "d")
    assert values[0] == "M0 0h4v3h-4zM0 0h2v2h-2z"
    assert len(values) == len(set(PATH))


def test_the_picture_runs_no_scripts_and_escapes_its_title():
    svg = animate_svg(scenes(), PATH, title='<script>"&</script>')
    assert "<script" not in svg
    assert ElementTree.fromstring(svg).find(f"{SVG}title").text == '<script>"&</script>'


def test_where_animations_are_not_played_the_end_of_the_episode_is_seen():
    svg = re.sub(r"<animate[^>]*/>", "", animate_svg(scenes()))
    assert "stroke-dashoffset" not in svg
    assert 'transform="translate(3 2)"><circle' in svg


def test_a_long_episode_in_fog_stays_small():
    rng = np.random.default_rng(0)
    blocked = rng.random((16, 16)) < 0.3
    path = (
        [(0, col) for col in range(16)] + [(row, 15) for row in range(1, 16)] + [(15, col) for col in range(14, 4, -1)]
    )
    blocked[tuple(np.array(path).T)] = False
    grid_map = GridMap(np.where(blocked, ord("@"), ord(".")).astype(np.uint8), path[0], path[-1])
    moments = [
        Scene(grid_map, cell, (), ((k % 16, 3), (4, k % 16)), 5, rng.random((11, 11)) < 0.7)
        for k, cell in enumerate(path)
    ]
    assert len(moments) == 41
    assert len(animate_svg(moments, path)) < 60_000


@pytest.mark.parametrize(
    ("moments", "fps", "message"),
    [
        ([], 6, "scenes: got none"),
        (scenes(), 0, "fps: got 0"),
        (scenes(), float("nan"), "fps"),
        ([*scenes(), Scene(GridMap.from_text("S.G"), (0, 0))], 6, r"scenes\[7\]: has another map"),
        ([*scenes(), Scene(ROOM, (0, 0), (), ((1, 1),))], 6, r"scenes\[7\]: has another number of moving obstacles"),
    ],
)
def test_scenes_that_do_not_belong_together_are_named(moments, fps, message, tmp_path):
    with pytest.raises(ConfigurationError, match=message):
        animate_svg(moments, fps=fps)
    with pytest.raises(ConfigurationError, match=message):
        write_gif(tmp_path / "episode.gif", moments, fps=fps)


def test_a_gif_has_a_frame_for_each_moment_and_loops(tmp_path):
    pillow = pytest.importorskip("PIL.Image")
    write_gif(tmp_path / "episode.gif", scenes(), PATH, fps=10)
    with pillow.open(tmp_path / "episode.gif") as image:
        assert image.info["loop"] == 0
        durations = []
        for frame in range(image.n_frames):
            image.seek(frame)
            durations.append(image.info["duration"])
    assert image.size == (512, 384)
    # Moments that look the same share a frame.
    assert sum(durations) == 600 + 1500 and len(durations) in (6, 7)
