"""Counts under PyTorch's names: bins, histograms, and which elements are among others."""

from __future__ import annotations

import math
from typing import Any

from plugrad.core import arguments, dispatch, dtypes, ops, return_types
from plugrad.core.arguments import mistyped, type_name
from plugrad.core.errors import with_hint
from plugrad.core.methods import dimensions
from plugrad.core.promote import plain, result_type
from plugrad.core.value import Value

__all__ = ["bincount", "histc", "histogram", "histogramdd", "isin", "nonzero_static"]

_ISIN = (
    " * (Tensor elements, Tensor test_elements, *, bool assume_unique = False, bool invert = False, "
    "Tensor out = None)\n"
    " * (Number element, Tensor test_elements, *, bool assume_unique = False, bool invert = False, Tensor out = None)\n"
    " * (Tensor elements, Number test_element, *, bool assume_unique = False, bool invert = False, Tensor out = None)\n"
)
_HISTOGRAM = (
    " * (Tensor bins, *, Tensor weight = None, bool density = False)\n"
    " * (int bins = 100, *, tuple of floats range = None, Tensor weight = None, bool density = False)\n"
)


def bincount(input: Any, weights: Any = None, minlength: int = 0) -> Any:
    """Return how often each integer comes in a vector, or the sums of the weights of its elements.

    Args:
        input: A vector of integers that are not negative.
        weights: A weight for each element.
        minlength: The size of the result at least.

    Returns:
        A vector: of int64; with weights of float32 of these, else of float64. It has no derivative, as in PyTorch.

    Raises:
        RuntimeError: for other tensors.
        NotImplementedError: for other dtypes.

    Example::

        >>> import plugrad
        >>> plugrad.bincount(plugrad.tensor([1, 3, 3]))
        tensor([0, 1, 0, 2])
    """
    x = dimensions.tensor("bincount", input)
    minlength = arguments.as_int("bincount", "minlength", 3, minlength)
    if minlength < 0:
        raise RuntimeError(with_hint("minlength should be >= 0", f"it is {minlength}."))
    if x.dtype.category != 1:
        raise NotImplementedError(
            with_hint(f"\"bincount_cpu\" not implemented for '{x.dtype.legacy_name}'", "input.long() converts it.")
        )
    # How long the result is depends on the values: they have to be looked at, as in PyTorch.
    some = x.raw.ndim == 1 and x.numel() > 0
    if x.raw.ndim != 1 or (some and int(ops.min(x).item()) < 0):
        raise RuntimeError(
            with_hint("bincount only supports 1-d non-negative integral inputs.", f"its shape is {list(x.raw.shape)}.")
        )
    if weights is not None:
        dimensions.tensor("bincount", weights)
        if tuple(weights.raw.shape) != tuple(x.raw.shape):
            raise RuntimeError(
                with_hint("weights should be 1-d and have the same length as input", "every element needs its weight.")
            )
        if weights.dtype is not dtypes.float32:
            weights = dispatch.cast(weights, dtypes.float64)
    length = max(minlength, int(ops.max(x).item()) + 1 if some else 0)
    return ops.bincount(x, weights, length=length)


def _limits(x: Any, low: float, high: float, name: str, widen: float) -> tuple[float, float]:
    """The ends of a range; those of the elements if they are equal, and those made wider if these are equal too."""
    if low == high and x.numel():
        # What the range is depends on the values, and whether it is one must be known: PyTorch looks at them too.
        low, high = float(ops.min(x.detach()).item()), float(ops.max(x.detach()).item())
    if low == high:
        low, high = low - widen, high + widen
    if not (math.isfinite(low) and math.isfinite(high)):
        raise RuntimeError(with_hint(f"{name} range of [{low:g}, {high:g}] is not finite", "give a range."))
    return low, high


def histc(input: Any, bins: int = 100, min: Any = 0, max: Any = 0) -> Any:
    """Return how many elements lie in each of so many parts of a range.

    Args:
        input: A tensor of floating point numbers.
        bins: How many parts.
        min: Where the range begins.
        max: Where it ends; if that is the same, the range is that of the elements.

    Returns:
        A vector of ``bins`` counts, in the dtype of ``input``; it requires no gradient.

    Raises:
        RuntimeError: if the range is none.
        NotImplementedError: for other dtypes.

    Example::

        >>> import plugrad
        >>> plugrad.histc(plugrad.tensor([1.0, 2.0, 1.0]), bins=4, min=0, max=3)
        tensor([0., 2., 1., 0.])
    """
    x = dimensions.tensor("histc", input)
    bins = arguments.as_int("histc", "bins", 2, bins)
    low = arguments.as_number("histc", "min", 3, min)
    high = arguments.as_number("histc", "max", 4, max)
    _check_floating("histogram_cpu", x)
    _check_bins(bins)
    low, high = _limits(x, low, high, "plugrad.histc:", 1)
    if low > high:
        raise RuntimeError(with_hint("plugrad.histc: max must be larger than min", f"they are {low:g} and {high:g}."))
    return ops.histc(x, x.new_tensor(low), x.new_tensor(high), bins=bins)


