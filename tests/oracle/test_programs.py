"""Random programs of ops, views and in-place changes do in plugrad what they do in PyTorch.

``PLUGRAD_PROGRAMS=5000 PLUGRAD_PROGRAMS_SEED=7 pytest tests/oracle/test_programs.py`` runs more of them, others.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from tests.oracle import programs
from tests.oracle.program_steps import KINDS, NAMES, STEPS
from tests.oracle.programs import LIMITS, Instruction, check, described, draw

COUNT = int(os.environ.get("PLUGRAD_PROGRAMS", "250"))
SEED = int(os.environ.get("PLUGRAD_PROGRAMS_SEED", "0"))

instructions = st.tuples(*[st.integers(0, limit - 1) for limit in LIMITS])


@seed(SEED)
@settings(max_examples=COUNT, deadline=None, database=None, print_blob=True, suppress_health_check=list(HealthCheck))
@given(program=st.lists(instructions, min_size=4, max_size=16), start=st.integers(0, 59), second=st.booleans())
def test_random_program(program: list[Instruction], start: int, second: bool) -> None:
    try:
        check(program, start, second)
    except programs.Difference as difference:
        pytest.fail(f"seed {SEED}\n{described(program, start)}\n{program}, {start}\n{difference}")


def test_the_seed_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert programs.main(["--seed", "3", "--count", "2"]) == 0
    assert "2 programs from seed 3, 0 differ" in capsys.readouterr().out


@pytest.mark.parametrize("name", NAMES)
def test_every_step_is_drawn_and_once_does_something(name: str) -> None:
    """A step that is always refused would compare nothing."""
    assert any(name in [NAMES[i] for i in kind] for kind in KINDS)
    machines = [programs.Machine(programs.ours, start) for start in range(12)]
    number = NAMES.index(name)
    kind = next(k for k, steps in enumerate(KINDS) if number in steps)
    which = KINDS[kind].index(number)
    done = [
        machine.run((kind, which, i, j, 0, a, 1, 0, 5)) is None
        for machine in machines
        for i in range(len(machine.tensors))
        for j, a in ((i, 1), (i + 1, 2))
    ]
    assert any(done)


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("in place")])
def test_a_wrong_change_would_be_found(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The comparison sees one wrong number, in values or in gradients."""
    right = STEPS[name]

    def wrong(lib, x, y, z, n):
        made = right(lib, x, y, z, n)
        if lib is programs.ours and x.is_floating_point():
            with lib.no_grad():
                x.add_(0.25)
        return made

    monkeypatch.setitem(STEPS, name, wrong)
    number = NAMES.index(name)
    kind = next(k for k, steps in enumerate(KINDS) if number in steps)
    which = KINDS[kind].index(number)
    found = [
        programs.fails([(kind, which, i, i, 0, 1, 1, 0, 5)], start, False) for start in range(12) for i in range(6)
    ]
    assert any(found)


def test_programs_draw_every_kind_of_step() -> None:
    import random

    program = draw(random.Random(0), 500)
    assert {kind for kind, *_ in program} == set(range(len(KINDS)))
