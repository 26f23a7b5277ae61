"""Pictures of what each rule makes of moves that are in each other's way; and two things that all rules keep."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import reference
import reference_agents
from gridpath_envs import mapf_v0
from gridpath_envs.core.conflicts import CONFLICTS

MOVES = "^>v<o"


def agents_of(picture):
    """Return the cell of each letter, in their order."""
    cells = {mark: (row, col) for row, line in enumerate(picture) for col, mark in enumerate(line) if mark.isalpha()}
    return [cells[mark] for mark in sorted(cells)]


def begin(picture, rule, **arguments):
    picture = picture.split()
    cells = agents_of(picture)
    walls = [[mark == "#" for mark in line] for line in picture]
    env = mapf_v0.parallel_env(map=walls, num_agents=len(cells), conflicts=rule, **arguments)
    # They stand on their goals, so that all can be reached.
    env.reset(options={"starts": cells, "goals": cells})
    return env


def play(picture, moves, rule):
    """Let each agent, in the order of their letters, make a move; return the picture after it and who was refused."""
    env = begin(picture, rule)
    infos = env.step({agent: MOVES.index(move) for agent, move in zip(env.agents, moves, strict=True)})[4]
    lines = [[mark if mark == "#" else "." for mark in line] for line in picture.split()]
    for k, (row, col) in enumerate(env.positions.tolist()):
        assert lines[row][col] == "."
        lines[row][col] = chr(ord("a") + k)
    refused = "".join(chr(ord("a") + k) for k, info in enumerate(infos.values()) if info["num_collisions"])
    return " ".join("".join(line) for line in lines), refused


def rows(what, before, moves, soft, priority=None, block_both=None):
    """Return a case a rule; a rule that is not named does the same as the one before it."""
    priority = soft if priority is None else priority
    block_both = priority if block_both is None else block_both
    afters = {"soft": soft, "priority": priority, "block_both": block_both}
    return [pytest.param(before, moves, rule, after, id=f"{what}, {rule}") for rule, after in afters.items()]


PICTURES = [
    *rows("one alone", "a. ..", ">", ".a .."),
    *rows("one beside another", "ab ..", "ov", "a. .b"),
    # Two want one cell.
    *rows("vertex conflict", "a.b", "><", ".ab", block_both="a.b"),
    *rows("vertex conflict, the lower to the right", "b.a", "<>", "ba.", block_both="b.a"),
    *rows("vertex conflict of three", "b.c #a#", "^><", "bac #.#", block_both="b.c #a#"),
    *rows("the loser keeps its cell", "a.bc", "><<", ".abc", block_both="a.bc"),
    # Change places.
    *rows("swap", "ab", "><", "ab"),
    *rows("swap upright", "b a", "^v", "b a"),
    *rows("higher index into a swap", "cab", "><>", "cab"),
    *rows("lower index into a swap", "abc", ">><", "abc"),
    # Into a cell that is being left.
    *rows("behind a lower index", "ba.", ">>", ".ba", block_both="b.a"),
    *rows("behind a higher index", "ab.", ">>", ".ab", "a.b"),
    *rows("behind a lower index around a corner", "a. b.", ">^", "ba ..", block_both=".a b."),
    *rows("behind a higher index around a corner", "b. a.", "^>", "ab ..", ".b a."),
    *rows("two behind one", "ba. .c.", ">>^", ".ba .c.", block_both="b.a .c."),
    # Chains.
    *rows("chain behind the lowest index", "cba.", ">>>", ".cba", block_both="cb.a"),
    *rows("chain behind the highest index", "abc.", ">>>", ".abc", "ab.c"),
    *rows("chain in mixed order", "bca.", ">>>", ".bca", "b.ca", "bc.a"),
    *rows("chain behind one that stays", "cba.", "o>>", "cba."),
    *rows("chain into a wall", "cba#.", ">>>", "cba#."),
    *rows("chain behind a loser", "dcb. ...a", "^>>>", "dcba ....", block_both="dcb. ...a"),
    *rows("chain behind a swap", "dcab", "><>>", "dcab"),
    *rows("chain behind a highest loser", "abc. ...d", ">>>^", ".abc ...d", "ab.c ...d", "abc. ...d"),
    # Rings.
    *rows("rotation", "ab dc", ">v<^", "da cb", "ab dc"),
    *rows("rotation the other way", "ab dc", "v<^>", "bc ad", "ab dc"),
    *rows("rotation of six", "abc fed", ">>v<<^", "fab edc", "abc fed"),
    *rows("rotation with a gap", "ab .c", ">v<", ".a cb", "ab c."),
    *rows("rotation with one that stays", "ab dc", ">v<o", "ab dc"),
    *rows("higher index into a rotation", "eab .dc", ">v<^>", "eda .cb", "eab .dc"),
    *rows("lower index into a rotation", "abc .ed", ">>v<^", "abc .ed"),
    # Walls.
    *rows("into one wall from two sides", "a#b ...", "><", "a#b ..."),
    *rows("over the edge", "a.b", "<>", "a.b"),
    *rows("behind one that runs into a wall", "ba#", ">>", "ba#"),
    *rows("what is behind a wall", "a#.b ....", "><", "a#b. ...."),
]


@pytest.mark.parametrize(("before", "moves", "rule", "after"), PICTURES)
def test_what_a_rule_makes_of_moves(before, moves, rule, after):
    assert play(before, moves, rule)[0] == after


@pytest.mark.parametrize(("before", "moves", "rule", "after"), PICTURES)
def test_the_reference_makes_the_same_of_them(before, moves, rule, after):
    cells = agents_of(before.split())
    walls = [[mark == "#" for mark in line] for line in before.split()]
    played = reference_agents.AgentsReference(walls, cells, cells, 9, rule, "stay", {})
    played.step({k: MOVES.index(move) for k, move in enumerate(moves)}, cells)
    assert played.cells == agents_of(after.split())


def test_all_rules_are_pictured():
    assert {case.values[2] for case in PICTURES} == set(CONFLICTS)


@pytest.mark.parametrize(
    ("before", "moves", "refused"),
    [
        ("bca.", ">>>", {"soft": "", "priority": "b", "block_both": "bc"}),
        ("a.b", "><", {"soft": "b", "priority": "b", "block_both": "ab"}),
        ("ab", "><", {"soft": "ab", "priority": "ab", "block_both": "ab"}),
        ("cba#", ">>>", {"soft": "bc", "priority": "bc", "block_both": "bc"}),
        # Neither who runs into a wall nor who stays.
        ("a#b ...", "><", {"soft": "", "priority": "", "block_both": ""}),
        ("bac", ">oo", {"soft": "a", "priority": "a", "block_both": "a"}),
    ],
)
def test_collisions_are_moves_that_another_agent_stops(before, moves, refused):
    assert {rule: play(before, moves, rule)[1] for rule in CONFLICTS} == refused


@st.composite
def crowds(draw):
    """Draw a map, cells of agents that reach each other, and several joint actions."""
    height, width = draw(st.integers(1, 5)), draw(st.integers(2, 5))
    cells = [(row, col) for row in range(height) for col in range(width)]
    walls = draw(st.sets(st.sampled_from(cells), max_size=len(cells) // 3))
    blocked = [[(row, col) in walls for col in range(width)] for row in range(height)]
    first = draw(st.sampled_from([cell for cell in cells if cell not in walls]))
    region = draw(st.permutations(sorted(reference.distances(blocked, first))))
    assume(len(region) > 1)
    num_agents = draw(st.integers(1, len(region)))
    each = st.lists(st.integers(0, 4), min_size=num_agents, max_size=num_agents)
    all_the_same = st.integers(0, 4).map(lambda action: [action] * num_agents)
    return blocked, region[:num_agents], draw(st.lists(st.one_of(each, all_the_same), min_size=1, max_size=6))


@pytest.mark.parametrize("rule", CONFLICTS)
@settings(max_examples=150, deadline=None)
@given(crowd=crowds())
def test_no_two_are_in_one_cell_or_change_places_and_none_moves_further_than_a_cell(rule, crowd):
    blocked, cells, joint = crowd
    env = mapf_v0.parallel_env(map=blocked, num_agents=len(cells), conflicts=rule, observation="coordinates")
    env.reset(options={"starts": cells, "goals": cells})
    for actions in joint:
        before = [tuple(cell) for cell in env.positions.tolist()]
        ended = any(env.step(dict(zip(env.agents, actions, strict=True)))[2].values())
        after = [tuple(cell) for cell in env.positions.tolist()]
        assert len(set(after)) == len(after)
        assert not any(blocked[row][col] for row, col in after)
        moved = {(one, other) for one, other in zip(before, after, strict=True) if one != other}
        assert not any((other, one) in moved for one, other in moved)
        wanted = [reference_agents.ACTIONS[action] for action in actions]
        for one, other, (drow, dcol) in zip(before, after, wanted, strict=True):
            assert other in (one, (one[0] + drow, one[1] + dcol))
        assert [tuple(cell) for cell in np.argwhere(env.state()[1]).tolist()] == sorted(after)
        if ended:
            break
