"""Covariances, correlations, distances, and matrices made of blocks."""

from __future__ import annotations

import math
import warnings
from typing import Any

from plugrad.core import arguments, dispatch, dtypes, ops
from plugrad.core.errors import with_hint
from plugrad.core.inplace import update
from plugrad.core.linalg_refusals import shape_of
from plugrad.core.methods import dimensions
from plugrad.core.methods import matrix_checks as checks
from plugrad.core.methods.reduction import vector_norm
from plugrad.core.promote import common_dtype
from plugrad.core.value import Value

__all__ = ["block_diag", "cdist", "corrcoef", "cov", "dist", "renorm"]


def _check_table(name: str, input: Any) -> Any:
    x = checks.tensor(name, "input", input)
    if x.raw.ndim > 2:
        text = f"{name}(): expected input to have two or fewer dimensions but got an input with {x.raw.ndim} dimensions"
        raise RuntimeError(text)
    if x.dtype is dtypes.bool_:
        raise RuntimeError(f"{name}(): bool dtype is not supported for input")
    return x


def _weights(name: str, weights: Any, count: int, kind: str) -> list[float]:
    """Weights as numbers, checked as PyTorch does, which has to look at them too."""
    x = checks.tensor("cov", name, weights)
    ndim = x.raw.ndim
    if ndim > 1:
        text = f"cov(): expected {name} to have one or fewer dimensions but got {name} with {ndim} dimensions"
        raise RuntimeError(text)
    fits = x.dtype.is_floating_point if kind == "floating point" else x.dtype.category == 1
    if not fits:
        text = f"cov(): expected {name} to have {kind} dtype but got {name} with {x.dtype.legacy_name} dtype"
        raise RuntimeError(text)
    if x.numel() != count:
        raise RuntimeError(
            f"cov(): expected {name} to have the same numel as there are observations in the input but got "
            f"{x.numel()} != {count}"
        )
    found: list[float] = x.detach().reshape(-1).tolist()
    if any([w < 0 for w in found]):
        raise RuntimeError(f"cov(): {name} cannot be negative")
    return found


def cov(input: Any, *, correction: int = 1, fweights: Any = None, aweights: Any = None) -> Any:
    r"""Return the covariances of variables.

    .. math:: C_{ij} = \frac{1}{n - c} \sum_k (x_{ik} - \bar x_i) \, \overline{(x_{jk} - \bar x_j)}

    Args:
        input: A row for each variable, a column for each observation; or one variable.
        correction: c; 1 makes the estimate unbiased.
        fweights: How often each observation counts, integers.
        aweights: How much each observation counts.

    Returns:
        The covariances, or the variance of one variable.

    Shape:
        - input: (m, n) or (n)
        - Output: (m, m) or ()

    Raises:
        RuntimeError: The input has more than two dimensions, or the weights do not fit.

    Example::

        >>> import plugrad
        >>> plugrad.cov(plugrad.tensor([[0.0, 1.0, 2.0], [2.0, 1.0, 0.0]]))
        tensor([[ 1., -1.],
                [-1.,  1.]])
    """
    x = _check_table("cov", input)
    correction = arguments.as_int("cov", "correction", 1, correction)
    x = x.reshape(1, -1) if x.raw.ndim < 2 else x
    count = x.raw.shape[1]
    weights = None
    total: Any = count
    freedom: Any = count - correction
    positive = freedom > 0
    if fweights is not None or aweights is not None:
        f = [1.0] * count if fweights is None else _weights("fweights", fweights, count, "integral")
        a = [1.0] * count if aweights is None else _weights("aweights", aweights, count, "floating point")
        weight = math.fsum([p * q for p, q in zip(f, a, strict=True)])
        if weight == 0:
            raise RuntimeError("cov(): weights sum to zero, can't be normalized")
        given = [w.reshape(-1) for w in (fweights, aweights) if w is not None]
        weights = given[0] if len(given) == 1 else given[0] * given[1]
        total = ops.sum(weights)
        if aweights is not None and correction:
            squares = math.fsum([p * q * q for p, q in zip(f, a, strict=True)])
            positive = weight - correction * squares / weight > 0
            freedom = total - correction * ops.sum(weights * aweights.reshape(-1)) / total
        else:
            positive = weight - correction > 0
            freedom = total - correction
    if not positive:
        text = "cov(): degrees of freedom is <= 0. Correction should be strictly less than the number of observations."
        warnings.warn(text, stacklevel=2)
        freedom = 0
    weighed = x if weights is None else x * weights
    x = x - ops.sum(weighed, axis=1, keepdims=True) / total
    weighed = x if weights is None else x * weights
    if weighed.dtype is not x.dtype:
        x, weighed = (t.to(dtypes.promote_types(x.dtype, weighed.dtype)) for t in (x, weighed))
    products = ops.matmul(x, (weighed.conj() if x.dtype.is_complex else weighed).mT)
    return (products / freedom).squeeze()


