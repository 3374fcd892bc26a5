"""The functional face of attention with several heads; `plugrad.nn.functional` is where users find it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from plugrad.core import creation, ops
from plugrad.nn.functional.attention import scaled_dot_product_attention
from plugrad.nn.functional.attention_checks import (
    canonical_mask,
    check_mask,
    check_multi_head,
    check_padding,
    check_projections,
    check_sizes,
    check_static,
)
from plugrad.nn.functional.dropout import dropout
from plugrad.nn.functional.linear import linear
from plugrad.nn.functional.padding import pad
from plugrad.nn.functional.softmax import softmax

if TYPE_CHECKING:
    from plugrad.core.tensor import Tensor

# The definitions of ops are written in an untyped language.
_ops: Any = ops


_NEEDS_MASK = (
    "Need attn_mask if specifying the is_causal hint. You may use the Transformer module method "
    "`generate_square_subsequent_mask` to create this mask."
)


def _projected(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    same: tuple[bool, bool],
    weight: Tensor | None,
    bias: Tensor | None,
    separate: dict[str, Tensor | None] | None,
) -> list[Tensor]:
    """Queries, keys and values under their maps: one by one, or those of one tensor together."""
    biases = (None, None, None) if bias is None else bias.chunk(3)
    if separate is not None:
        weights: Any = tuple(separate.values())
        check_projections(q, k, v, weights, biases)
    elif same == (True, True):
        return list(linear(q, weight, bias).chunk(3, dim=-1))  # type: ignore[arg-type]  # looked at before
    else:
        weights = weight.chunk(3)  # type: ignore[union-attr]  # looked at before
    return [linear(x, w, b) for x, w, b in zip((q, k, v), weights, biases, strict=True)]


def _one_more(mask: Tensor | None) -> Tensor | None:
    """A mask with a place more, which is open."""
    return None if mask is None else pad(mask, (0, 1))


def _by_head(name: str, x: Tensor, static: Tensor | None, heads: int, part: int) -> Tensor:
    """Keys or values of each head; those that are given stay as they are."""
    if static is None:
        turned: Tensor = x.reshape(x.shape[0], heads, part).transpose(0, 1)
        return turned
    check_static(name, static, heads, part)
    return static


def multi_head_attention_forward(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    embed_dim_to_check: int,
    num_heads: int,
    in_proj_weight: Tensor | None,
    in_proj_bias: Tensor | None,
    bias_k: Tensor | None,
    bias_v: Tensor | None,
    add_zero_attn: bool,
    dropout_p: float,
    out_proj_weight: Tensor,
    out_proj_bias: Tensor | None,
    training: bool = True,
    key_padding_mask: Tensor | None = None,
    need_weights: bool = True,
    attn_mask: Tensor | None = None,
    use_separate_proj_weight: bool = False,
    q_proj_weight: Tensor | None = None,
    k_proj_weight: Tensor | None = None,
    v_proj_weight: Tensor | None = None,
    static_k: Tensor | None = None,
    static_v: Tensor | None = None,
    average_attn_weights: bool = True,
    is_causal: bool = False,
) -> tuple[Tensor, Tensor | None]:
    """Map queries, keys and values, attend with several heads, and map the result.

    https://arxiv.org/abs/1706.03762

    Args:
        query: (L, N, E) or (L, E).
        key: (S, N, E) or (S, E).
        value: The same.
        embed_dim_to_check: E.
        num_heads: Into how many heads E is divided.
        in_proj_weight: (3 E, E): maps of queries, keys and values, one below the other.
        in_proj_bias: (3 E).
        bias_k: (1, 1, E): one more key.
        bias_v: (1, 1, E): one more value.
        add_zero_attn: Whether there is one more key and value of zeros.
        dropout_p: Probability of a weight to be dropped.
        out_proj_weight: (E, E): the map of the result.
        out_proj_bias: (E).
        training: Whether weights are dropped.
        key_padding_mask: (N, S) or (S): keys that nobody attends to, or numbers that are added.
        need_weights: Whether the weights are returned too.
        attn_mask: (L, S) or (N * num_heads, L, S): true where no attention is paid, or numbers that are added.
        use_separate_proj_weight: Whether the three maps are given one by one.
        q_proj_weight: (E, E).
        k_proj_weight: (E, Ek).
        v_proj_weight: (E, Ev).
        static_k: Keys of all heads that are used as they are.
        static_v: Values of all heads that are used as they are.
        average_attn_weights: Whether the weights are averaged over heads.
        is_causal: A hint that the mask is causal.

    Returns:
        The result (L, N, E), and the weights (N, L, S), of each head unless averaged, or None.

    Raises:
        AssertionError: A shape does not fit.
        RuntimeError: A mask does not fit.

    Example::

        >>> import plugrad
        >>> x, w = plugrad.ones(5, 2, 4), plugrad.ones(12, 4)
        >>> y, weights = plugrad.nn.functional.multi_head_attention_forward(
        ...     x, x, x, 4, 2, w, None, None, None, False, 0.0, plugrad.eye(4), None
        ... )
        >>> y.shape, weights.shape
        (plugrad.Size([5, 2, 4]), plugrad.Size([2, 5, 5]))
    """
    batched = check_multi_head(query, key, value, key_padding_mask, attn_mask, num_heads)
    same = query is key, key is value
    if not batched:
        query, key, value = (x.unsqueeze(1) for x in (query, key, value))
        key_padding_mask = None if key_padding_mask is None else key_padding_mask.unsqueeze(0)
    length, count, width = query.shape
    padding = canonical_mask(key_padding_mask, "key_padding_mask", attn_mask, query)
    if is_causal and attn_mask is None:
        raise RuntimeError(_NEEDS_MASK)
    if is_causal and padding is None and not need_weights:
        mask = None
    else:
        mask = canonical_mask(attn_mask, "attn_mask", None, query)
        is_causal = is_causal and padding is None
    separate = None
    if use_separate_proj_weight:
        separate = {"q_proj_weight": q_proj_weight, "k_proj_weight": k_proj_weight, "v_proj_weight": v_proj_weight}
    check_sizes(query, key, value, embed_dim_to_check, num_heads, in_proj_weight, separate)
    q, k, v = _projected(query, key, value, same, in_proj_weight, in_proj_bias, separate)
    heads, part = count * num_heads, width // num_heads
    if mask is not None:
        check_mask(mask, heads, length, key.shape[0])
        mask = mask.unsqueeze(0) if mask.dim() == 2 else mask
    if bias_k is not None and bias_v is not None:
        if static_k is not None or static_v is not None:
            kind = "key" if static_k is not None else "value"
            raise AssertionError(f"bias cannot be added to static {kind}.")
        k = _ops.concat([k, bias_k.repeat(1, count, 1)], axis=0)
        v = _ops.concat([v, bias_v.repeat(1, count, 1)], axis=0)
        mask, padding = _one_more(mask), _one_more(padding)
    elif bias_k is not None or bias_v is not None:
        given, missing = ("bias_k", "bias_v") if bias_v is None else ("bias_v", "bias_k")
        raise AssertionError(f"{given} is set but {missing} is None")
    q = q.reshape(length, heads, part).transpose(0, 1)
    k = _by_head("static_k", k, static_k, heads, part)
    v = _by_head("static_v", v, static_v, heads, part)
    if add_zero_attn:
        zeros = creation.zeros((heads, 1, part), dtype=k.dtype, device=k.device)
        k, v = _ops.concat([k, zeros], axis=1), _ops.concat([v, zeros], axis=1)
        mask, padding = _one_more(mask), _one_more(padding)
    source = k.shape[1]
    if padding is not None:
        check_padding(padding, source, count)
        padding = padding.reshape(count, 1, 1, source).expand(-1, num_heads, -1, -1).reshape(heads, 1, source)
        mask = padding if mask is None else mask + padding
    chance = dropout_p if training else 0.0
    weights: Tensor | None = None
    if need_weights:
        scores = (q * math.sqrt(1.0 / part)).bmm(k.transpose(-2, -1))
        shares = softmax(scores if mask is None else scores + mask, dim=-1)
        if chance > 0:
            shares = dropout(shares, p=chance)
        y = shares.bmm(v).transpose(0, 1).reshape(length * count, width)
        weights = shares.reshape(count, num_heads, length, source)
        weights = weights.mean(dim=1) if average_attn_weights else weights
    else:
        if mask is not None:
            mask = mask.unsqueeze(0) if mask.shape[0] == 1 else mask.reshape(count, num_heads, -1, source)
        q, k, v = (x.reshape(count, num_heads, x.shape[1], part) for x in (q, k, v))
        y = scaled_dot_product_attention(q, k, v, mask, chance, is_causal)
        y = y.permute(2, 0, 1, 3).reshape(count * length, width)
    y = linear(y, out_proj_weight, out_proj_bias).reshape(length, count, -1)
    if batched:
        return y, weights
    return y.squeeze(1), None if weights is None else weights.squeeze(0)
