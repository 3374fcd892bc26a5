"""Arithmetic: the four operations and what stands beside them."""

from __future__ import annotations

from plugrad.core.facts import case, real
from plugrad.core.op import op
from plugrad.core.refusals import BOOLEAN, COMPLEX, INTEGER, boolean_operands, booleans, lacks, unsigned

_size = abs

__all__ = [
    "abs", "add", "addcdiv", "addcmul", "copysign", "divide", "divide_floor", "divide_trunc",
    "floor_divide", "fmod", "lerp", "multiply", "negative", "nextafter", "positive", "remainder", "sgn", "sign",
    "sign_or_zero", "subtract",
]  # fmt: skip


@op(linear="all", node="Add", called="add")
def add(xp, x1, x2):
    r"""Return the elementwise sum.

    .. math:: y_i = input_i + other_i

    Example::

        >>> import plugrad
        >>> plugrad.add(plugrad.tensor([1.0, 2.0]), plugrad.tensor([10.0, 20.0]))
        tensor([11., 22.])
    """
    return xp.add(x1, x2)


add.vjp(x1=lambda xp, g: g, x2=lambda xp, g: g)


@op(linear="all", node="Sub", number_first="RsubBackward1", called="sub", refuse=boolean_operands)
def subtract(xp, x1, x2):
    r"""Return the elementwise difference.

    .. math:: y_i = input_i - other_i

    Example::

        >>> import plugrad
        >>> plugrad.subtract(plugrad.tensor([1.0, 2.0]), plugrad.tensor([10.0, 20.0]))
        tensor([ -9., -18.])
    """
    return xp.subtract(x1, x2)


subtract.vjp(x1=lambda xp, g: g, x2=lambda xp, g: -g)


@op(node="Mul", called="mul")
def multiply(xp, x1, x2):
    r"""Return the elementwise product.

    .. math:: y_i = input_i \cdot other_i

    Example::

        >>> import plugrad
        >>> plugrad.multiply(plugrad.tensor([1.0, 2.0]), plugrad.tensor([10.0, 20.0]))
        tensor([10., 40.])
    """
    return xp.multiply(x1, x2)


multiply.vjp(x1=lambda xp, g, x2: g * x2, x2=lambda xp, g, x1: g * x1)


@op(node="Div", called="div", promote="float", domain="nonzero divisor")
def divide(xp, x1, x2):
    r"""Return the elementwise true quotient; of integers it is floating point.

    .. math:: y_i = \frac{input_i}{other_i}

    Example::

        >>> import plugrad
        >>> plugrad.divide(plugrad.tensor([7, 8]), plugrad.tensor([2, 2]))
        tensor([3.5000, 4.0000])
    """
    return xp.divide(x1, x2)


divide.vjp(
    x1=lambda xp, g, x2: xp.divide(g, x2),
    # Two divisions, never x2 * x2: PyTorch's order, so that overflow and 0 agree.
    x2=lambda xp, g, x1, x2: -g * xp.divide(xp.divide(x1, x2), x2),
)


@op(linear="all", node="Neg", called="neg", refuse=booleans(
    "Negation, the `-` operator, on a bool tensor is not supported. If you are trying to invert a mask, "
    "use the `~` or `logical_not()` operator instead.", "~mask inverts a mask."))  # fmt: skip
def negative(xp, x):
    r"""Return the elements with the other sign.

    .. math:: y_i = -input_i

    Example::

        >>> import plugrad
        >>> plugrad.neg(plugrad.tensor([1.0, -2.0]))
        tensor([-1.,  2.])
    """
    return xp.negative(x)


negative.vjp(x=lambda xp, g: -g)


@op(linear="all", node="Alias", refuse=booleans(
    "The `+` operator, on a bool tensor is not supported.", "convert first: x.int()."))  # fmt: skip
def positive(xp, x):
    r"""Return the elements as they are, in a copy.

    .. math:: y_i = input_i

    Example::

        >>> import plugrad
        >>> plugrad.positive(plugrad.tensor([1.0, -2.0]))
        tensor([ 1., -2.])
    """
    return xp.positive(x)


positive.vjp(x=lambda xp, g: g)


@op(node="Abs", refuse=lacks("abs_cpu", BOOLEAN), result="real", kinks=(0.0,))
def abs_(xp, x):
    r"""Return the absolute values. At 0 the gradient is 0.

    .. math:: y_i = |input_i|

    Example::

        >>> import plugrad
        >>> plugrad.abs(plugrad.tensor([1.0, -2.0]))
        tensor([1., 2.])
    """
    return xp.abs(x)


# The gradient at 0 is 0. The conjugate of the sign: d|z| = Re(conj(sgn z) dz).
abs_.vjp(x=lambda xp, g, x: g * xp.conj(xp.sgn(x)))


@op(node="Sign", holomorphic=False, kinks=(0.0,))
def sign(xp, x):
    """-1, 0 or 1, by the standard: nan of nan."""
    return xp.sign(x)


