"""Random ops in the graph: what is drawn does not depend on what was there, so its gradient is zero."""

from __future__ import annotations

from plugrad.core.facts import case, real
from plugrad.core.op import op
from plugrad.core.ops.overload import overload

__all__ = ["redraw"]


@op(node="Random", promote="none", samples=lambda: [case(real(2, 3), real(2, 3))])
def redraw(xp, x, values):
    """``values``, which were drawn elsewhere, in the place of ``x``."""
    return xp.broadcast_to(values, shape=tuple(x.shape))


# PyTorch's gradient of a random op is a zero, not the absence of one.
redraw.vjp(x=lambda xp, g: xp.zeros_like(g), values=lambda xp, g: g)

#: The forms that PyTorch's functions leave in the graph, by their node.
REDRAWS = {
    name: overload(redraw, name)
    for name in (
        "UniformBackward0", "NormalBackward0", "NormalBackward1", "NormalBackward2", "BernoulliBackward0",
        "BernoulliBackward1", "BernoulliBackward2", "ExponentialBackward0", "RandomBackward0",
        "RandomBackward1",
        "RandomBackward2", "CauchyBackward0", "LogNormalBackward0", "GeometricBackward0", "PoissonBackward0",
    )
}  # fmt: skip