def corrcoef(input: Any) -> Any:
    r"""Return the correlation coefficients of variables.

    .. math:: R_{ij} = C_{ij} / \sqrt{C_{ii} C_{jj}}

    Args:
        input: A row for each variable, a column for each observation; or one variable.

    Returns:
        The coefficients, between -1 and 1.

    Shape:
        - input: (m, n) or (n)
        - Output: (m, m) or ()

    Raises:
        RuntimeError: The input has more than two dimensions.

    Example::

        >>> import plugrad
        >>> plugrad.corrcoef(plugrad.tensor([[0.0, 1.0, 2.0], [2.0, 1.0, 0.0]])).round(decimals=4)
        tensor([[ 1., -1.],
                [-1.,  1.]])
    """
    found = cov(_check_table("corrcoef", input))
    if found.raw.ndim == 0:
        return found / found
    diagonal = ops.diagonal(found, offset=0, axis1=0, axis2=1)
    deviation = ops.sqrt(diagonal.real if found.dtype.is_complex else diagonal)
    found = found / ops.expand_dims(deviation, axis=1) / ops.expand_dims(deviation, axis=0)
    if found.dtype.is_complex:
        return ops.complex(found.real.clip(-1, 1), found.imag.clip(-1, 1))
    return found.clip(-1, 1)


# -- distances ---------------------------------------------------------------------------------------------------------


def cdist(x1: Any, x2: Any, p: float = 2.0, compute_mode: str = "use_mm_for_euclid_dist_if_necessary") -> Any:
    r"""Return the distance of each vector of one set to each of another.

    .. math:: d_{ij} = \lVert a_i - b_j \rVert_p

    Args:
        x1: Vectors as rows.
        x2: Vectors of the same length as rows.
        p: The order of the norm, 0 or more; also ``inf``.
        compute_mode: One of PyTorch's three; the differences are always computed, which is the most exact.

    Returns:
        The distances. At 0 their gradient is 0.

    Shape:
        - x1: (\*, n, d)
        - x2: (\*, m, d)
        - Output: (\*, n, m)

    Raises:
        RuntimeError: The shapes or the dtypes do not fit.

    Example::

        >>> import plugrad
        >>> plugrad.cdist(plugrad.tensor([[0.0, 0.0]]), plugrad.tensor([[3.0, 4.0], [0.0, 1.0]]))
        tensor([[5., 1.]])
    """
    modes = (
        "use_mm_for_euclid_dist_if_necessary", "use_mm_for_euclid_dist", "donot_use_mm_for_euclid_dist",
    )  # fmt: skip
    if compute_mode not in modes:
        raise ValueError(f"{compute_mode} is not a valid value for compute_mode")
    a = checks.tensor("cdist", "x1", x1)
    b = checks.tensor("cdist", "x2", x2, 2)
    for name, x in (("X1", a), ("X2", b)):
        if x.raw.ndim < 2:
            raise RuntimeError(f"cdist only supports at least 2D tensors, {name} got: {x.raw.ndim}D")
    if a.raw.shape[-1] != b.raw.shape[-1]:
        raise RuntimeError(
            f"X1 and X2 must have the same number of columns. X1: {a.raw.shape[-1]} X2: {b.raw.shape[-1]}"
        )
    for name, x in (("X1", a), ("X2", b)):
        if not x.dtype.is_floating_point:
            raise RuntimeError(f"cdist only supports floating-point dtypes, {name} got: {x.dtype.legacy_name}")
    p = arguments.as_number("cdist", "p", 3, p)
    if p < 0:
        raise RuntimeError("cdist only supports non-negative p values")
    if a.dtype is not b.dtype:
        text = f"expected scalar type {a.dtype.legacy_name} but found {b.dtype.legacy_name}"
        raise RuntimeError(with_hint(text, f"convert one of them: x.to({a.dtype})."))
    dispatch.broadcast_shapes(shape_of(a)[:-2], shape_of(b)[:-2])
    # Of no columns all distances are 0.
    return ops.cdist(a, b, p=_whole(p) if a.raw.shape[-1] else 2)


def _whole(p: Any) -> Any:
    """An order as the norm's rule compares it."""
    return int(p) if math.isfinite(p) and p == int(p) else p