@op(node="Sgn", holomorphic=False, kinks=(0.0,))
def sgn(xp, x):
    r"""Return the signs: -1, 0 or 1, and 0 of nan; of complex numbers the directions, of length 1 or 0.

    .. math:: y_i = \frac{input_i}{|input_i|}, \quad 0 \text{ if } input_i = 0

    Example::

        >>> import plugrad
        >>> plugrad.sgn(plugrad.tensor([3 + 4j, 0j]))
        tensor([0.6000+0.8000j, 0.0000+0.0000j])
    """
    if xp.isdtype(x.dtype, "complex floating"):
        size = xp.abs(x)
        return xp.drop_where(xp.divide(x, xp.where(size == 0, 1, size)), size == 0)
    return xp.where(xp.equal(x, x), xp.sign(x), 0)


def _sgn_rule(xp, g, x):
    if not xp.isdtype(x.dtype, "complex floating"):
        return xp.zeros_like(g)
    # What turns z, not what stretches it: the part of g across z, over |z|. 0 at 0.
    zero = x == 0
    x = xp.where(zero, 1, x)
    direction = xp.conj(xp.sgn(x))
    return xp.drop_where(xp.divide(g - xp.conj(g) * (direction * direction), 2 * xp.abs(x)), zero)


sign.vjp(x=_sgn_rule)
sgn.vjp(x=_sgn_rule)


@op(node="Sign", called="sign", refuse=unsigned, kinks=(0.0,))
def sign_or_zero(xp, x):
    r"""Return the signs: -1, 0 or 1, and 0 of nan.

    .. math:: y_i = \frac{input_i}{|input_i|}, \quad 0 \text{ if } input_i = 0

    Raises:
        NotImplementedError: for complex numbers, which ``sgn`` takes.

    Example::

        >>> import plugrad
        >>> plugrad.sign(plugrad.tensor([0.5, -2.0, 0.0]))
        tensor([ 1., -1.,  0.])
    """
    return xp.sgn(x)


sign_or_zero.vjp(x=lambda xp, g: xp.zeros_like(g))


@op(node="Copysign", promote="float", domain="nonzero", refuse=lacks("copysign_cpu", COMPLEX))
def copysign(xp, x1, x2):
    r"""Return the magnitudes of one tensor with the signs of another, also of -0.0.

    .. math:: y_i = |input_i| \text{ with the sign of } other_i

    Example::

        >>> import plugrad
        >>> plugrad.copysign(plugrad.tensor([1.0, 2.0]), plugrad.tensor([-0.0, 3.0]))
        tensor([-1.,  2.])
    """
    return xp.copysign(x1, x2)


copysign.vjp(
    # The gradient at x1 = 0 is 0. The ratio is 1 or -1 elsewhere, and nan where x1 is infinite, as in
    # PyTorch.
    x1=lambda xp, g, x1, y: g * xp.where(xp.equal(x1, 0), 0, xp.divide(y, x1)),
    x2=lambda xp, g: xp.zeros_like(g),
)


@op(node="Nextafter", refuse=lacks("nextafter_cpu", BOOLEAN, INTEGER, COMPLEX))
def nextafter(xp, x1, x2):
    r"""Return the next floating point numbers after those of one tensor, towards those of another.

    .. math:: y_i = \min \{ z > input_i \} \text{ or } \max \{ z < input_i \}

    Example::

        >>> import plugrad
        >>> x = plugrad.tensor([1.0])
        >>> plugrad.nextafter(x, plugrad.tensor([2.0])) - x == plugrad.finfo(x.dtype).eps
        tensor([True])
    """
    return xp.nextafter(x1, x2)


nextafter.vjp(
    # Where the two are equal there is no next one, and PyTorch's gradient is 0.
    x1=lambda xp, g, x1, x2: g * xp.astype(xp.not_equal(x1, x2), dtype=g.dtype),
    x2=lambda xp, g: xp.zeros_like(g),
)


@op(node="FloorDivide", refuse=lacks("div_floor_cpu", BOOLEAN, COMPLEX), undefined=True, domain="nonzero divisor")
def floor_divide(xp, x1, x2):
    r"""Return the elementwise quotient, rounded down. PyTorch has no derivative of it: see ``div``.

    .. math:: y_i = \left\lfloor \frac{input_i}{other_i} \right\rfloor

    Example::

        >>> import plugrad
        >>> plugrad.floor_divide(plugrad.tensor([7, -7]), plugrad.tensor([2, 2]))
        tensor([ 3, -4])
    """
    return xp.floor_divide(x1, x2)


@op(node="Div", called="div", refuse=lacks("div_floor_cpu", BOOLEAN, COMPLEX), domain="nonzero divisor")
def divide_floor(xp, x1, x2):
    """The quotient, rounded down; its derivative is 0."""
    return xp.floor_divide(x1, x2)


divide_floor.vjp(x1=lambda xp, g: xp.zeros_like(g), x2=lambda xp, g: xp.zeros_like(g))


