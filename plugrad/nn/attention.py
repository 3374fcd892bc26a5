"""Attention."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugrad.core import creation
from plugrad.nn import functional as F  # noqa: N812 - what everybody calls it
from plugrad.nn import init
from plugrad.nn.linear import Linear
from plugrad.nn.module import Module
from plugrad.nn.parameter import Parameter

if TYPE_CHECKING:
    from plugrad.core.device import device
    from plugrad.core.dtypes import dtype
    from plugrad.core.tensor import Tensor


class NonDynamicallyQuantizableLinear(Linear):
    """A `Linear` under the name that PyTorch prints for the last map of attention."""


class MultiheadAttention(Module):
    """Map queries, keys and values, attend with several heads, and map the result.

    https://arxiv.org/abs/1706.03762. Maps start from Xavier's uniform distribution, biases at 0.

    Args:
        embed_dim: The width of queries and of the result.
        num_heads: Into how many heads it is divided.
        dropout: Probability of a weight to be dropped, in training.
        bias: Whether the maps have biases.
        add_bias_kv: Whether there is one more key and value that are learned.
        add_zero_attn: Whether there is one more key and value of zeros.
        kdim: The width of keys, that of queries by default.
        vdim: The width of values, that of queries by default.
        batch_first: Whether the batch is dimension 0, not 1.
        device: Where the parameters live.
        dtype: The parameters' dtype.

    Shape:
        - query: (L, N, E), or (N, L, E) with ``batch_first``, or (L, E); key and value likewise.
        - Outputs: as the query, and the weights (N, L, S).

    Raises:
        ValueError: A size is not positive.
        AssertionError: The heads do not divide the width.

    Example::

        >>> import plugrad
        >>> x = plugrad.ones(5, 2, 4)
        >>> y, weights = plugrad.nn.MultiheadAttention(4, 2)(x, x, x)
        >>> y.shape, weights.shape
        (plugrad.Size([5, 2, 4]), plugrad.Size([2, 5, 5]))
    """

    embed_dim: int
    kdim: int
    vdim: int
    num_heads: int
    dropout: float
    batch_first: bool
    head_dim: int
    add_zero_attn: bool
    in_proj_weight: Parameter | None
    q_proj_weight: Parameter | None
    k_proj_weight: Parameter | None
    v_proj_weight: Parameter | None
    in_proj_bias: Parameter | None
    bias_k: Parameter | None
    bias_v: Parameter | None

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        add_bias_kv: bool = False,
        add_zero_attn: bool = False,
        kdim: int | None = None,
        vdim: int | None = None,
        batch_first: bool = False,
        device: device | str | None = None,
        dtype: dtype | None = None,
    ) -> None:
        if embed_dim <= 0 or num_heads <= 0:
            raise ValueError(
                f"embed_dim and num_heads must be greater than 0, got embed_dim={embed_dim} and "
                f"num_heads={num_heads} instead"
            )
        super().__init__()
        self.embed_dim = embed_dim
        self.kdim = embed_dim if kdim is None else kdim
        self.vdim = embed_dim if vdim is None else vdim
        self._qkv_same_embed_dim = self.kdim == self.vdim == embed_dim
        self.num_heads = num_heads
        self.dropout = dropout
        self.batch_first = batch_first
        self.head_dim = embed_dim // num_heads
        if self.head_dim * num_heads != embed_dim:
            raise AssertionError("embed_dim must be divisible by num_heads")

        def parameter(*shape: int) -> Parameter:
            return Parameter(creation.empty(shape, device=device, dtype=dtype))

        same = self._qkv_same_embed_dim
        for name, width in (("q", embed_dim), ("k", self.kdim), ("v", self.vdim)):
            self.register_parameter(f"{name}_proj_weight", None if same else parameter(embed_dim, width))
        self.register_parameter("in_proj_weight", parameter(3 * embed_dim, embed_dim) if same else None)
        self.register_parameter("in_proj_bias", parameter(3 * embed_dim) if bias else None)
        self.out_proj = NonDynamicallyQuantizableLinear(embed_dim, embed_dim, bias, device=device, dtype=dtype)
        for name in ("bias_k", "bias_v"):
            self.register_parameter(name, parameter(1, 1, embed_dim) if add_bias_kv else None)
        self.add_zero_attn = add_zero_attn
        self._reset_parameters()

    def _reset_parameters(self) -> None:
        for weight in (self.in_proj_weight, self.q_proj_weight, self.k_proj_weight, self.v_proj_weight):
            if weight is not None:
                init.xavier_uniform_(weight)
        if self.in_proj_bias is not None and self.out_proj.bias is not None:
            init.zeros_(self.in_proj_bias)
            init.zeros_(self.out_proj.bias)
        for extra in (self.bias_k, self.bias_v):
            if extra is not None:
                init.xavier_normal_(extra)

    def forward(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        key_padding_mask: Tensor | None = None,
        need_weights: bool = True,
        attn_mask: Tensor | None = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Tensor, Tensor | None]:
        """Attend; the masks are those of `functional.multi_head_attention_forward`."""
        turned = self.batch_first and query.dim() == 3
        if turned:
            # What was one tensor stays one: it is mapped at once.
            same_key, same_value = key is query, value is key
            query = query.transpose(0, 1)
            key = query if same_key else key.transpose(0, 1)
            value = key if same_value else value.transpose(0, 1)
        y, weights = F.multi_head_attention_forward(
            query,
            key,
            value,
            self.embed_dim,
            self.num_heads,
            self.in_proj_weight,
            self.in_proj_bias,
            self.bias_k,
            self.bias_v,
            self.add_zero_attn,
            self.dropout,
            self.out_proj.weight,
            self.out_proj.bias,
            training=self.training,
            key_padding_mask=key_padding_mask,
            need_weights=need_weights,
            attn_mask=attn_mask,
            use_separate_proj_weight=not self._qkv_same_embed_dim,
            q_proj_weight=self.q_proj_weight,
            k_proj_weight=self.k_proj_weight,
            v_proj_weight=self.v_proj_weight,
            average_attn_weights=average_attn_weights,
            is_causal=is_causal,
        )
        return (y.transpose(0, 1) if turned else y), weights
