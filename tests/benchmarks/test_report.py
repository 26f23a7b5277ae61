import io
import json
import re
import shutil
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from rich.console import Console

from gridpath_benchmarks.cli import main
from gridpath_benchmarks.report import write_report
from gridpath_benchmarks.store import Store
from gridpath_benchmarks.table import print_tables, summarise_results

# What a browser fetches without being asked.
FETCHING = {"src", "href", "xlink:href", "data", "poster", "srcset", "action", "background", "cite"}


class Page(HTMLParser):
    """Tags, attributes and text of a page, scripts and styles apart."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.references, self.text, self.scripts, self.styles = [], [], [], [], []
        self.inside = None
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.references += [value for name, value in attrs if name in FETCHING]
        self.inside = tag if tag in ("script", "style") else None

    def handle_endtag(self, tag):
        self.inside = None

    def handle_data(self, data):
        {"script": self.scripts, "style": self.styles}.get(self.inside, self.text).append(data)


@pytest.fixture
def results(finished_run, tmp_path):
    folder = tmp_path / "out"
    shutil.copytree(finished_run[0], folder)
    return folder


def edit(path, change):
    record = json.loads(path.read_text())
    change(record)
    path.write_text(json.dumps(record))


def cell_file(folder, name):
    return next((folder / "cells").glob(f"{name}-*.json"))


@pytest.fixture(scope="module")
def page_text(finished_run, tmp_path_factory):
    out = tmp_path_factory.mktemp("report") / "nested" / "report.html"
    assert write_report(finished_run[0], out) == []
    assert [file.name for file in out.parent.iterdir()] == ["report.html"]
    return out.read_text(encoding="utf-8")


def test_the_page_is_one_file_that_fetches_nothing(page_text):
    page = Page(page_text)
    assert all(reference.startswith("#") for reference in page.references)
    assert not {tag for tag, _ in page.tags} & {"link", "iframe", "img", "object", "embed", "base"}
    assert not re.search(r"url\(|@import", "".join(page.styles))
    policy = next(attributes["content"] for tag, attributes in page.tags if attributes.get("http-equiv"))
    assert "default-src 'none'" in policy
    assert "http" not in policy
    assert 0.5e6 < len(page_text.encode()) < 3e6


def test_texts_of_the_suite_are_escaped(page_text):
    page = Page(page_text)
    assert page_text.count("alert('suite')") == 0
    assert "<script>alert('suite')</script>" in "".join(page.text)
    assert "</script><b>five by five</b>" in "".join(page.text)
    assert sum(tag == "script" for tag, _ in page.tags) == page_text.count("</script>") == 3


def test_map_texts_from_a_foreign_file_are_escaped_or_refused(results, tmp_path):
    evil = "<script>alert(1)</script>"

    def change(record):
        record["replays"][0]["map"] = evil
        record["replays"][1]["path"].append([99, 0])

    edit(cell_file(results, "room/random/seed-0"), change)
    problems = write_report(results, tmp_path / "page.html")
    assert len(problems) == 2
    assert "room, random, seed 0: the path on level 0" in problems[0]
    assert "path[" in problems[1]
    assert evil not in (tmp_path / "page.html").read_text()


def test_tables_have_every_agent_with_intervals_and_values_to_sort_by(page_text):
    page = Page(page_text)
    rows = [
        attributes["data-value"] for tag, attributes in page.tags if tag == "th" and attributes.get("scope") == "row"
    ]
    assert rows == ["random", "shortest_path", "q_learning"] * 2
    assert "[1.000, 1.000]" in page_text
    assert page_text.count('scope="col"') == 16


def test_charts_are_vega_lite_of_learners_as_lines_and_others_as_rules(page_text):
    specs = json.loads(re.search(r'id="specs">(.*?)</script>', page_text, re.S)[1])
    assert set(specs) == {"room", "fixed"}
    band, rules, lines = specs["room"]["spl"]["layer"]
    assert {point["agent"] for point in lines["data"]["values"]} == {"q_learning"}
    assert {point["agent"] for point in rules["data"]["values"]} == {"random", "shortest_path"}
    assert (band["mark"]["type"], rules["mark"]["type"], lines["mark"]["type"]) == ("area", "rule", "line")
    first = lines["data"]["values"][0]
    assert first["timesteps"] == 0
    assert first["spl_low"] <= first["spl"] <= first["spl_high"]
    assert first["seeds"] == 2
    assert "q_learning" in specs["room"]["spl"]["description"]


def test_vega_lite_can_compile_the_charts(page_text):
    import vl_convert

    specs = json.loads(re.search(r'id="specs">(.*?)</script>', page_text, re.S)[1])
    spec = specs["fixed"]["success_rate"] | {"width": 500}
    svg = vl_convert.vegalite_to_svg(spec)
    assert "q_learning" in svg


def test_paths_are_drawn_beside_each_other_with_their_outcome(page_text):
    assert page_text.count('viewBox="0 0 5 5"') == 2 * 3
    assert page_text.count('viewBox="0 0 5 4"') == 3  # its levels are all the same one
    assert re.search(r"<b>shortest_path</b><span class=\"solved\">length (\d+), optimal \1<", page_text)
    assert 'class="unsolved">not solved, went' in page_text


def test_what_was_measured_how_is_said(page_text):
    text = " ".join("".join(Page(page_text).text).split())
    for part in (
        "6 test episodes a seed",
        "not kept apart",
        "tested on the level they were trained on",
        "Greedy takes",
        "not on a validation set",
        "gridpath bench run",
        "--jobs 2",
        "stable-baselines3",
        "cpu",
        "commit",
    ):
        assert part in text, part


def test_a_complete_run_has_no_warning(page_text):
    assert "Incomplete" not in page_text


def test_missing_failed_and_torn_cells_are_shown(results, tmp_path, capsys):
    cell_file(results, "room/random/seed-0").unlink()
    torn = cell_file(results, "room/q_learning/seed-1")
    torn.write_text("{")
    edit(
        cell_file(results, "fixed/q_learning/seed-0"),
        lambda record: record.update(status="failed", log="Boom: <b>it</b>\n\ntrace"),
    )
    for seed in (0, 1):
        cell_file(results, f"fixed/random/seed-{seed}").unlink()
    page, markdown = tmp_path / "page.html", tmp_path / "table.md"
    assert main(["bench", "report", str(results), "--out", str(page), "--markdown", str(markdown)]) == 0
    captured = capsys.readouterr()
    assert f"wrote {page}" in captured.out
    assert "missing: room, random, seed 0" in captured.err
    assert "failed: fixed, q_learning, seed 0: Boom" in captured.err
    assert f"{torn}: is damaged" in captured.err

    text = page.read_text()
    assert "Incomplete: 5 of 12 cells are missing or failed" in text
    assert "Boom: &lt;b&gt;it" in text
    assert "1/2 (1 missing)" in text
    assert "1/2 (1 failed)" in text
    assert "0/2 (2 missing)" in text
    assert "7/12" in text

    table = markdown.read_text()
    assert re.search(r"\| random \| sampled \| - \| - \| - \| - \| - \| 0/2 \(2 missing\) \|", table)
    assert "## room (6 test levels a seed, 95% intervals)" in table
    assert table.count("| q_learning | greedy |") == 2


def test_a_folder_with_no_finished_cell_still_makes_a_page(results, tmp_path):
    shutil.rmtree(results / "cells")
    problems = write_report(results, tmp_path / "page.html")
    assert len(problems) == 12
    assert "Incomplete: 12 of 12" in (tmp_path / "page.html").read_text()


def test_pictures_and_markdown_stand_for_themselves(results, tmp_path):
    pictures, table = tmp_path / "pictures", tmp_path / "table.md"
    assert main(["bench", "report", str(results), "--pictures", str(pictures), "--markdown", str(table)]) == 0
    names = sorted(path.name for path in pictures.iterdir())
    assert f"room-{names[-1].split('-')[1]}-shortest_path.svg" in names
    for path in pictures.iterdir():
        assert ElementTree.parse(path).getroot().tag.endswith("svg")
    text = table.read_text()
    assert "Made by `gridpath bench run" in text
    assert "<script>" not in text
    assert "| python | 3." in text


MANY = """\
name = "many"
seeds = [0, 1]
[evaluation]
curve_points = 2
curve_levels = 2
replays = 2
[scenarios.room]
env = "gridpath/mapf_v0"
env_kwargs = { size = [6, 7], time_limit = 20, num_agents = 4 }
test = { num_levels = 5 }
[scenarios.endless]
env = "gridpath/lifelong_v0"
env_kwargs = { size = [6, 7], time_limit = 20, num_agents = 4 }
test = { num_levels = 5 }
[scenarios.alone]
test = { num_levels = 5 }
env_kwargs = { size = [6, 7], time_limit = 20 }
[agents.random]
actions = "sampled"
[agents.ppo]
num_envs = 3
total_timesteps = 300
parameters = { n_steps = 8, batch_size = 24 }
"""


@pytest.fixture(scope="module")
def run_of_many(tmp_path_factory, command):
    folder = tmp_path_factory.mktemp("many")
    (folder / "many.toml").write_text(MANY)
    done = command("bench", "run", folder / "many.toml", "--out", folder / "out")
    assert done.returncode == 0, done.stderr
    return folder / "out", done.stdout


def test_scenarios_of_many_agents_have_columns_charts_and_pictures_of_their_own(run_of_many, tmp_path):
    page, table, pictures = tmp_path / "page.html", tmp_path / "table.md", tmp_path / "pictures"
    arguments = ["--out", str(page), "--markdown", str(table), "--pictures", str(pictures)]
    assert main(["bench", "report", str(run_of_many[0]), *arguments]) == 0
    end = "training steps | train time | seeds |"
    for columns in (
        f"| ISR | CSR | cost | makespan | path/optimal | collisions | time an episode | {end}",
        f"| agent | actions | throughput | collisions | time an episode | {end}",
        f"| agent | actions | success | SPL | path/optimal | {end}",
    ):
        assert columns in table.read_text()
    text = page.read_text()
    specs = json.loads(re.search(r'id="specs">(.*?)</script>', text, re.S)[1])
    charted = {name: sorted(charts) for name, charts in specs.items()}
    assert charted == {"room": ["csr", "isr"], "endless": ["throughput"], "alone": ["spl", "success_rate"]}
    said = " ".join("".join(Page(text).text).split())
    assert "Individual success rate: agents at their goals at the end / all agents." in said
    assert re.search(r"\d of 4 at their goals, cost \d+, at least \d+", said)
    assert re.search(r"\d+ goals in 20 steps", said)
    assert len(list(pictures.glob("room-*"))) == len(list(pictures.glob("endless-*"))) == 2 * 2
    for path in pictures.glob("room-*"):
        svg = ElementTree.parse(path).getroot()
        assert re.match(r"\w+ on room, test level \d: \d of 4 at their goals", svg.find("{*}title").text)
        assert len(svg.findall(".//{*}circle")) >= 4
        assert svg.findall(".//{*}animateTransform")


def test_a_line_and_a_table_of_many_agents_are_printed(run_of_many):
    assert re.search(r"room random seed 1: isr 0\.\d\d csr 0\.\d\d \(", run_of_many[1])
    assert re.search(r"endless random seed 1: throughput 0\.\d\d \(", run_of_many[1])
    assert "alone random seed 0: success" in run_of_many[1]


@pytest.mark.parametrize(
    "change",
    [
        lambda replay: replay["ways"].__setitem__(0, "rrrrrrrrrrrrrrrrrrrr"),
        lambda replay: replay["goals"].__setitem__(0, [[0, 99, 0]]),
        lambda replay: replay.update(map="<script>alert(1)</script>"),
    ],
)
def test_ways_from_a_foreign_file_that_cannot_be_drawn_are_named(run_of_many, tmp_path, change):
    folder = tmp_path / "out"
    shutil.copytree(run_of_many[0], folder)
    edit(cell_file(folder, "room/random/seed-0"), lambda record: change(record["replays"][0]))
    (problem,) = write_report(folder, tmp_path / "page.html")
    assert problem.startswith("room, random, seed 0: the path on level 0: ")
    assert "<script>alert" not in (tmp_path / "page.html").read_text()


def test_a_record_of_many_agents_that_is_torn_counts_as_not_done(run_of_many, tmp_path):
    folder = tmp_path / "out"
    shutil.copytree(run_of_many[0], folder)
    edit(cell_file(folder, "room/random/seed-0"), lambda record: record["episodes"]["joint"]["makespan"].pop())
    edit(cell_file(folder, "room/random/seed-1"), lambda record: record["replays"][0].update(ways=["z"] * 4))
    problems = write_report(folder, tmp_path / "page.html")
    assert sum("counts as not done" in problem for problem in problems) == 2


def test_a_narrow_terminal_gets_lines_instead_of_columns(results):
    store = Store(results)
    suite = store.read_suite()
    console = Console(width=40, record=True, file=io.StringIO())
    print_tables(summarise_results(suite, store.scan(suite.cells)[0]), console)
    text = console.export_text()
    assert "  q_learning\n    actions: greedy\n    success: 1.000" in text
    assert max(len(line) for line in text.split("\n")) <= 40
    assert "fixed (3 test episodes a seed on 1" in text


def test_a_cell_with_another_number_of_episodes_counts_as_not_done(results, capsys):
    path = next((results / "cells" / "room" / "random").glob("*.json"))
    record = json.loads(path.read_text())
    record["episodes"] = {name: values and values[:2] for name, values in record["episodes"].items()}
    path.write_text(json.dumps(record))
    path.with_name(".torn.json.1.tmp").write_text("")
    assert main(["bench", "report", str(results)]) == 0
    errors = capsys.readouterr().err
    assert "has not as many episodes as test levels; the cell counts as not done" in errors
    assert ".tmp" not in errors
