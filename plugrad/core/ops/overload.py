"""Overloads: PyTorch counts the forms of an op in the names of their nodes (``SumBackward0``, ``SumBackward1``)."""

from __future__ import annotations

import copy
from typing import Any

from plugrad.core.op import OpNode, plain_function

__all__: list[str] = []


def overload(function: Any, node: str) -> Any:
    """The same op, kernel and rules under another name of its node.

    Args:
        function: An op whose derivative is given already.
        node: The whole name, ``"SumBackward1"``.

    Returns:
        Its function on Tensors.
    """
    op = copy.copy(function.op)
    op.node_class = type(
        node,
        (OpNode,),
        {
            "__slots__": (),
            "op": op,
            "pull": function.op.node_class.__dict__["pull"],
            "__module__": "plugrad.autograd",
        },
    )
    op.number_first = op.number_second = op.node_class
    op.recorders = {}
    made = plain_function(op)
    made.__name__ = made.__qualname__ = function.__name__
    made.__doc__ = function.__doc__
    made.__module__ = function.__module__
    made.op = op
    return made
