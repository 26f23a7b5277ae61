"""The window of human rendering, on a screen that is not there."""

import copy
import pickle
import subprocess
import sys
import warnings

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from gridpath_envs.adaptors.gymnasium_env import GridPathEnv
from gridpath_envs.errors import ConfigurationError
from gridpath_envs.rendering.window import Window

pygame = pytest.importorskip("pygame")

IMAGE = np.random.default_rng(0).integers(0, 256, (30, 50, 3), dtype=np.uint8)


@pytest.fixture(autouse=True)
def no_screen(monkeypatch):
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    yield
    pygame.display.quit()


def shown():
    return pygame.surfarray.array3d(pygame.display.get_surface()).transpose(1, 0, 2)


def test_a_window_shows_images_of_any_size():
    window = Window()
    for image in (IMAGE, IMAGE[:20], IMAGE[:, ::2]):
        window.show(image, "a title")
        assert np.array_equal(shown(), image)
    assert pygame.display.get_caption()[0] == "a title"
    window.close()
    assert not pygame.display.get_init()
    window.show(IMAGE)
    assert np.array_equal(shown(), IMAGE)


def test_an_image_larger_than_a_screen_is_made_smaller():
    Window().show(np.zeros((2048, 1500, 3), dtype=np.uint8))
    assert pygame.display.get_surface().get_size() == (750, 1024)


def test_a_window_that_its_user_closes_stays_closed():
    window = Window()
    window.show(IMAGE)
    pygame.event.post(pygame.event.Event(pygame.QUIT))
    window.show(IMAGE)
    assert window.is_closed and not pygame.display.get_init()
    window.show(IMAGE)
    assert window.keys(wait=1.0) == []
    assert not pygame.display.get_init()
    window.close()


def test_pressed_keys_are_told_once():
    window = Window()
    window.show(IMAGE)
    for key in (pygame.K_UP, pygame.K_KP9, pygame.K_SPACE):
        pygame.event.post(pygame.event.Event(pygame.KEYDOWN, key=key))
    assert window.keys() == ["up", "[9]", "space"]
    assert window.keys() == []


def test_reset_and_step_show_by_themselves_and_render_returns_nothing():
    env = gymnasium.make("GridPath-v0", size=(8, 8), render_mode="human", disable_env_checker=True)
    picture = gymnasium.make("GridPath-v0", size=(8, 8), render_mode="rgb_array")
    for environment in (env, picture):
        environment.reset(seed=3)
    assert np.array_equal(shown(), picture.render())
    action = int(picture.unwrapped.optimal_actions().argmax())
    for environment in (env, picture):
        environment.step(action)
    assert np.array_equal(shown(), picture.render())
    assert env.render() is None
    env.close()
    assert not pygame.display.get_init()
    env.close()


def test_an_episode_goes_on_when_its_window_is_closed():
    env = gymnasium.make("GridPath-v0", render_mode="human")
    env.reset(seed=0)
    pygame.event.post(pygame.event.Event(pygame.QUIT))
    for _ in range(3):
        env.step(0)
    env.reset()
    assert not pygame.display.get_init()
    env.close()


def test_gymnasium_finds_nothing_to_complain_about(monkeypatch):
    monkeypatch.setitem(GridPathEnv.metadata, "render_fps", 1000)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(gymnasium.make("GridPath-v0", size=(8, 8), render_mode="human").unwrapped)


def test_environments_with_a_window_are_copied_and_pickled_without_it():
    env = gymnasium.make("GridPath-v0", render_mode="human", disable_env_checker=True).unwrapped
    env.reset(seed=0)
    for twin in (copy.deepcopy(env), pickle.loads(pickle.dumps(env))):
        assert twin.position == env.position
        twin.step(0)
        twin.close()


def test_a_window_is_for_single_environments():
    with pytest.raises(ConfigurationError, match="render_mode: got 'human', allowed: None, ansi, rgb_array"):
        gymnasium.make_vec("GridPath-v0", num_envs=2, render_mode="human")
    with pytest.raises(ConfigurationError, match="render_mode: got 'x', allowed: None, human, ansi, rgb_array"):
        GridPathEnv("GridPath-v0", render_mode="x")


HIDDEN = """
import sys
sys.modules["pygame"] = sys.modules["PIL"] = sys.modules["PIL.Image"] = None
import gymnasium, gridpath_envs
from gridpath_envs.errors import MissingPackageError
from gridpath_envs.maps import GridMap
from gridpath_envs.rendering.gif import write_gif
from gridpath_envs.rendering.scene import Scene
for make in (
    lambda: gridpath_envs.adaptors.gymnasium_env.GridPathEnv("GridPath-v0", render_mode="human"),
    lambda: write_gif("x.gif", [Scene(GridMap.from_text("S.G"), (0, 0))]),
):
    import gridpath_envs.adaptors.gymnasium_env
    try:
        make()
    except MissingPackageError as error:
        print(error)
"""


def test_missing_packages_are_named_with_the_extra_that_has_them():
    done = subprocess.run([sys.executable, "-c", HIDDEN], capture_output=True, text=True, check=True)
    first, second = done.stdout.splitlines()
    assert first.startswith("a window needs pygame") and second.startswith("a GIF needs pillow")
    assert all(line.endswith("pip install 'gridpath-envs[human]'") for line in (first, second))


def test_where_there_is_no_screen_the_mode_that_needs_none_is_named():
    code = (
        "import os; os.environ['SDL_VIDEODRIVER'] = 'x11'; os.environ.pop('DISPLAY', None)\n"
        "import numpy as np\n"
        "from gridpath_envs.errors import WindowError\n"
        "from gridpath_envs.rendering.window import Window\n"
        "try: Window().show(np.zeros((8, 8, 3), np.uint8))\n"
        "except WindowError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("no window can be opened") and "rgb_array" in done.stdout