def dist(input: Any, other: Any, p: Any = 2) -> Any:
    r"""Return the norm of a difference.

    .. math:: y = \lVert a - b \rVert_p

    Args:
        input: One tensor.
        other: The other, of a shape that broadcasts with it.
        p: The order of the norm.

    Returns:
        A tensor without dimensions.

    Example::

        >>> import plugrad
        >>> plugrad.dist(plugrad.tensor([3.0, 4.0]), plugrad.tensor([0.0, 0.0]))
        tensor(5.)
    """
    a = checks.tensor("dist", "input", input)
    b = checks.tensor("dist", "other", other, 2)
    dtype = common_dtype([a, b], to_float=False)
    if not dtype.is_inexact:
        text = f"norm(): input dtype should be either floating point or complex. Got {dtype.legacy_name} instead."
        raise RuntimeError(with_hint(text, "convert first: x.float()."))
    return vector_norm(a - b, arguments.as_number("dist", "p", 3, p), None, False)


def _renormed(name: str, input: Any, p: Any, dim: Any, maxnorm: Any) -> tuple[Any, dict[str, Any]]:
    x = checks.tensor(name, "input", input)
    p = arguments.as_number(name, "p", 2, p)
    maxnorm = arguments.as_number(name, "maxnorm", 4, maxnorm)
    if p <= 0:
        raise RuntimeError("renorm: non-positive-norm not supported")
    if maxnorm < 0:
        raise RuntimeError(f"renorm: expected maxnorm to be >= 0 but got {maxnorm:g}")
    if x.raw.ndim < 2:
        raise RuntimeError(f"renorm: input needs at least 2 dimensions, got {x.raw.ndim} dimensions")
    axis = dimensions.one("renorm", dim, x.raw.ndim, 3)
    checks.floating("linalg.vector_norm", x)
    return x, {"p": _whole(p), "axis": axis, "limit": float(maxnorm)}


def renorm(input: Any, p: Any, dim: int, maxnorm: Any) -> Any:
    r"""Return a tensor whose slices along a dimension have at most a norm.

    Args:
        input: A tensor of at least two dimensions.
        p: The order of the norm.
        dim: The dimension.
        maxnorm: The largest norm that stays.

    Returns:
        A tensor of the same shape; slices with a larger norm are scaled down to it.

    Raises:
        RuntimeError: for fewer dimensions, and for a negative norm.

    Example::

        >>> import plugrad
        >>> plugrad.renorm(plugrad.tensor([[3.0, 4.0], [0.3, 0.4]]), 2, 0, 1.0)
        tensor([[0.6000, 0.8000],
                [0.3000, 0.4000]])
    """
    x, options = _renormed("renorm", input, p, dim, maxnorm)
    return ops.renorm(x, **options)


def renorm_(input: Any, p: Any, dim: int, maxnorm: Any) -> Any:
    """In-place form of ``renorm``.

    Returns:
        This tensor.
    """
    x, options = _renormed("renorm_", input, p, dim, maxnorm)
    return update(ops.renorm.op, x, (), options)


def block_diag(*tensors: Any) -> Any:
    """Return a matrix with others along its diagonal, and 0 elsewhere.

    Args:
        tensors: Matrices; vectors count as rows, and tensors without dimensions as matrices of one element.

    Returns:
        A matrix of the sum of their sizes and of their common dtype.

    Raises:
        RuntimeError: A tensor has more than two dimensions.

    Example::

        >>> import plugrad
        >>> plugrad.block_diag(plugrad.tensor([[1, 2]]), plugrad.tensor(3))
        tensor([[1, 2, 0],
                [0, 0, 3]])
    """
    for i, x in enumerate(tensors):
        if not isinstance(x, Value):
            raise TypeError(f"expected Tensor as element {i} in argument 0, but got {arguments.type_name(x)}")
        if x.raw.ndim > 2:
            text = f"plugrad.block_diag: Input tensors must have 2 or fewer dimensions. Input {i} has {x.raw.ndim}"
            raise RuntimeError(f"{text} dimensions")
    if not tensors:
        return ops.zeros((1, 0), dtype=dtypes.get_default_dtype())
    dtype = dtypes.promote_types(tensors[0].dtype, tensors[0].dtype)
    for x in tensors:
        dtype = dtypes.promote_types(dtype, x.dtype)
    blocks = [ops.reshape(x, shape=(1, -1) if x.raw.shape else (1, 1)) if x.raw.ndim < 2 else x for x in tensors]
    width = sum([b.raw.shape[1] for b in blocks])
    rows = []
    before = 0
    for block in blocks:
        height, own = shape_of(block)
        after = width - before - own
        left, right = (ops.zeros((height, n), dtype=dtype, device=block.device) for n in (before, after))
        rows.append(ops.concat([left, dispatch.cast(block, dtype), right], axis=1))
        before += own
    return ops.concat(rows, axis=0)


class CovarianceMethods:
    """The methods of this chapter."""

    __slots__ = ()

    corrcoef = corrcoef
    cov = cov
    dist = dist
    renorm = renorm
    renorm_ = renorm_
