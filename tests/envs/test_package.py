"""What importing costs and pulls in, and what may import what."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

ALLOWED = {"gymnasium", "pettingzoo", "numba", "numpy", "gridpath_envs"}
FORBIDDEN = ["torch", "stable_baselines3", "sb3_contrib", "pydantic", "rich", "jinja2", "pygame", "PIL"]

# core <- maps <- tasks <- vector_env <- adaptors; rendering draws maps, and needs no environment; wrappers are for
# environments of any library.
LAYERS = {
    "errors": 0,
    "checks": 0,
    "rewards": 0,
    "version": 0,
    "core": 0,
    "maps": 1,
    "wrappers": 1,
    "rendering": 2,
    "tasks": 2,
    "lane_state": 3,
    "reset_arguments": 3,
    "threads": 3,
    "motion": 3,
    "observer": 3,
    "lanes": 3,
    "lane_queries": 3,
    "joint_state": 3,
    "joint_reset_arguments": 3,
    "joint_lanes": 3,
    "vector_env": 4,
    "multi_agent_vector_env": 4,
    "documentation": 5,
    "warmup": 5,
    "adaptors": 5,
    "mapf_v0": 6,
    "lifelong_v0": 6,
}


def run_python(code):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_importing_and_playing_needs_neither_torch_nor_sb3():
    modules = run_python(
        "import json, sys, gridpath_envs, gymnasium\n"
        "import gridpath_envs.rendering.animation, gridpath_envs.rendering.gif, gridpath_envs.rendering.window\n"
        "env = gymnasium.make('GridPath-v0', render_mode='rgb_array'); env.reset(seed=0); env.step(0); env.render()\n"
        "envs = gymnasium.make_vec('GridPath-v0', num_envs=2); envs.reset(); envs.step([0, 0])\n"
        "print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    )
    assert not set(modules) & set(FORBIDDEN)


def test_the_command_line_needs_only_the_environments():
    modules = run_python(
        "import json, sys, io, contextlib\n"
        "from gridpath_benchmarks.cli import main\n"
        "with contextlib.redirect_stdout(io.StringIO()):\n"
        "    codes = [main(['envs']), main(['envs', 'show', 'GridPath-v0', '--set', 'radius=3']), main(['warmup'])]\n"
        "assert codes == [0, 0, 0]\n"
        "print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    )
    assert not set(modules) & set(FORBIDDEN)


def imports(path):
    """Yield what a file imports; ``from package import name`` counts as the package and as the name within it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def layer(parts):
    return LAYERS.get(parts[0].removesuffix(".py"))


def test_every_part_of_the_environments_has_a_layer(root):
    parts = {path.name.removesuffix(".py") for path in (root / "gridpath_envs").iterdir()}
    assert parts - {"__init__", "__pycache__"} == set(LAYERS)


def test_imports_within_the_environments_go_one_way(root):
    package = root / "gridpath_envs"
    for path in package.rglob("*.py"):
        parts = path.relative_to(package).parts
        if parts == ("__init__.py",):
            continue
        for name in imports(path):
            if name.startswith("gridpath_envs.") and layer(name.split(".")[1:]) is not None:
                assert layer(name.split(".")[1:]) <= layer(parts), f"{path}: imports {name}"


@pytest.mark.parametrize("folder", ["core", "maps", "tasks"])
def test_kernels_maps_and_tasks_know_no_environment_class(root, folder):
    for path in (root / "gridpath_envs" / folder).rglob("*.py"):
        for name in imports(path):
            assert not name.startswith("gymnasium.") or name.startswith("gymnasium.spaces"), f"{path}: imports {name}"
            assert name != "gymnasium" or folder == "tasks", f"{path}: imports {name}"
        assert "gymnasium.Env" not in path.read_text(), path


def test_environments_import_nothing_but_their_four_dependencies(root):
    package = root / "gridpath_envs"
    for path in package.rglob("*.py"):
        for name in imports(path):
            top = name.partition(".")[0]
            if path.name.startswith("sb3"):
                continue
            assert top in ALLOWED or top in sys.stdlib_module_names, f"{path}: imports {name}"


def test_agents_do_not_import_benchmarks_and_environments_import_neither(root):
    for folder, forbidden in (
        ("gridpath_envs", ("gridpath_agents", "gridpath_benchmarks")),
        ("agents", ("gridpath_benchmarks",)),
    ):
        for path in (root / folder).rglob("*.py"):
            for name in imports(path):
                assert not name.startswith(forbidden), f"{path}: imports {name}"


def test_compiled_kernels_are_kept_apart_by_the_sources_of_all_kernels(monkeypatch, tmp_path):
    from gridpath_envs.core import jit

    (tmp_path / "core").mkdir()
    (tmp_path / "maps").mkdir()
    kernel_file = tmp_path / "core" / "a.py"
    monkeypatch.setattr(jit, "_PACKAGE", tmp_path)
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "cache"))
    folders = []
    for source in ("x = 1", "x = 2", "x = 1"):
        kernel_file.write_text(source)
        jit.cache_folder.cache_clear()
        folders.append(jit.cache_folder())
    jit.cache_folder.cache_clear()
    assert folders[0] == folders[2] != folders[1]
    assert folders[0].parent == tmp_path / "cache"


def test_kernels_of_another_package_are_kept_apart_by_its_sources_too(monkeypatch, tmp_path):
    from gridpath_envs.core import jit

    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "cache"))
    planners = tmp_path / "planners"
    planners.mkdir()
    (planners / "called.py").write_text("def one():\n    return 1\n")
    (planners / "calling.py").write_text("def function():\n    return 2\n")
    namespace = {"__name__": "__main__"}
    exec(compile((planners / "calling.py").read_text(), planners / "calling.py", "exec"), namespace)
    folders = []
    for source in ("x = 1", "x = 2", "x = 1"):
        (planners / "called.py").write_text(source)
        jit.cache_folder.cache_clear()
        compiled = jit.kernel(namespace["function"])
        assert compiled() == 2
        folders.append(Path(compiled.stats.cache_path).parent)
        assert folders[-1] == jit.cache_folder(planners) != jit.cache_folder()
    jit.cache_folder.cache_clear()
    assert folders[0] == folders[2] != folders[1]


def test_where_no_folder_can_be_written_kernels_are_compiled_without_a_cache():
    # A file in place of each folder: that stops root too.
    code = (
        "import json, tempfile, pathlib, os\n"
        "blocked = pathlib.Path(tempfile.mkdtemp()) / 'file'; blocked.write_text('')\n"
        "os.environ['NUMBA_CACHE_DIR'] = str(blocked / 'cache'); tempfile.tempdir = str(blocked)\n"
        "from gridpath_envs.core import jit, rng\n"
        "print(json.dumps([str(jit.cache_folder()), int(rng.below(rng.draw(1, 2), 10)), rng.mix64.stats.cache_path]))"
    )
    folder, value, cache_path = run_python(code)
    assert (folder, cache_path) == ("None", None)
    assert 0 <= value < 10