def _check_floating(kernel: str, x: Any) -> None:
    if not x.dtype.is_floating_point:
        raise NotImplementedError(
            with_hint(f"\"{kernel}\" not implemented for '{x.dtype.legacy_name}'", "input.float() converts it.")
        )


def _check_bins(bins: int, dimension: int = 0) -> None:
    if bins <= 0:
        raise RuntimeError(
            with_hint(
                f"plugrad.histogram(): bins must be > 0, but got {bins} for dimension {dimension}",
                "there is one at least.",
            )
        )


def _check_edges(x: Any, edges: Any, dimension: int) -> None:
    if edges.raw.ndim != 1:
        raise RuntimeError(
            with_hint(
                f"plugrad.histogramdd: bins tensor should have one dimension, but got {edges.raw.ndim} dimensions in "
                f"the bins tensor for dimension {dimension}",
                "it has the edges of the bins, one more than there are bins.",
            )
        )
    if edges.dtype is not x.dtype:
        raise RuntimeError(
            with_hint(
                "plugrad.histogramdd: input tensor and bins tensors should have the same dtype, but got input with "
                f"dtype {_C_NAMES[x.dtype.name]} and bins for dimension {dimension} with dtype "
                f"{_C_NAMES.get(edges.dtype.name, edges.dtype.name)}",
                f"bins.to({x.dtype}) converts them.",
            )
        )
    _check_bins(edges.raw.shape[0] - 1, dimension)


_C_NAMES = {"float16": "c10::Half", "bfloat16": "c10::BFloat16", "float32": "float", "float64": "double"}


def _check_weight(x: Any, weight: Any, shape: tuple[int, ...]) -> None:
    if weight is None:
        return
    dimensions.tensor("histogram", weight)
    if tuple(weight.raw.shape) != shape:
        rows = list(x.raw.shape) if x.raw.ndim == len(shape) + 1 else [math.prod(shape), 1]
        raise RuntimeError(
            with_hint(
                "plugrad.histogramdd: if weight tensor is provided it should have the same shape as the input tensor "
                f"excluding its innermost dimension, but got input with shape {rows} and weight with shape "
                f"{list(weight.raw.shape)}",
                "every element needs its weight.",
            )
        )
    if weight.dtype is not x.dtype:
        raise RuntimeError(
            with_hint(
                "plugrad.histogramdd: if weight tensor is provided, input tensor and weight tensor should have the "
                f"same dtype, but got input({_C_NAMES[x.dtype.name]}), and "
                f"weight({_C_NAMES.get(weight.dtype.name, weight.dtype.name)})",
                f"weight.to({x.dtype}) converts it.",
            )
        )


def _own(edges: Any) -> Any:
    """Edges in memory of their own, outside of the graph."""
    return edges.detach().clone()


def _edges(x: Any, bins: int, limits: Any, dimension: int) -> Any:
    """The edges of so many even bins, over a range or over all elements."""
    if limits is not None:
        low, high = limits
        if low > high:
            raise RuntimeError(
                with_hint(
                    f"plugrad.histogramdd: min should not exceed max, but got min {low:g} max {high:g} for dimension "
                    f"{dimension}",
                    "a range is (min, max).",
                )
            )
    elif x.numel():
        low, high = float(ops.min(x.detach()).item()), float(ops.max(x.detach()).item())
    else:
        low, high = 0.0, 1.0
    if not (math.isfinite(low) and math.isfinite(high)):
        raise RuntimeError(
            with_hint(
                f"plugrad.histogramdd: dimension {dimension}'s range [{low:g}, {high:g}] is not finite", "give a range."
            )
        )
    if low == high:
        low, high = low - 0.5, high + 0.5
    return ops.linspace(low, high, bins + 1, dtype=x.dtype, device=x.device)


