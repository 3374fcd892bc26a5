"""Integrals and derivatives of sampled functions under PyTorch's names."""

from __future__ import annotations

from typing import Any

from plugrad.core import arguments, dispatch, dtypes, ops
from plugrad.core.arguments import type_name
from plugrad.core.dispatch import normalized_dim
from plugrad.core.errors import with_hint
from plugrad.core.methods import dimensions
from plugrad.core.methods.joining import cat
from plugrad.core.promote import plain, wrong_type
from plugrad.core.value import Value

__all__ = ["cumulative_trapezoid", "gradient", "trapezoid", "trapz"]

_GRADIENT = (
    " * (Tensor input, *, tuple of ints dim, int edge_order = 1)\n"
    " * (Tensor input, *, Number spacing, tuple of ints dim, int edge_order = 1)\n"
    " * (Tensor input, *, Number spacing = None, int dim = None, int edge_order = 1)\n"
    " * (Tensor input, *, tuple of Scalars spacing, int dim = None, int edge_order = 1)\n"
    " * (Tensor input, *, tuple of Scalars spacing, tuple of ints dim, int edge_order = 1)\n"
    " * (Tensor input, *, tuple of Tensors spacing, int dim = None, int edge_order = 1)\n"
    " * (Tensor input, *, tuple of Tensors spacing, tuple of ints dim, int edge_order = 1)\n"
)


def _part(x: Any, axis: int, start: int, stop: int) -> Any:
    """A slice of a dimension; negative ends count from its end."""
    n = x.raw.shape[axis]
    bounds = slice(*slice(start, stop if stop else n).indices(n))
    return ops.basic_slice(x, key=(*[slice(None)] * axis, slice(bounds.start, max(bounds.start, bounds.stop), 1), ...))


# -- integrals -------------------------------------------------------------------------------------------------------


def _refused_form(name: str, *given: Any, **named: Any) -> TypeError:
    described = [type_name(g) for g in given] + [f"{key}={type_name(value)}" for key, value in named.items()]
    return TypeError(
        f"{name}() received an invalid combination of arguments - got ({', '.join(described)}), but expected one of:\n"
        " * (Tensor y, Tensor x, *, int dim = -1)\n * (Tensor y, *, Number dx = 1, int dim = -1)\n"
    )


def _steps(name: str, y: Any, x: Any, dx: Any, dim: Any) -> tuple[Any, int, Any]:
    """The samples, their dimension, and how far they are apart: a number, or a tensor that broadcasts."""
    if not isinstance(y, Value):
        raise wrong_type(name, "y", 1, y)
    named = {} if dx is None else {"dx": dx}
    if x is not None and (not isinstance(x, Value) or dx is not None):
        raise _refused_form(name, y, x, **named)
    number = plain(1 if dx is None else dx)
    if number is None:
        raise _refused_form(name, y, **named)
    if not y.raw.shape and name != "cumulative_trapezoid":
        raise IndexError(
            with_hint(f"Dimension specified as {dim} but tensor has no dimensions", "an integral needs samples.")
        )
    axis = normalized_dim(arguments.as_int(name, "dim", 2, dim), y.raw.ndim)
    if not y.raw.shape:
        raise IndexError(with_hint("slice() cannot be applied to a 0-dim tensor.", "an integral needs samples."))
    if y.dtype is dtypes.bool_ or (x is not None and x.dtype is dtypes.bool_):
        which = "`y`" if x is None else "`x` or `y`"
        raise RuntimeError(
            with_hint(
                f"{name}: received a bool input for {which}, but bool is not supported", "convert first: y.int()."
            )
        )
    if x is None:
        return y, axis, number
    shape = tuple(x.raw.shape)
    if len(shape) == 1:
        if shape[0] != y.raw.shape[axis]:
            raise RuntimeError(
                with_hint(
                    f"{name}: There must be one `x` value for each sample point",
                    f"there are {shape[0]} of them, and {y.raw.shape[axis]} samples.",
                )
            )
        x = ops.reshape(x, shape=tuple([-1 if i == axis else 1 for i in range(y.raw.ndim)]))
    elif len(shape) < y.raw.ndim:
        x = ops.reshape(x, shape=(1,) * (y.raw.ndim - len(shape)) + shape)
    # Where x has more dimensions, the last ones are those of y, but dim counts as it stands, as in PyTorch.
    return y, axis, ops.subtract(_part(x, axis, 1, 0), _part(x, axis, 0, -1))


