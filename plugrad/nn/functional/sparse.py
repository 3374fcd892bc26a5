"""The functional face of embedding; `plugrad.nn.functional` is where users find it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plugrad.core import creation, dtypes, ops
from plugrad.core.errors import with_hint
from plugrad.core.modes import no_grad
from plugrad.nn.functional.checks import check_embedding

if TYPE_CHECKING:
    from plugrad.core.tensor import Tensor

# The definitions of ops are written in an untyped language.
_ops: Any = ops


def embedding(
    input: Tensor,
    weight: Tensor,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Tensor:
    """Look up rows of a table: y = weight[x].

    Args:
        input: Integers, of any shape.
        weight: The table: (num_embeddings, embedding_dim).
        padding_idx: A row that gets no gradient.
        max_norm: Rows that are looked up and have a larger norm are first scaled to this norm, in place.
        norm_type: Which p-norm ``max_norm`` means.
        scale_grad_by_freq: Divide a row's gradient by how often it is looked up.
        sparse: Sparse gradients; plugrad has none, so True raises.

    Raises:
        IndexError: An index is no row.
        RuntimeError: The input is not int64 or int32, or the table no matrix.
        AssertionError: ``padding_idx`` is no row.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.embedding(plugrad.tensor([2, 0]), plugrad.eye(3))
        tensor([[0., 0., 1.],
                [1., 0., 0.]])
    """
    if sparse:
        raise NotImplementedError("sparse gradients are not supported: use sparse=False")
    check_embedding(input, weight, padding_idx)
    if padding_idx is not None:
        padding_idx %= weight.shape[0]
    try:
        if max_norm is not None:
            # Looked up once before: a wrong index must be refused before rows are changed.
            _ops.embedding(weight.detach(), input)
            _renormalize(weight, input, max_norm, norm_type)
        result: Tensor = _ops.embedding(weight, input, padding_idx=padding_idx, scale_grad_by_freq=scale_grad_by_freq)
        return result
    except IndexError as error:
        raise IndexError(with_hint("index out of range in self", f"the table has {weight.shape[0]} rows.")) from error


def _renormalize(weight: Tensor, indices: Tensor, max_norm: float, norm_type: float) -> None:
    """Scale the rows that are looked up and longer than ``max_norm`` to that length, in place."""
    with no_grad():
        norms = weight.norm(p=norm_type, dim=1, keepdim=True)
        # 1e-7 as in PyTorch, against division by zero.
        scaled = weight * (max_norm / (norms + 1e-7))
        used = creation.zeros(weight.shape[0], dtype=dtypes.bool_, device=weight.device)
        used[indices.reshape(-1).long()] = True
        weight.copy_(ops.where(used.unsqueeze(1) & (norms > max_norm), scaled, weight))