def _ranges(name: str, given: Any, count: int) -> Any:
    if given is None:
        return [None] * count
    if not isinstance(given, (tuple, list)):
        raise mistyped(name, "range", None, "tuple of floats", given)
    if len(given) != 2 * count:
        raise RuntimeError(
            with_hint(
                f"plugrad.histogramdd: for a {count}-dimensional histogram range should have {2 * count} elements, but "
                f"got {len(given)}",
                "a minimum and a maximum for each dimension.",
            )
        )
    numbers = [float(arguments.as_number(name, "range", 3, n)) for n in given]
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def histogram(input: Any, bins: Any = 100, *, range: Any = None, weight: Any = None, density: bool = False) -> Any:
    """Return how many elements lie in each bin, and the edges of the bins.

    Args:
        input: A tensor of floating point numbers.
        bins: How many bins of one width; or a vector of their edges, in order.
        range: (min, max) of the bins; that of the elements by default.
        weight: A weight for each element, that is summed in place of 1.
        density: Divide by the sum of all, and by the width of each bin.

    Returns:
        (hist, bin_edges), a named tuple. The last bin has its upper edge. There is no derivative, as in PyTorch.

    Raises:
        RuntimeError: if bins, range or weights make no sense.
        NotImplementedError: for other dtypes.

    Example::

        >>> import plugrad
        >>> plugrad.histogram(plugrad.tensor([1.0, 2.0, 1.0]), bins=4, range=(0.0, 4.0)).hist
        tensor([0., 2., 1., 0.])
    """
    x = dimensions.tensor("histogram", input)
    density = arguments.as_flag("histogram", "density", density)
    if isinstance(bins, Value) and bins.raw.ndim and range is None:
        _check_floating("histogramdd", x)
        _check_edges(x, bins, 0)
        edges = _own(bins)
    elif dimensions.is_dim(bins):
        count = arguments.as_int("histogram", "bins", 2, bins)
        _check_floating("histogramdd", x)
        _check_bins(count)
        edges = _edges(x, count, _ranges("histogram", range, 1)[0], 0)
    else:
        raise TypeError(
            "histogram() received an invalid combination of arguments - got "
            f"({type_name(bins)}), but expected one of:\n{_HISTOGRAM}"
        )
    _check_weight(x, weight, tuple(x.raw.shape))
    return return_types.histogram((ops.histogram(x, edges, weight, density=density), edges))


def histogramdd(input: Any, bins: Any, range: Any = None, weight: Any = None, density: bool = False) -> Any:
    """Return how many points lie in each cell of a grid, and the edges of the grid in each dimension.

    Args:
        input: Points: a tensor of floating point numbers whose last dimension has the coordinates.
        bins: How many bins in every dimension; or for each dimension how many, or a vector of edges.
        range: Minimum and maximum of the first dimension, of the second, and so on.
        weight: A weight for each point, that is summed in place of 1.
        density: Divide by the sum of all, and by the volume of each cell.

    Returns:
        (hist, bin_edges), a named tuple; the second is a tuple. There is no derivative, as in PyTorch.

    Raises:
        RuntimeError: if bins, range or weights make no sense.
        NotImplementedError: for other dtypes.

    Example::

        >>> import plugrad
        >>> points = plugrad.tensor([[0.0, 1.0], [1.0, 0.0], [2.0, 0.0], [2.0, 2.0]])
        >>> plugrad.histogramdd(points, [2, 2]).hist
        tensor([[0., 1.],
                [2., 1.]])
    """
    x = dimensions.tensor("histogramdd", input)
    if x.raw.ndim < 2:
        raise RuntimeError(
            with_hint(
                "plugrad.histogramdd: input tensor should have at least 2 dimensions",
                f"it has {x.raw.ndim}; the last one has the coordinates of a point.",
            )
        )
    lead, count = tuple(x.raw.shape[:-1]), x.raw.shape[-1]
    given = [bins] * count if dimensions.is_dim(bins) else bins
    if not isinstance(given, (tuple, list)):
        raise mistyped("histogramdd", "bins", 2, "tuple of ints", bins)
    if len(given) != count:
        raise RuntimeError(
            with_hint(
                "histogramdd: The size of bins must be equal to the innermost dimension of the input.",
                f"there are {len(given)} for {count} coordinates.",
            )
        )
    _check_floating("histogramdd", x)
    points = ops.reshape(x, shape=(math.prod(lead), count))
    limits = _ranges("histogramdd", range, count)
    edges = []
    for i, wanted in enumerate(given):
        if isinstance(wanted, Value) and wanted.raw.ndim:
            _check_edges(x, wanted, i)
            edges.append(_own(wanted))
        else:
            number = arguments.as_int("histogramdd", "bins", 2, wanted)
            _check_bins(number, i)
            edges.append(_edges(points[:, i], number, limits[i], i))
    _check_weight(x, weight, lead)
    flat = None if weight is None else ops.reshape(weight, shape=(-1,))
    counts = ops.histogramdd(points, edges, flat, density=arguments.as_flag("histogramdd", "density", density))
    return return_types.histogramdd((counts, tuple(edges)))