def trapezoid(y: Any, x: Any = None, *, dx: Any = None, dim: int = -1) -> Any:
    r"""Return the integral of samples by the trapezoidal rule along a dimension.

    .. math:: \sum_i \frac{1}{2} (x_{i+1} - x_i) (y_i + y_{i+1})

    Args:
        y: The samples.
        x: Where they are taken: a vector, or a tensor that broadcasts.
        dx: How far they are apart, without ``x``; 1 by default.
        dim: The dimension.

    Returns:
        A tensor without that dimension; 0 for no samples.

    Raises:
        RuntimeError: for booleans, and if there is not one ``x`` for each sample.
        IndexError: if the dimension is out of range.

    Example::

        >>> import plugrad
        >>> plugrad.trapezoid(plugrad.tensor([1.0, 2.0, 3.0]))
        tensor(4.)
    """
    return _trapezoid("trapezoid", y, x, dx, dim)


def _trapezoid(name: str, y: Any, x: Any, dx: Any, dim: Any) -> Any:
    y, axis, step = _steps(name, y, x, dx, dim)
    if not y.raw.shape[axis]:
        shape = (*y.raw.shape[:axis], *y.raw.shape[axis + 1 :])
        return y.new_zeros(shape)
    left, right = _part(y, axis, 0, -1), _part(y, axis, 1, 0)
    if isinstance(step, Value):
        return ops.divide(ops.multiply(left + right, step).sum(axis), 2)
    first, last = _part(y, axis, 0, 1), _part(y, axis, -1, 0)
    ends = ops.squeeze(first + last, axis=axis)
    return ops.multiply(ops.subtract(y.sum(axis), ops.multiply(ends, 0.5)), step)


def trapz(y: Any, x: Any = None, *, dx: Any = None, dim: int = -1) -> Any:
    """Return the integral of samples by the trapezoidal rule: another name of ``trapezoid``.

    Example::

        >>> import plugrad
        >>> plugrad.trapz(plugrad.tensor([1.0, 2.0, 3.0]), dx=2)
        tensor(8.)
    """
    return _trapezoid("trapz", y, x, dx, dim)


def cumulative_trapezoid(y: Any, x: Any = None, *, dx: Any = None, dim: int = -1) -> Any:
    """Return the integrals up to each sample by the trapezoidal rule along a dimension.

    Args:
        y: The samples.
        x: Where they are taken: a vector, or a tensor that broadcasts.
        dx: How far they are apart, without ``x``; 1 by default.
        dim: The dimension.

    Returns:
        A tensor with one element less in that dimension.

    Raises:
        RuntimeError: for booleans, and if there is not one ``x`` for each sample.
        IndexError: if the dimension is out of range.

    Example::

        >>> import plugrad
        >>> plugrad.cumulative_trapezoid(plugrad.tensor([1.0, 2.0, 3.0]))
        tensor([1.5000, 4.0000])
    """
    y, axis, step = _steps("cumulative_trapezoid", y, x, dx, dim)
    pairs = _part(y, axis, 0, -1) + _part(y, axis, 1, 0)
    if isinstance(step, Value):
        return ops.divide(ops.multiply(pairs, step).cumsum(axis), 2)
    return ops.multiply(pairs, step / 2).cumsum(axis)


# -- derivatives -----------------------------------------------------------------------------------------------------


def gradient(input: Any, *, spacing: Any = None, dim: Any = None, edge_order: int = 1) -> tuple[Any, ...]:
    """Return estimates of the derivative of a sampled function in each dimension: central differences.

    Args:
        input: The samples.
        spacing: How far they are apart: a number; or for each dimension a number; or for each a vector of where they
            are taken. 1 by default.
        dim: The dimension or dimensions; all by default.
        edge_order: 1 or 2: the order of the estimates at the ends.

    Returns:
        A tuple of tensors of the shape of ``input``, one for each dimension.

    Raises:
        RuntimeError: if a dimension has too few samples, or ``spacing`` does not fit.
        IndexError: if a dimension is out of range.

    Example::

        >>> import plugrad
        >>> plugrad.gradient(plugrad.tensor([1.0, 2.0, 4.0, 8.0]))
        (tensor([1.0000, 1.5000, 3.0000, 4.0000]),)
    """
    x = dimensions.tensor("gradient", input)
    edge_order = arguments.as_int("gradient", "edge_order", 3, edge_order)
    ndim = x.raw.ndim
    chosen = tuple(range(ndim)) if dim is None else dimensions.several("gradient", dim, ndim)
    spacings = _spacings(spacing, len(chosen or ()), ndim, dim is None)
    if edge_order not in (1, 2):
        raise RuntimeError(
            with_hint("plugrad.gradient only supports edge_order=1 and edge_order=2.", f"it is {edge_order}.")
        )
    if x.dtype is dtypes.uint8:
        raise RuntimeError(with_hint("plugrad.gradient does not support uint8 input.", "input.int() converts it."))
    for axis in chosen or ():
        if x.raw.shape[axis] < edge_order + 1:
            raise RuntimeError(
                with_hint(
                    "plugrad.gradient expected each dimension size to be at least edge_order+1",
                    f"dimension {axis} has size {x.raw.shape[axis]}.",
                )
            )
    return tuple([_derivative(x, axis, step, edge_order) for axis, step in zip(chosen or (), spacings, strict=True)])


