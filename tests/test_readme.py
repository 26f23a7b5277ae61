"""The README's examples run as they stand, and its links lead somewhere."""

import re

import gridpath_agents
import gridpath_envs


def test_the_examples_run(root, monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    text = (root / "README.md").read_text()
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert len(blocks) >= 2
    for block in blocks:
        # Shorter training, the same code.
        exec(compile(block.replace("300_000", "5_000"), "README.md", "exec"), {})
    assert float(capsys.readouterr().out) > 0
    assert (tmp_path / "ppo.zip").is_file()


def test_every_environment_and_agent_is_listed(root):
    text = (root / "README.md").read_text()
    for name in [*gridpath_envs.TASKS, *gridpath_envs.JOINT_TASKS, *gridpath_agents.AGENTS]:
        assert f"| `{name}` |" in text


def test_links_and_pictures_lead_to_files(root):
    text = (root / "README.md").read_text()
    targets = re.findall(r"\]\(([^)#:]+)\)", text)
    assert targets
    for target in targets:
        assert (root / target).exists(), target


def test_every_row_of_numbers_is_one_that_a_run_wrote(root):
    text = (root / "README.md").read_text()
    published = "".join(
        (root / "benchmarks/results" / name / "README.md").read_text()
        for name in ("quick", "mapf-random", "lifelong-random", "throughput", "oracle", "planners")
    )
    rows = [line for line in text.split("\n") if line.startswith("|") and re.search(r"\d\.\d\d", line)]
    assert len(rows) >= 15 + 5
    for row in rows:
        assert row in published.split("\n"), row
