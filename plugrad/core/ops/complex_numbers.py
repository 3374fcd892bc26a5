"""Complex numbers: their parts, conjugates and angles, and how they are made of real numbers.

None of these is holomorphic. A rule gets, and returns, dL/dx - i dL/dy (``core.conjugation`` says why): with g for the
gradient of f(z), that of z is g df/dz + conj(g) conj(df/dconj(z)).
"""

from __future__ import annotations

import math
from typing import Any

from plugrad.core.facts import case, complexes, real
from plugrad.core.namespace import FUNCTIONS
from plugrad.core.op import op
from plugrad.core.ops.overload import overload

__all__ = [
    "angle", "complex", "conj", "conj_physical", "imag", "polar", "real_part", "view_as_complex", "view_as_real",
]  # fmt: skip


@op(node="Conj", linear="all", samples=lambda: [case(complexes(3, 4)), case(complexes()), case(real(2, 3))])
def conj_(xp, x):
    """The complex conjugates; real numbers as they are."""
    return xp.conj(x)


conj_.vjp(x=lambda xp, g: xp.conj(g))
conj_physical = overload(conj_, "ConjPhysicalBackward0")


@op(node="Select", promote="none", view=True, linear="all", samples=lambda: [case(complexes(3, 4)), case(complexes())])
def real_(xp, x):
    """The real parts: a view where the library makes one."""
    return xp.real(x)


real_.vjp(x=lambda xp, g, x_dtype: xp.astype(g, dtype=x_dtype))


@op(
    node="Select",
    promote="none",
    view=True,
    linear="all",
    samples=lambda: [case(complexes(3, 4)), case(complexes())],
)
def imag(xp, x):
    """The imaginary parts: a view where the library makes one."""
    return xp.imag(x)


imag.vjp(x=lambda xp, g: xp.complex(xp.zeros_like(g), -g))


@op(node="Complex", result="complex", linear="all", holomorphic=False, samples=lambda: [
    case(real(3, 4), real(3, 4)), case(real(3, 1), real(4)), case(real(), real())])  # fmt: skip
def complex_(xp, x1, x2):
    """x1 + i x2."""
    return x1 + xp.multiply(x2, 1j)


complex_.vjp(x1=lambda xp, g: xp.real(g), x2=lambda xp, g: -xp.imag(g))


@op(
    node="ViewAsReal",
    promote="none",
    view=True,
    linear="all",
    samples=lambda: [case(complexes(3, 4)), case(complexes()), case(complexes(0, 2))],
)
def view_as_real(xp, x):
    """Real and imaginary parts along one more axis, the last: a view where the library makes one."""
    return xp.stack([xp.real(x), xp.imag(x)], axis=-1)


view_as_real.vjp(x=lambda xp, g: xp.conj(xp.view_as_complex(g)))


@op(
    node="ViewAsComplex",
    promote="none",
    view=True,
    linear="all",
    samples=lambda: [case(real(3, 2)), case(real(2)), case(real(0, 3, 2))],
)
def view_as_complex(xp, x):
    """Complex numbers of pairs along the last axis: a view where the library makes one."""
    return xp.complex(x[(..., 0)], x[(..., 1)])


view_as_complex.vjp(x=lambda xp, g: xp.view_as_real(xp.conj(g)))


@op(node="Polar", result="complex", holomorphic=False, domain=("nonnegative", "real"), samples=lambda: [
    case(real(3, 4), real(3, 4)), case(real(3, 1), real(4)), case(real(), real())])  # fmt: skip
def polar(xp, x1, x2):
    """x1 * e**(i x2)."""
    return xp.complex(x1 * xp.cos(x2), x1 * xp.sin(x2))


# Along the direction of the angle, also where the length is 0 or negative; PyTorch takes the sign of the result there.
polar.vjp(
    x1=lambda xp, g, x2: xp.real(g) * xp.cos(x2) - xp.imag(g) * xp.sin(x2),
    x2=lambda xp, g, y: -xp.imag(g * y),
)


@op(node="Angle", promote="float", result="real", kinks=(0.0,), samples=lambda: [
    case(complexes(3, 4)), case(complexes()), case(real(2, 3))])  # fmt: skip
def angle(xp, x):
    r"""Return the angles of complex numbers; of real ones 0 or pi. At 0 the gradient is 0.

    .. math:: y_i = \operatorname{atan2}(\operatorname{Im} input_i, \operatorname{Re} input_i)

    Example::

        >>> import plugrad
        >>> plugrad.angle(plugrad.tensor([1j, -1.0, 1 + 1j]))
        tensor([1.5708, 3.1416, 0.7854])
    """
    if xp.isdtype(x.dtype, "complex floating"):
        return xp.atan2(xp.imag(x), xp.real(x))
    return xp.where(x != x, x, xp.where(x < 0, math.pi, xp.zeros_like(x)))


def _angle_rule(xp, g, x):
    if not xp.isdtype(x.dtype, "complex floating"):
        return xp.zeros_like(g)
    zero = x == 0
    # 0 at 0, PyTorch's choice. Nothing is divided by 0 on the way, so that the next derivative has no nan either.
    return xp.drop_where(xp.divide(xp.complex(xp.zeros_like(g), -g), xp.where(zero, 1, x)), zero)


angle.vjp(x=_angle_rule)


def conj(x: Any) -> Any:
    """The standard's conj on Tensors; a real one is its own conjugate."""
    return conj_(x) if x.dtype.is_complex else x


def real_part(x: Any) -> Any:
    """The standard's real on Tensors; a real one is its own real part."""
    return real_(x) if x.dtype.is_complex else x


FUNCTIONS["conj"] = conj
FUNCTIONS["real"] = real_part

complex = complex_
