"""Orders of dimensions under PyTorch's names: permute, transpose, t, T, mT, movedim."""

from __future__ import annotations

import functools
import warnings
from typing import Any

from plugrad.core import arguments, ops
from plugrad.core.dispatch import normalized_dim
from plugrad.core.errors import with_hint
from plugrad.core.methods import dimensions, layout
from plugrad.core.ops.overload import overload
from plugrad.core.ops.shape import moved
from plugrad.core.promote import wrong_type
from plugrad.core.value import Value

__all__ = ["adjoint", "moveaxis", "movedim", "permute", "swapaxes", "swapdims", "t", "transpose"]

_swapped_ = overload(ops.permute_dims, "TransposeBackward1")

_T_OF_OTHERS = (
    "The use of `x.T` on tensors of dimension other than 2 to reverse their shape is deprecated and it will "
    "throw an error in a future release. Consider `x.mT` to transpose batches of matrices or "
    "`x.permute(*plugrad.arange(x.ndim - 1, -1, -1))` to reverse the dimensions of a tensor."
)


def permute(input: Any, *dims: Any, **names: Any) -> Any:
    """Return a view with the dimensions in another order.

    Args:
        input: The tensor.
        dims: The dimensions in the new order, one by one or as one sequence.
        names: ``dims=`` by name.

    Returns:
        A view.

    Raises:
        RuntimeError: if they are not all dimensions, each once.
        IndexError: if one is out of range.

    Example::

        >>> import plugrad
        >>> plugrad.permute(plugrad.zeros(2, 3, 4), (2, 0, 1)).shape
        plugrad.Size([4, 2, 3])
    """
    if not isinstance(input, Value):
        raise wrong_type("permute", "input", 1, input)
    order = layout.sizes("permute", dims, "dims", names)
    ndim = input.raw.ndim
    if len(order) != ndim:
        raise RuntimeError(
            "permute(sparse_coo): number of dimensions in the tensor input does not match the length of the "
            f"desired ordering of dimensions i.e. input.dim() = {ndim} is not equal to len(dims) = "
            f"{len(order)}"
        )
    axes = tuple([normalized_dim(d, ndim) for d in order])
    if len(set(axes)) != ndim:
        raise RuntimeError("permute(): duplicate dims are not allowed.")
    return ops.permute_dims(input, axes=axes)


def _swap(name: str, x: Any, dim0: Any, dim1: Any, first: str = "dim0", second: str = "dim1") -> tuple[int, ...]:
    """The permutation that exchanges two dimensions."""
    ndim = len(x.raw.shape)
    a = normalized_dim(arguments.as_int(name, first, 1, dim0), ndim)
    b = normalized_dim(arguments.as_int(name, second, 2, dim1), ndim)
    return _exchanged(ndim, a, b)


@functools.cache
def _exchanged(ndim: int, a: int, b: int) -> tuple[int, ...]:
    axes = [*range(ndim)]
    if ndim:
        axes[a], axes[b] = b, a
    return tuple(axes)


def transpose(input: Any, dim0: int, dim1: int) -> Any:
    """Return a view with two dimensions exchanged.

    Args:
        input: The tensor.
        dim0: One dimension.
        dim1: The other.

    Returns:
        A view.

    Raises:
        IndexError: if a dimension is out of range.

    Example::

        >>> import plugrad
        >>> plugrad.transpose(plugrad.tensor([[1, 2], [3, 4]]), 0, 1)
        tensor([[1, 3],
                [2, 4]])
    """
    x = dimensions.tensor("transpose", input)
    return ops.swap_dims(x, axes=_swap("transpose", x, dim0, dim1))


def swapaxes(input: Any, axis0: int, axis1: int) -> Any:
    """Return a view with two dimensions exchanged: NumPy's name of ``transpose``.

    Example::

        >>> import plugrad
        >>> plugrad.swapaxes(plugrad.zeros(2, 3), 0, 1).shape
        plugrad.Size([3, 2])
    """
    x = dimensions.tensor("swapaxes", input)
    return ops.swap_dims(x, axes=_swap("swapaxes", x, axis0, axis1, "axis0", "axis1"))


