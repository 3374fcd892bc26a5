"""Recorders: the code that is written for an op's nodes says what its rules name, and can be compiled for every op."""

from __future__ import annotations

import pytest

from plugrad.core import ops, recorders
from plugrad.core.op import OPS

RECORDED = sorted(name for name, op in OPS.items() if not (op.constant or op.composite))


@pytest.mark.parametrize("name", RECORDED)
def test_every_op_has_one_for_each_of_its_inputs(name):
    op = OPS[name]
    alone = len(op.inputs) == 1 and op.variadic is None
    for i, x in enumerate(op.inputs):
        if x not in op.fixed:
            for form in (recorders.ONE,) if alone else (recorders.MANY, recorders.SEVERAL):
                assert callable(recorders.recorder(op, 1 << i, form))


def test_it_is_written_once():
    op = ops.softmax.op
    assert recorders.recorder(op, 1, recorders.ONE) is recorders.recorder(op, 1, recorders.ONE)


def test_an_overload_has_its_own():
    one, other = ops.squeeze.op, ops.squeeze_all.op
    assert recorders.recorder(one, 1, recorders.ONE) is not recorders.recorder(other, 1, recorders.ONE)


def test_it_saves_only_what_the_needed_rules_name():
    lines, _ = recorders._Writer(ops.lerp.op, 1, recorders.MANY).written()
    # The rule of the first array names the weight alone.
    assert any("(a2, None, None, )" in line for line in lines)


def test_an_input_without_a_derivative_is_refused():
    op = next(op for op in OPS.values() if op.fixed)
    i = next(i for i, name in enumerate(op.inputs) if name in op.fixed)
    with pytest.raises(RuntimeError, match="is not differentiable with respect to argument"):
        recorders.recorder(op, 1 << i, recorders.MANY)
