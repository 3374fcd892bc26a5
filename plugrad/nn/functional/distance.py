"""The functional face of distances; `plugrad.nn.functional` is where users find them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugrad.core.dtypes import promote_types
from plugrad.core.errors import with_hint
from plugrad.core.modes import no_grad
from plugrad.core.ranges import triu_indices
from plugrad.nn.functional.loss_checks import broadcast

if TYPE_CHECKING:
    from plugrad.core.tensor import Tensor


def pairwise_distance(x1: Tensor, x2: Tensor, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> Tensor:
    """Compute the p-norm of x1 - x2 + eps along the last dimension.

    Args:
        x1: ``(*, D)``.
        x2: A shape that broadcasts with it.
        p: Which norm.
        eps: Added to each difference.
        keepdim: Whether the dimension stays, with size 1.

    Raises:
        RuntimeError: The shapes do not broadcast.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.pairwise_distance(plugrad.tensor([[3.0, 4.0]]), plugrad.zeros(1, 2))
        tensor([5.0000])
    """
    result: Tensor = (x1 - x2 + eps).norm(p, -1, keepdim)
    return result


def cosine_similarity(x1: Tensor, x2: Tensor, dim: int = 1, eps: float = 1e-8) -> Tensor:
    """Compute the cosine of the angle between x1 and x2 along a dimension: x1 x2 / (norm(x1) norm(x2)).

    Args:
        x1: Any shape.
        x2: A shape that broadcasts with it.
        dim: The dimension, counted in the broadcast shape.
        eps: The smallest norm; its limit has no part in the gradient.

    Raises:
        RuntimeError: The shapes do not broadcast, or both are integers.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.cosine_similarity(plugrad.tensor([[3.0, 4.0]]), plugrad.tensor([[1.0, 0.0]]))
        tensor([0.6000])
    """
    dtype = promote_types(x1.dtype, x2.dtype)
    if not dtype.is_inexact:
        text = f"expected common dtype to be floating point, yet common dtype is {dtype.legacy_name}"
        raise RuntimeError(with_hint(text, "convert them: x1.float()."))
    x1, x2 = broadcast(x1.to(dtype), x2.to(dtype))
    parts = []
    for x in (x1, x2):
        norm = x.norm(2, dim, keepdim=True).clone()
        with no_grad():
            norm.clamp_min_(eps)
        parts.append(x / norm)
    result: Tensor = (parts[0] * parts[1]).sum(dim)
    return result


def pdist(input: Tensor, p: float = 2.0) -> Tensor:
    """Compute the p-norm of the difference of every two rows, the upper triangle of their distances row by row.

    Args:
        input: (N, D).
        p: Which norm; not negative.

    Raises:
        RuntimeError: The input is no matrix of floating point numbers, or ``p`` is negative.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.pdist(plugrad.tensor([[0.0, 0.0], [3.0, 4.0], [0.0, 1.0]]))
        tensor([5.0000, 1.0000, 4.2426])
    """
    if input.ndim != 2:
        raise RuntimeError(f"pdist only supports 2D tensors, got: {input.ndim}D")
    if not input.dtype.is_inexact:
        raise RuntimeError("pdist only supports floating-point dtypes")
    if p < 0:
        raise RuntimeError("pdist only supports non-negative p values")
    n = input.shape[0]
    first, second = triu_indices(n, n, 1, device=input.device)
    result: Tensor = (input[first] - input[second]).norm(p, 1)
    return result
