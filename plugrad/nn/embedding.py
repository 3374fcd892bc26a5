"""Embedding."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from plugrad.core import creation
from plugrad.core.modes import no_grad
from plugrad.nn import functional as F  # noqa: N812 - what everybody calls it
from plugrad.nn import init
from plugrad.nn.module import Module
from plugrad.nn.parameter import Parameter

if TYPE_CHECKING:
    from plugrad.core.device import device
    from plugrad.core.dtypes import dtype
    from plugrad.core.tensor import Tensor


class Embedding(Module):
    """Look up rows of a table of vectors: y = weight[x].

    The table starts from N(0, 1).

    Args:
        num_embeddings: Number of vectors.
        embedding_dim: Their size.
        padding_idx: A row that starts at zero and gets no gradient.
        max_norm: Rows that are looked up and have a larger norm are first scaled to this norm, in place.
        norm_type: Which p-norm ``max_norm`` means.
        scale_grad_by_freq: Divide a row's gradient by how often it was looked up in the batch.
        sparse: Sparse gradients; plugrad has none, so True raises.
        device: Where the table lives.
        dtype: The table's dtype.

    Shape:
        - Input: ``(*)``, integers from 0 to num_embeddings - 1.
        - Output: ``(*, embedding_dim)``.

    Raises:
        AssertionError: ``padding_idx`` is no row.

    Example::

        >>> import plugrad
        >>> table = plugrad.nn.Embedding(10, 3, padding_idx=0)
        >>> table(plugrad.tensor([[0, 2, 0, 5]])).shape
        plugrad.Size([1, 4, 3])
        >>> table.weight[0].tolist()
        [0.0, 0.0, 0.0]
    """

    num_embeddings: int
    embedding_dim: int
    padding_idx: int | None
    max_norm: float | None
    norm_type: float
    scale_grad_by_freq: bool
    sparse: bool
    weight: Parameter

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
        _weight: Tensor | None = None,
        _freeze: bool = False,
        device: device | str | None = None,
        dtype: dtype | None = None,
    ) -> None:
        super().__init__()
        self.num_embeddings = num_embeddings
        self.embedding_dim = embedding_dim
        if padding_idx is not None:
            if not -num_embeddings <= padding_idx < num_embeddings:
                raise AssertionError("Padding_idx must be within num_embeddings")
            padding_idx %= num_embeddings
        self.padding_idx = padding_idx
        self.max_norm = max_norm
        self.norm_type = norm_type
        self.scale_grad_by_freq = scale_grad_by_freq
        self.sparse = sparse
        if _weight is None:
            empty = creation.empty((num_embeddings, embedding_dim), device=device, dtype=dtype)
            self.weight = Parameter(empty, requires_grad=not _freeze)
            self.reset_parameters()
        else:
            if tuple(_weight.shape) != (num_embeddings, embedding_dim):
                raise AssertionError("Shape of weight does not match num_embeddings and embedding_dim")
            self.weight = Parameter(_weight, requires_grad=not _freeze)

    def reset_parameters(self) -> None:
        """Draw a new table."""
        init.normal_(self.weight)
        if self.padding_idx is not None:
            with no_grad():
                self.weight[self.padding_idx] = 0

    def forward(self, input: Tensor) -> Tensor:
        """Look up the rows."""
        return F.embedding(
            input,
            self.weight,
            self.padding_idx,
            self.max_norm,
            self.norm_type,
            self.scale_grad_by_freq,
            self.sparse,
        )

    def extra_repr(self) -> str:
        """Sizes, and the options that are set."""
        text = f"{self.num_embeddings}, {self.embedding_dim}"
        if self.padding_idx is not None:
            text += f", padding_idx={self.padding_idx}"
        if self.max_norm is not None:
            text += f", max_norm={self.max_norm}"
        if self.norm_type != 2:
            text += f", norm_type={self.norm_type}"
        if self.scale_grad_by_freq is not False:
            text += f", scale_grad_by_freq={self.scale_grad_by_freq}"
        if self.sparse is not False:
            text += ", sparse=True"
        return text

    @classmethod
    def from_pretrained(
        cls,
        embeddings: Tensor,
        freeze: bool = True,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
    ) -> Self:
        """Make an Embedding of a given table.

        Args:
            embeddings: The table: (num_embeddings, embedding_dim).
            freeze: Whether it stays as it is in training.
            padding_idx: As in the constructor; the row is left as it is.
            max_norm: As in the constructor.
            norm_type: As in the constructor.
            scale_grad_by_freq: As in the constructor.
            sparse: As in the constructor.

        Raises:
            AssertionError: The table has not two dimensions.

        Example::

            >>> import plugrad
            >>> table = plugrad.nn.Embedding.from_pretrained(plugrad.eye(3))
            >>> table(plugrad.tensor([1]))
            tensor([[0., 1., 0.]])
        """
        if embeddings.ndim != 2:
            raise AssertionError("Embeddings parameter is expected to be 2-dimensional")
        rows, columns = embeddings.shape
        return cls(
            num_embeddings=rows,
            embedding_dim=columns,
            _weight=embeddings,
            _freeze=freeze,
            padding_idx=padding_idx,
            max_norm=max_norm,
            norm_type=norm_type,
            scale_grad_by_freq=scale_grad_by_freq,
            sparse=sparse,
        )


class EmbeddingBag(Module):
    """Look up rows of a table and take the sum, mean or maximum of each bag of them.

    The table starts from N(0, 1).

    Args:
        num_embeddings: How many rows the table has.
        embedding_dim: How long they are.
        max_norm: Rows that are looked up and have a larger norm are first scaled to this norm, in place.
        norm_type: Which p-norm ``max_norm`` means.
        scale_grad_by_freq: Divide a row's gradient by how often it is looked up.
        mode: ``"sum"``, ``"mean"`` or ``"max"``.
        sparse: Sparse gradients; plugrad has none, so True raises in use.
        _weight: A table to start from.
        include_last_offset: Whether the offsets end with the end of the last bag.
        padding_idx: A row that counts for nothing; it starts at 0.
        device: Where the table lives.
        dtype: The table's dtype.

    Shape:
        - Input: (B, N), or (N) with offsets (B).
        - Output: (B, embedding_dim).

    Raises:
        AssertionError: ``padding_idx`` is no row, or the table has another shape.

    Example::

        >>> import plugrad
        >>> plugrad.nn.EmbeddingBag(10, 3)(plugrad.tensor([[1, 2], [4, 5]])).shape
        plugrad.Size([2, 3])
    """

    num_embeddings: int
    embedding_dim: int
    max_norm: float | None
    norm_type: float
    scale_grad_by_freq: bool
    mode: str
    sparse: bool
    include_last_offset: bool
    padding_idx: int | None
    weight: Parameter

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        mode: str = "mean",
        sparse: bool = False,
        _weight: Tensor | None = None,
        include_last_offset: bool = False,
        padding_idx: int | None = None,
        device: device | str | None = None,
        dtype: dtype | None = None,
    ) -> None:
        super().__init__()
        if padding_idx is not None:
            if not -num_embeddings <= padding_idx < num_embeddings:
                raise AssertionError("padding_idx must be within num_embeddings")
            padding_idx %= num_embeddings
        self.num_embeddings = num_embeddings
        self.embedding_dim = embedding_dim
        self.max_norm = max_norm
        self.norm_type = norm_type
        self.scale_grad_by_freq = scale_grad_by_freq
        self.mode = mode
        self.sparse = sparse
        self.include_last_offset = include_last_offset
        self.padding_idx = padding_idx
        if _weight is None:
            self.weight = Parameter(creation.empty((num_embeddings, embedding_dim), device=device, dtype=dtype))
            self.reset_parameters()
        else:
            if tuple(_weight.shape) != (num_embeddings, embedding_dim):
                raise AssertionError("Shape of weight does not match num_embeddings and embedding_dim")
            self.weight = Parameter(_weight)

    def reset_parameters(self) -> None:
        """Draw a new table."""
        init.normal_(self.weight)
        if self.padding_idx is not None:
            with no_grad():
                self.weight[self.padding_idx] = 0

    def forward(self, input: Tensor, offsets: Tensor | None = None, per_sample_weights: Tensor | None = None) -> Tensor:
        """Look up the rows, and reduce each bag."""
        return F.embedding_bag(
            input,
            self.weight,
            offsets,
            self.max_norm,
            self.norm_type,
            self.scale_grad_by_freq,
            self.mode,
            self.sparse,
            per_sample_weights,
            self.include_last_offset,
            self.padding_idx,
        )

    def extra_repr(self) -> str:
        """Sizes, and the options that are set."""
        text = f"{self.num_embeddings}, {self.embedding_dim}"
        if self.max_norm is not None:
            text += f", max_norm={self.max_norm}"
        if self.norm_type != 2:
            text += f", norm_type={self.norm_type}"
        if self.scale_grad_by_freq is not False:
            text += f", scale_grad_by_freq={self.scale_grad_by_freq}"
        text += f", mode={self.mode!r}"
        return text if self.padding_idx is None else f"{text}, padding_idx={self.padding_idx}"