def _spacings(spacing: Any, count: int, ndim: int, everywhere: bool) -> list[Any]:
    """For each dimension a number, or a vector of places."""
    if spacing is None:
        return [1] * count
    if isinstance(spacing, Value) and not spacing.raw.shape:
        spacing = spacing.item()  # type: ignore[attr-defined]  # every Value is a Tensor here
    if plain(spacing) is not None:
        return [spacing] * count
    if not isinstance(spacing, (tuple, list)):
        raise TypeError(
            "gradient() received an invalid combination of arguments - got (Tensor, "
            f"spacing={type_name(spacing)}), but expected one of:\n{_GRADIENT}"
        )
    if len(spacing) != count:
        if everywhere:
            text = (
                "plugrad.gradient expected spacing to be unspecified, a scalar, or a list of length equal to "
                f"'self.dim() = {ndim}', since dim argument was not given, but got a list of length {len(spacing)}"
            )
        else:
            text = (
                "plugrad.gradient expected spacing to be unspecified, a scalar or it's spacing and dim arguments to "
                f"have the same length, but got a spacing argument of length {len(spacing)} and a dim argument of "
                f"length {count}."
            )
        raise RuntimeError(with_hint(text, "one spacing for each dimension."))
    for place in spacing:
        if isinstance(place, Value) and place.raw.ndim != 1:
            raise RuntimeError(
                with_hint(
                    "plugrad.gradient expected each element of spacing to have one dimension, but got an element with "
                    f"{place.raw.ndim} dimensions!",
                    "a vector of where the samples are taken.",
                )
            )
    return list(spacing)


def _derivative(x: Any, axis: int, step: Any, edge_order: int) -> Any:
    n = x.raw.shape[axis]
    if not isinstance(step, Value):
        return _even(x, axis, step, edge_order, n)
    if step.raw.shape[0] != n:
        raise RuntimeError(
            with_hint(
                f"plugrad.gradient expected one coordinate for each sample, but got {step.raw.shape[0]} for the {n} "
                f"samples of dimension {axis}",
                "PyTorch does not check this.",
            )
        )
    common = dtypes.promote_types(step.dtype, x.dtype)
    step = dispatch.cast(step, common if common.is_inexact else dtypes.get_default_dtype())
    step = ops.reshape(step, shape=tuple([-1 if i == axis else 1 for i in range(x.raw.ndim)]))
    width = _part(step, axis, 1, 0) - _part(step, axis, 0, -1)
    w1, w2 = _part(width, axis, 0, -1), _part(width, axis, 1, 0)
    center = (
        -w2 / (w1 * (w1 + w2)) * _part(x, axis, 0, -2)
        + (w2 - w1) / (w1 * w2) * _part(x, axis, 1, -1)
        + w1 / (w2 * (w1 + w2)) * _part(x, axis, 2, 0)
    )
    if edge_order == 1:
        first = (_part(x, axis, 1, 2) - _part(x, axis, 0, 1)) / _part(width, axis, 0, 1)
        last = (_part(x, axis, n - 1, n) - _part(x, axis, n - 2, n - 1)) / _part(width, axis, n - 2, n - 1)
        return cat([first, center, last], axis)
    a, b = _part(width, axis, 0, 1), _part(width, axis, 1, 2)
    first = (
        -(2.0 * a + b) / (a * (a + b)) * _part(x, axis, 0, 1)
        + (a + b) / (a * b) * _part(x, axis, 1, 2)
        - a / (b * (a + b)) * _part(x, axis, 2, 3)
    )
    a, b = _part(width, axis, n - 3, n - 2), _part(width, axis, n - 2, n - 1)
    last = (
        b / (a * (a + b)) * _part(x, axis, n - 3, n - 2)
        - (a + b) / (a * b) * _part(x, axis, n - 2, n - 1)
        + (2.0 * b + a) / (b * (a + b)) * _part(x, axis, n - 1, n)
    )
    return cat([first, center, last], axis)


def _even(x: Any, axis: int, step: Any, edge_order: int, n: int) -> Any:
    """Samples that are equally far apart."""
    center = (_part(x, axis, 2, 0) - _part(x, axis, 0, -2)) / step / 2.0
    if edge_order == 1:
        first = (_part(x, axis, 1, 2) - _part(x, axis, 0, 1)) / step
        last = (_part(x, axis, n - 1, n) - _part(x, axis, n - 2, n - 1)) / step
    else:
        first = (-1.5 * _part(x, axis, 0, 1) + 2.0 * _part(x, axis, 1, 2) - 0.5 * _part(x, axis, 2, 3)) / step
        last = 0.5 * _part(x, axis, n - 3, n - 2) - 2.0 * _part(x, axis, n - 2, n - 1) + 1.5 * _part(x, axis, n - 1, n)
        last = last / step
    return cat([first, center, last], axis)