def swapdims(input: Any, dim0: int, dim1: int) -> Any:
    """Return a view with two dimensions exchanged: another name of ``transpose``.

    Example::

        >>> import plugrad
        >>> plugrad.swapdims(plugrad.zeros(2, 3), 0, 1).shape
        plugrad.Size([3, 2])
    """
    x = dimensions.tensor("swapdims", input)
    return ops.swap_dims(x, axes=_swap("swapdims", x, dim0, dim1))


def transpose_(input: Any, dim0: int, dim1: int) -> Any:
    """In-place form of ``transpose``: this tensor's dimensions are exchanged.

    Returns:
        This tensor.
    """
    return layout.rebound(input, _swapped_, {"axes": _swap("transpose", input, dim0, dim1)})


def swapaxes_(input: Any, axis0: int, axis1: int) -> Any:
    """In-place form of ``swapaxes``.

    Returns:
        This tensor.
    """
    return layout.rebound(input, _swapped_, {"axes": _swap("swapaxes", input, axis0, axis1, "axis0", "axis1")})


def swapdims_(input: Any, dim0: int, dim1: int) -> Any:
    """In-place form of ``swapdims``.

    Returns:
        This tensor.
    """
    return layout.rebound(input, _swapped_, {"axes": _swap("swapdims", input, dim0, dim1)})


def _matrix_axes(name: str, x: Any) -> tuple[int, ...]:
    ndim = x.raw.ndim
    if ndim > 2:
        raise RuntimeError(
            with_hint(
                f"{name}() expects a tensor with <= 2 dimensions, but self is {ndim}D",
                "x.mT transposes a batch of matrices.",
            )
        )
    return (1, 0) if ndim == 2 else tuple(range(ndim))


def t(input: Any) -> Any:
    """Return a view of a matrix transposed; a vector or a number as it is.

    Args:
        input: A tensor of at most two dimensions.

    Returns:
        A view.

    Raises:
        RuntimeError: for more dimensions.

    Example::

        >>> import plugrad
        >>> plugrad.t(plugrad.tensor([[1, 2], [3, 4]]))
        tensor([[1, 3],
                [2, 4]])
    """
    x = dimensions.tensor("t", input)
    return ops.transpose(x, axes=_matrix_axes("t", x))


def t_(input: Any) -> Any:
    """In-place form of ``t``: this matrix is transposed.

    Returns:
        This tensor.
    """
    return layout.rebound(input, _swapped_, {"axes": _matrix_axes("t_", input)})


def reversed_dims(input: Any) -> Any:
    """A view with the dimensions in reverse order: a matrix transposed. Other tensors are warned about.

    Example::

        >>> import plugrad
        >>> plugrad.tensor([[1, 2], [3, 4]]).T
        tensor([[1, 3],
                [2, 4]])
    """
    ndim = input.raw.ndim
    if ndim != 2:
        if ndim == 0:
            text = "Tensor.T is deprecated on 0-D tensors. This function is the identity in these cases."
        else:
            text = _T_OF_OTHERS
        warnings.warn(text, UserWarning, stacklevel=2)
    return ops.permute_dims(input, axes=tuple(range(ndim - 1, -1, -1)))


def matrix_transposed(input: Any) -> Any:
    """A view with the last two dimensions exchanged: matrices transposed.

    Example::

        >>> import plugrad
        >>> plugrad.zeros(5, 2, 3).mT.shape
        plugrad.Size([5, 3, 2])
    """
    ndim = input.raw.ndim
    if ndim == 0:
        warnings.warn(
            "Tensor.mT is deprecated on 0-D tensors. This function is the identity in these cases.",
            UserWarning,
            stacklevel=2,
        )
        return input
    if ndim == 1:
        raise RuntimeError(
            with_hint(
                "tensor.mT is only supported on matrices or batches of matrices. Got 1-D tensor.",
                "x.unsqueeze(0) is a row, x.unsqueeze(1) a column.",
            )
        )
    return ops.matrix_transpose(input)


