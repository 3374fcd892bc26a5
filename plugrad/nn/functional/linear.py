"""The functional face of linear maps; `plugrad.nn.functional` is where users find them."""

from __future__ import annotations

from typing import Any

from plugrad.core import ops
from plugrad.core.arguments import mistyped
from plugrad.core.tensor import Tensor
from plugrad.nn.functional.checks import check_bilinear

# The definitions of ops are written in an untyped language.
_ops: Any = ops


def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Apply an affine map to the last dimension: y = x A^T + b.

    Args:
        input: ``(*, in_features)``.
        weight: (out_features, in_features), or (in_features) for an output without that dimension.
        bias: (out_features), or what broadcasts to the output.

    Raises:
        RuntimeError: The sizes or the dtypes do not fit.

    Example::

        >>> import plugrad
        >>> import plugrad.nn.functional as F
        >>> F.linear(plugrad.ones(2, 3), plugrad.ones(4, 3)).shape
        plugrad.Size([2, 4])
    """
    if bias is not None and not isinstance(bias, Tensor):
        raise mistyped("linear", "bias", 3, "Tensor", bias)
    result: Tensor = _ops.linear(input, weight, bias)
    return result


def bilinear(input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Apply a bilinear map: y_k = x1^T A_k x2 + b_k.

    Args:
        input1: ``(*, in1_features)``.
        input2: ``(*, in2_features)``.
        weight: (out_features, in1_features, in2_features).
        bias: (out_features).

    Raises:
        RuntimeError: The sizes do not fit.

    Example::

        >>> import plugrad
        >>> import plugrad.nn.functional as F
        >>> F.bilinear(plugrad.ones(5, 2), plugrad.ones(5, 3), plugrad.ones(4, 2, 3)).shape
        plugrad.Size([5, 4])
    """
    check_bilinear(input1, input2, weight, bias)
    # x1^T A gives (*, out, in2): one matrix product, then the product with x2 is summed.
    rows, columns, depth = weight.shape
    left = linear(input1, weight.permute(0, 2, 1).reshape(rows * depth, columns))
    left = left.reshape(*input1.shape[:-1], rows, depth)
    y = (left @ input2.unsqueeze(-1)).squeeze(-1)
    result: Tensor = y if bias is None else y + bias
    return result
