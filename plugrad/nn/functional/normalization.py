"""The functional face of normalization; `plugrad.nn.functional` is where users find it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from plugrad.core import ops
from plugrad.nn.functional.checks import check_layer_norm

if TYPE_CHECKING:
    from plugrad.core.tensor import Tensor

# The definitions of ops are written in an untyped language.
_ops: Any = ops


def layer_norm(
    input: Tensor,
    normalized_shape: Sequence[int],
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """Normalize over the last dimensions: y = (x - mean) / sqrt(var + eps) * weight + bias.

    Args:
        input: ``(*, normalized_shape)``.
        normalized_shape: The shape of the last dimensions.
        weight: Of that shape.
        bias: Of that shape.
        eps: Added to the variance.

    Raises:
        RuntimeError: A shape does not fit.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.layer_norm(plugrad.tensor([-1.0, 1.0]), (2,), eps=0.0)
        tensor([-1.,  1.])
    """
    shape = tuple(normalized_shape)
    check_layer_norm(input, shape, weight, bias)
    result: Tensor = _ops.layer_norm(input, weight, bias, ndim=len(shape), eps=eps)
    return result
