"""The functional face of attention; `plugrad.nn.functional` is where users find it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from plugrad.core import creation, dtypes, ops
from plugrad.core.errors import with_hint
from plugrad.nn.functional.attention_checks import check_attention
from plugrad.nn.functional.dropout import dropout

if TYPE_CHECKING:
    from plugrad.core.tensor import Tensor

# The definitions of ops are written in an untyped language.
_ops: Any = ops


def scaled_dot_product_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Tensor:
    """Attend: softmax(q k^T * scale + mask) v, over the last two dimensions.

    https://arxiv.org/abs/1706.03762

    Args:
        query: ``(*, L, E)``.
        key: ``(*, S, E)``.
        value: ``(*, S, Ev)``.
        attn_mask: Broadcast to ``(*, L, S)``: booleans, true where attention is paid; or numbers that are added.
        dropout_p: Probability of a weight to be dropped, also outside of training.
        is_causal: Whether each place attends only to itself and those before.
        scale: 1 / sqrt(E) by default.
        enable_gqa: Whether keys and values have fewer heads, each of which serves a group of queries.

    Raises:
        RuntimeError: A shape or a dtype does not fit, or there are two masks.

    Example::

        >>> import plugrad
        >>> x = plugrad.ones(2, 5, 4)
        >>> plugrad.nn.functional.scaled_dot_product_attention(x, x, x, is_causal=True).shape
        plugrad.Size([2, 5, 4])
    """
    check_attention(query, key, value, attn_mask, is_causal)
    if enable_gqa:
        key, value = _grouped(query, key), _grouped(query, value)
    factor = 1 / math.sqrt(query.shape[-1]) if scale is None else scale
    # The root of the scale on both sides, as in PyTorch: neither overflows.
    root = math.sqrt(abs(factor))
    scores = (query * math.copysign(root, factor)) @ (key * root).transpose(-2, -1)
    if is_causal:
        shape = (query.shape[-2], key.shape[-2])
        attn_mask = creation.ones(shape, dtype=dtypes.bool_, device=query.device).tril()
    if attn_mask is None:
        weights = scores.softmax(-1)
    else:
        if attn_mask.dtype is dtypes.bool_:
            scores = _ops.where(attn_mask, scores, -math.inf)
        else:
            scores = scores + attn_mask
        # Who may attend to nothing gets nothing.
        nothing = (scores == -math.inf).all(-1, keepdim=True)
        weights = _ops.where(nothing, 0, _ops.where(nothing, 0, scores).softmax(-1))
    if dropout_p > 0:
        weights = dropout(weights, dropout_p)
    result: Tensor = weights @ value
    return result


def _grouped(query: Tensor, x: Tensor) -> Tensor:
    """Keys or values with as many heads as queries."""
    heads, own = query.shape[-3], x.shape[-3]
    if heads % own:
        raise RuntimeError(
            with_hint("Number of heads in key and value must divide the number of heads in ", f"{own} and {heads}.")
        )
    return x if heads == own else x.repeat_interleave(heads // own, dim=-3)