def _is_integral(xp, x1, x2):
    """Whether two operands, one of which may be a Python number, are integers."""
    return xp.isdtype(x1.dtype if hasattr(x1, "dtype") else x2.dtype, "integral")


@op(node="Div", called="div", refuse=lacks("div_trunc_cpu", BOOLEAN, COMPLEX), domain="nonzero divisor")
def divide_trunc(xp, x1, x2):
    """The quotient, rounded towards 0; its derivative is 0."""
    if not _is_integral(xp, x1, x2):
        return xp.trunc(xp.divide(x1, x2))
    quotient = xp.floor_divide(x1, x2)
    inexact = xp.not_equal(quotient * x2, x1)
    return xp.where(xp.logical_and(inexact, xp.less(quotient, 0)), quotient + 1, quotient)


divide_trunc.vjp(x1=lambda xp, g: xp.zeros_like(g), x2=lambda xp, g: xp.zeros_like(g))


@op(node="Remainder", refuse=lacks("remainder_cpu", BOOLEAN, COMPLEX), domain="nonzero divisor")
def remainder(xp, x1, x2):
    r"""Return the remainder of division that has the sign of the divisor, as Python's ``%``.

    .. math:: y_i = input_i - other_i \left\lfloor \frac{input_i}{other_i} \right\rfloor

    Example::

        >>> import plugrad
        >>> plugrad.remainder(plugrad.tensor([7, -7]), plugrad.tensor([3, 3]))
        tensor([1, 2])
    """
    return xp.remainder(x1, x2)


remainder.vjp(x1=lambda xp, g: g, x2=lambda xp, g, x1, x2: -g * xp.divide_floor(x1, x2))


@op(node="Fmod", refuse=lacks("fmod_cpu", BOOLEAN, COMPLEX), domain="nonzero divisor")
def fmod(xp, x1, x2):
    r"""Return the remainder of division that has the sign of the dividend, as C's ``fmod``.

    .. math:: y_i = input_i - other_i \operatorname{trunc} \frac{input_i}{other_i}

    Example::

        >>> import plugrad
        >>> plugrad.fmod(plugrad.tensor([7, -7]), plugrad.tensor([3, 3]))
        tensor([ 1, -1])
    """
    # Of magnitudes the two kinds of remainder are one, and that one is exact.
    size = xp.remainder(_magnitude(xp, x1), _magnitude(xp, x2))
    if _is_integral(xp, x1, x2):
        return xp.where(xp.less(x1, 0), -size, size)
    return xp.copysign(size, x1)


fmod.vjp(x1=lambda xp, g: g, x2=lambda xp, g, x1, x2: -g * xp.divide_trunc(x1, x2))


def _magnitude(xp, x):
    return xp.abs(x) if hasattr(x, "dtype") else (x if x >= 0 else -x)


@op(elementwise=True, node="Lerp", refuse=lacks("lerp_kernel_scalar", BOOLEAN, INTEGER), samples=lambda: [
    case(real(3, 4), real(3, 4), real(3, 4)), case(real(3, 1), real(4), 0.25),
    case(real(3), real(3), 0.75)])  # fmt: skip
def lerp(xp, start, end, weight):
    """Linear interpolation: start + weight * (end - start)."""
    step = end - start
    if not hasattr(weight, "dtype"):
        return start + weight * step if _size(weight) < 0.5 else end - (1 - weight) * step
    # From the nearer end, so that the result is exact there.
    near = xp.less(xp.abs(weight), 0.5)
    return xp.where(near, start + weight * step, end - (1 - weight) * step)


lerp.vjp(
    start=lambda xp, g, weight: (1 - weight) * g,
    end=lambda xp, g, weight: weight * g,
    weight=lambda xp, g, start, end: g * (end - start),
)


def _scaled(value, x):
    return x if value == 1 else value * x


@op(elementwise=True, node="Addcmul", samples=lambda: [
    case(real(3, 4), real(3, 4), real(3, 4)), case(real(3, 1), real(4), real(), value=0.5)])  # fmt: skip
def addcmul(xp, x, x1, x2, *, value=1):
    """x + value * x1 * x2."""
    return x + _scaled(value, x1) * x2


addcmul.vjp(
    x=lambda xp, g: g,
    x1=lambda xp, g, x2, value: g * _scaled(value, x2),
    x2=lambda xp, g, x1, value: g * _scaled(value, x1),
)


@op(elementwise=True, node="Addcdiv", samples=lambda: [
    case(real(3, 4), real(3, 4), real(3, 4, low=0.5)),
    case(real(3, 1), real(4), real(low=0.5), value=0.5)])  # fmt: skip
def addcdiv(xp, x, x1, x2, *, value=1):
    """x + value * x1 / x2."""
    return x + xp.divide(_scaled(value, x1), x2)


addcdiv.vjp(
    x=lambda xp, g: g,
    x1=lambda xp, g, x2, value: xp.divide(_scaled(value, g), x2),
    x2=lambda xp, g, x1, x2, value: -g * xp.divide(xp.divide(_scaled(value, x1), x2), x2),
)

abs = abs_