def isin(elements: Any, test_elements: Any, *, assume_unique: bool = False, invert: bool = False) -> Any:
    """Return for each element whether it is among others.

    Args:
        elements: A tensor, or a number.
        test_elements: The others; a tensor, or a number. One of both is a tensor.
        assume_unique: Taken for PyTorch's sake.
        invert: Return whether it is not.

    Returns:
        A boolean tensor of the shape of ``elements``. A nan is not among nans.

    Raises:
        RuntimeError: for booleans and complex numbers.
        TypeError: for two numbers.

    Example::

        >>> import plugrad
        >>> plugrad.isin(plugrad.tensor([1, 2, 3]), plugrad.tensor([3, 1]))
        tensor([ True, False,  True])
    """
    given: list[Any] = [v if isinstance(v, (Value, bool)) else plain(v) for v in (elements, test_elements)]
    if any([g is None for g in given]) or not any([isinstance(g, Value) for g in given]):
        raise TypeError(
            "isin() received an invalid combination of arguments - got "
            f"({type_name(elements)}, {type_name(test_elements)}), but expected one of:\n{_ISIN}"
        )
    near: Any = given[0] if isinstance(given[0], Value) else given[1]
    invert = arguments.as_flag("isin", "invert", invert)
    common = result_type(given)
    for value in given:
        dtype = value.dtype if isinstance(value, Value) else dtypes.bool_ if isinstance(value, bool) else common
        if dtype is dtypes.bool_ or dtype.is_complex:
            raise RuntimeError(
                with_hint(
                    f"Unsupported input type encountered for isin(): {_SCALAR_NAMES.get(dtype.name, dtype.name)}",
                    "convert first: x.int().",
                )
            )
    first, second = [
        dispatch.cast(g, common) if isinstance(g, Value) else near.new_tensor(g, dtype=common) for g in given
    ]
    return ops.isin(first, second, invert=invert)


_SCALAR_NAMES = {"bool": "Bool", "complex64": "ComplexFloat", "complex128": "ComplexDouble"}


def nonzero_static(input: Any, *, size: Any = None, fill_value: int = -1) -> Any:
    """Return the indices of the first elements that are not zero, one row each: as many rows as are asked for.

    Args:
        input: The tensor.
        size: How many rows.
        fill_value: What rows beyond the elements have.

    Returns:
        An int64 matrix with a column for each dimension.

    Raises:
        RuntimeError: for a negative size.

    Example::

        >>> import plugrad
        >>> plugrad.nonzero_static(plugrad.tensor([1, 0, 2]), size=3)
        tensor([[ 0],
                [ 2],
                [-1]])
    """
    x = dimensions.tensor("nonzero_static", input)
    if size is None:
        raise TypeError('nonzero_static() missing 1 required positional arguments: "size"')
    size = arguments.as_int("nonzero_static", "size", 1, size)
    fill_value = arguments.as_int("nonzero_static", "fill_value", 2, fill_value)
    if size < 0:
        raise RuntimeError(with_hint("nonzero_static: 'size' must be an non-negative integer", f"it is {size}."))
    ndim = x.raw.ndim
    if not ndim:
        return x.new_empty((size, 0), dtype=dtypes.int64)
    flat = ops.reshape(ops.not_equal(x, 0), shape=(-1,))
    # The n-th of them, counted from 1, is where the running count first gets to n: no shape depends on the values.
    running = ops.cumulative_sum(ops.astype(flat, dtype=dtypes.int64), axis=0)
    wanted = ops.add(ops.arange(size, device=x.device), 1)
    places = ops.searchsorted_rows(running, wanted, side="left")
    total = flat.raw.shape[0]
    columns = []
    step = 1
    for n in reversed(tuple(x.raw.shape)):
        columns.append(ops.remainder(ops.floor_divide(places, step), max(n, 1)))
        step *= max(n, 1)
    found = ops.stack(list(reversed(columns)), axis=1)
    return ops.where(ops.reshape(ops.less(places, total), shape=(size, 1)), found, fill_value)


class CountingMethods:
    """The methods of this chapter."""

    __slots__ = ()

    bincount = bincount
    histc = histc
    histogram = histogram
    nonzero_static = nonzero_static