def _moved(name: str, input: Any, source: Any, destination: Any) -> Any:
    x = dimensions.tensor(name, input)
    ndim = x.raw.ndim
    several = isinstance(source, (tuple, list))
    if several != isinstance(destination, (tuple, list)) or not (
        several or (dimensions.is_dim(source) and dimensions.is_dim(destination))
    ):
        raise dimensions.refused(name, source, destination)
    from_ = tuple(source) if several else (source,)
    to = tuple(destination) if several else (destination,)
    if len(from_) != len(to):
        raise RuntimeError(
            "movedim: Invalid source or destination dims: source "
            f"({list(from_)} dims) should contain the same number of dims as destination ({list(to)} dims)"
        )
    from_ = tuple([dimensions.one(name, d, ndim) for d in from_])
    to = tuple([dimensions.one(name, d, ndim) for d in to])
    for which, found in (("source", from_), ("destination", to)):
        if len(set(found)) != len(found):
            raise RuntimeError(
                f"movedim: repeated dim in `{which}` ({list(source if which == 'source' else destination)})"
            )
    return ops.permute_dims(x, axes=moved(ndim, from_, to) if ndim else ())


def movedim(input: Any, source: Any, destination: Any) -> Any:
    """Return a view with dimensions moved to other places; the others stay in order.

    Args:
        input: The tensor.
        source: The dimension, or dimensions, to move.
        destination: Where each goes.

    Returns:
        A view.

    Raises:
        RuntimeError: if one is named twice.
        IndexError: if one is out of range.

    Example::

        >>> import plugrad
        >>> plugrad.movedim(plugrad.zeros(2, 3, 4), 0, 2).shape
        plugrad.Size([3, 4, 2])
    """
    return _moved("movedim", input, source, destination)


def moveaxis(input: Any, source: Any, destination: Any) -> Any:
    """Return a view with dimensions moved to other places: NumPy's name of ``movedim``.

    Example::

        >>> import plugrad
        >>> plugrad.moveaxis(plugrad.zeros(2, 3, 4), -1, 0).shape
        plugrad.Size([4, 2, 3])
    """
    return _moved("moveaxis", input, source, destination)


def _adjoint(name: str, x: Any) -> Any:
    ndim = x.raw.ndim
    if ndim == 0:
        shown = name.removeprefix("tensor.") if name.endswith(")") else name.replace("tensor", "Tensor")
        warnings.warn(f"{shown} is deprecated on 0-D tensors. Consider using x.conj().", UserWarning, stacklevel=3)
    if ndim == 1:
        raise RuntimeError(
            with_hint(
                f"{name} is only supported on matrices or batches of matrices. Got 1-D tensor.",
                "x[None] is a matrix of one row.",
            )
        )
    if x.dtype.is_complex:
        x = x.conj()
    return ops.swap_dims(x, axes=_swap("adjoint", x, -2, -1)) if ndim else x


def adjoint(input: Any) -> Any:
    """Return a matrix, or each of a batch, transposed and conjugated.

    Args:
        input: A tensor of at least two dimensions.

    Returns:
        A tensor: a view of real numbers, a new one of complex numbers.

    Raises:
        RuntimeError: for vectors.

    Example::

        >>> import plugrad
        >>> plugrad.adjoint(plugrad.tensor([[1, 2], [3, 4]]))
        tensor([[1, 3],
                [2, 4]])
    """
    return _adjoint("tensor.adjoint()", dimensions.tensor("adjoint", input))


def matrix_adjoint(self: Any) -> Any:
    """The matrices of the last two dimensions transposed and conjugated."""
    return _adjoint("tensor.mH", self)


def hermitian(self: Any) -> Any:
    """A matrix transposed and conjugated."""
    ndim = self.raw.ndim
    if ndim not in (0, 2):
        batch = " For batches of matrices, consider using tensor.mH" if ndim > 2 else ""
        raise RuntimeError(
            with_hint(
                f"tensor.H is only supported on matrices (2-D tensors). Got {ndim}-D tensor.{batch}",
                "x.mH takes batches.",
            )
        )
    return _adjoint("tensor.H", self)


class TranspositionMethods:
    """The methods and properties of this chapter."""

    __slots__ = ()

    permute = permute
    transpose = transpose
    transpose_ = transpose_
    swapaxes = swapaxes
    swapaxes_ = swapaxes_
    swapdims = swapdims
    swapdims_ = swapdims_
    t = t
    t_ = t_
    movedim = movedim
    moveaxis = moveaxis
    adjoint = adjoint
    H = property(hermitian)
    mH = property(matrix_adjoint)  # noqa: N815 - PyTorch's name
    T = property(reversed_dims)
    mT = property(matrix_transposed)  # noqa: N815 - PyTorch's name
