"""Complex numbers under PyTorch's names: parts, conjugates, angles, and numbers made of parts."""

from __future__ import annotations

import warnings
from typing import Any

from plugrad.core import arguments, dtypes, ops
from plugrad.core.errors import with_hint
from plugrad.core.inplace import in_place
from plugrad.core.methods import dimensions
from plugrad.core.methods.filling import copy_
from plugrad.core.value import Value

__all__ = [
    "adjoint", "angle", "complex", "conj", "conj_physical", "conj_physical_", "imag", "is_conj", "is_neg", "isreal",
    "polar", "real", "resolve_conj", "resolve_neg", "sgn", "view_as_complex", "view_as_real",
]  # fmt: skip

angle = ops.angle
sgn = ops.sgn

_HALF_COMPLEX = "complex numbers have parts of float32 or float64 here; convert first: x.float()."


def _complex(name: str, input: Any, text: str) -> Any:
    """A tensor that has to be complex, or PyTorch's error of this text."""
    x = dimensions.tensor(name, input)
    if not x.dtype.is_complex:
        raise RuntimeError(with_hint(text, "make it complex: x.to(plugrad.complex64)."))
    return x


def real(input: Any) -> Any:
    """Return the real parts.

    Args:
        input: A tensor.

    Returns:
        A view of a complex tensor; a real tensor itself.

    Example::

        >>> import plugrad
        >>> plugrad.real(plugrad.tensor([1 + 2j, 3j]))
        tensor([1., 0.])
    """
    return ops.real_part(dimensions.tensor("real", input))


def imag(input: Any) -> Any:
    """Return the imaginary parts.

    Args:
        input: A complex tensor.

    Returns:
        A view.

    Raises:
        RuntimeError: for real tensors.

    Example::

        >>> import plugrad
        >>> plugrad.imag(plugrad.tensor([1 + 2j, 3j]))
        tensor([2., 3.])
    """
    return ops.imag(_complex("imag", input, "imag is not implemented for tensors with non-complex dtypes."))


def conj(input: Any) -> Any:
    r"""Return the complex conjugates.

    .. math:: y_i = \operatorname{Re} input_i - i \operatorname{Im} input_i

    Differs from PyTorch: the conjugates are computed at once. PyTorch makes a view that is computed where it is used,
    so that ``is_conj()`` is True there, and changes of the result change the input.

    Args:
        input: A tensor.

    Returns:
        The conjugates; a real tensor itself.

    Example::

        >>> import plugrad
        >>> plugrad.conj(plugrad.tensor([1 + 2j, 3j]))
        tensor([1.-2.j, 0.-3.j])
    """
    return ops.conj(dimensions.tensor("conj", input))


def conj_physical(input: Any) -> Any:
    """Return the complex conjugates, computed at once: here the same as ``conj``.

    Args:
        input: A tensor.

    Returns:
        The conjugates; a real tensor itself.

    Example::

        >>> import plugrad
        >>> plugrad.conj_physical(plugrad.tensor([1 + 2j, 3j]))
        tensor([1.-2.j, 0.-3.j])
    """
    x = dimensions.tensor("conj_physical", input)
    return ops.conj_physical(x) if x.dtype.is_complex else x


conj_physical_ = in_place(ops.conj_physical)
conj_physical_.__name__ = conj_physical_.__qualname__ = "conj_physical_"
conj_physical_.__doc__ = "In-place form of ``conj_physical``.\n\n    Returns:\n        This tensor."


def resolve_conj(input: Any) -> Any:
    """Return the tensor itself: conjugates are computed at once.

    Args:
        input: A tensor.

    Example::

        >>> import plugrad
        >>> plugrad.resolve_conj(plugrad.tensor([1 + 2j]).conj())
        tensor([1.-2.j])
    """
    return dimensions.tensor("resolve_conj", input)


def resolve_neg(input: Any) -> Any:
    """Return the tensor itself: negatives are computed at once.

    Args:
        input: A tensor.

    Example::

        >>> import plugrad
        >>> plugrad.resolve_neg(plugrad.tensor([1 + 2j]).conj().imag)
        tensor([-2.])
    """
    return dimensions.tensor("resolve_neg", input)


def is_conj(input: Any) -> bool:
    """Return False: conjugates are computed at once, so no tensor is waiting to be conjugated.

    Args:
        input: A tensor.

    Example::

        >>> import plugrad
        >>> plugrad.is_conj(plugrad.tensor([1j]).conj())
        False
    """
    dimensions.tensor("is_conj", input)
    return False


def is_neg(input: Any) -> bool:
    """Return False: negatives are computed at once, so no tensor is waiting to be negated.

    Args:
        input: A tensor.

    Example::

        >>> import plugrad
        >>> plugrad.is_neg(plugrad.tensor([1j]).conj().imag)
        False
    """
    dimensions.tensor("is_neg", input)
    return False


def isreal(input: Any) -> Any:
    """Return which elements have no imaginary part.

    Args:
        input: A tensor.

    Returns:
        A tensor of booleans, all True for real tensors.

    Example::

        >>> import plugrad
        >>> plugrad.isreal(plugrad.tensor([1 + 0j, 1j]))
        tensor([ True, False])
    """
    x = dimensions.tensor("isreal", input)
    if x.dtype.is_complex:
        return ops.equal(ops.imag(x), 0)
    return x.device.ops.ones_like(x.detach(), dtype=dtypes.bool_)


def view_as_real(input: Any) -> Any:
    r"""Return real and imaginary parts along one more dimension, the last.

    Args:
        input: A complex tensor.

    Returns:
        A view.

    Shape:
        - Output: (\*, 2) for an input of shape (\*).

    Raises:
        RuntimeError: for real tensors.

    Example::

        >>> import plugrad
        >>> plugrad.view_as_real(plugrad.tensor([1 + 2j, 3j]))
        tensor([[1., 2.],
                [0., 3.]])
    """
    return ops.view_as_real(_complex("view_as_real", input, "view_as_real is only supported for complex tensors"))


def view_as_complex(input: Any) -> Any:
    r"""Return complex numbers of the pairs along the last dimension.

    Args:
        input: A real tensor.

    Returns:
        A view.

    Shape:
        - Output: (\*) for an input of shape (\*, 2).

    Raises:
        RuntimeError: for another dtype or shape, or where the pairs do not lie side by side in memory.

    Example::

        >>> import plugrad
        >>> plugrad.view_as_complex(plugrad.tensor([[1.0, 2.0], [0.0, 3.0]]))
        tensor([1.+2.j, 0.+3.j])
    """
    x = dimensions.tensor("view_as_complex", input)
    if x.dtype not in (dtypes.float32, dtypes.float64):
        raise RuntimeError(
            with_hint(
                "view_as_complex is only supported for half, float and double tensors, but got a tensor of scalar "
                f"type: {x.dtype.legacy_name}",
                _HALF_COMPLEX,
            )
        )
    shape = tuple(x.raw.shape)
    if not shape:
        raise RuntimeError("Input tensor must have one or more dimensions")
    if shape[-1] != 2:
        raise RuntimeError(
            with_hint("Tensor must have a last dimension of size 2", f"this one has the shape {list(shape)}.")
        )
    strides = x.device.backend.strides(x.raw) if x.device.backend.capabilities.views else None
    if strides is not None and 0 not in shape:
        if strides[-1] != 1:
            raise RuntimeError(
                with_hint("Tensor must have a last dimension with stride 1", "x.contiguous() lays it out anew.")
            )
        if any([s % 2 for s in strides[:-1]]):
            raise RuntimeError(
                with_hint(
                    "Tensor must have a stride divisible by 2 for all but last dimension",
                    "x.contiguous() lays it out anew.",
                )
            )
    return ops.view_as_complex(x)


def _of_two(name: str, first: Any, second: Any, names: tuple[str, str]) -> None:
    """PyTorch's errors for what no complex numbers can be made of."""
    for position, (x, argument) in enumerate(zip((first, second), names, strict=True), 1):
        if not isinstance(x, Value):
            raise arguments.mistyped(name, argument, position, "Tensor", x)
    kinds = [x.dtype for x in (first, second)]
    if not all([d in (dtypes.float16, dtypes.float32, dtypes.float64) for d in kinds]):
        raise RuntimeError(
            with_hint(
                "Expected both inputs to be Half, Float or Double tensors but got "
                f"{kinds[0].legacy_name} and {kinds[1].legacy_name}",
                "convert first: x.float().",
            )
        )
    if kinds[0] is not kinds[1]:
        raise RuntimeError(
            with_hint(
                f"Expected object of scalar type {kinds[0].legacy_name} but got scalar type {kinds[1].legacy_name} "
                "for second argument",
                f"convert one of them: x.to({kinds[0]}).",
            )
        )
    if kinds[0] is dtypes.float16:
        raise RuntimeError(with_hint("there is no complex dtype with parts of float16", _HALF_COMPLEX))


def complex(real: Any, imag: Any) -> Any:
    r"""Make complex numbers of their parts.

    .. math:: y_i = real_i + imag_i \cdot j

    Args:
        real: The real parts, float32 or float64.
        imag: The imaginary parts, of the same dtype.

    Returns:
        A tensor of complex64 or complex128.

    Shape:
        - Output: what real and imag broadcast to.

    Raises:
        RuntimeError: for other dtypes.

    Example::

        >>> import plugrad
        >>> plugrad.complex(plugrad.tensor([1.0, 0.0]), plugrad.tensor([2.0, 3.0]))
        tensor([1.+2.j, 0.+3.j])
    """
    _of_two("complex", real, imag, ("real", "imag"))
    return ops.complex(real, imag)


def polar(abs: Any, angle: Any) -> Any:
    r"""Make complex numbers of their absolute values and angles.

    .. math:: y_i = abs_i \cdot e^{angle_i \cdot j}

    Differs from PyTorch: the gradient of ``abs`` is right where it is 0 or negative; PyTorch's is 0, or has the other
    sign.

    Args:
        abs: The absolute values, float32 or float64.
        angle: The angles, of the same dtype.

    Returns:
        A tensor of complex64 or complex128.

    Shape:
        - Output: what abs and angle broadcast to.

    Raises:
        RuntimeError: for other dtypes.

    Example::

        >>> import plugrad
        >>> plugrad.polar(plugrad.tensor([1.0, 2.0]), plugrad.tensor([0.0, 0.0]))
        tensor([1.+0.j, 2.+0.j])
    """
    _of_two("polar", abs, angle, ("abs", "angle"))
    return ops.polar(abs, angle)


def _transposed(name: str, x: Any) -> Any:
    ndim = x.raw.ndim
    if ndim == 0:
        warnings.warn(
            f"{name} is deprecated on 0-D tensors. Consider using x.conj().",
            UserWarning,
            stacklevel=4,
        )
        return ops.conj(x)
    if ndim == 1:
        shown = "tensor.adjoint()" if name == "adjoint()" else f"tensor.{name.partition('.')[2]}"
        raise RuntimeError(
            with_hint(
                f"{shown} is only supported on matrices or batches of matrices. Got 1-D tensor.",
                "x.unsqueeze(0) is a row, x.unsqueeze(1) a column.",
            )
        )
    return ops.conj(ops.matrix_transpose(x))


def adjoint(input: Any) -> Any:
    r"""Return the conjugates of the matrices transposed; of real ones a view.

    Args:
        input: A tensor of at least two dimensions.

    Shape:
        - Output: (\*, n, m) for an input of shape (\*, m, n).

    Raises:
        RuntimeError: for one dimension.

    Example::

        >>> import plugrad
        >>> plugrad.adjoint(plugrad.tensor([[1 + 2j, 3j]]))
        tensor([[1.-2.j],
                [0.-3.j]])
    """
    return _transposed("adjoint()", dimensions.tensor("adjoint", input))


class ComplexMethods:
    """The methods of this chapter."""

    __slots__ = ()

    adjoint = adjoint
    angle = angle
    conj = conj
    conj_physical = conj_physical
    conj_physical_ = conj_physical_
    is_conj = is_conj
    is_neg = is_neg
    isreal = isreal
    resolve_conj = resolve_conj
    resolve_neg = resolve_neg

    @property
    def real(self) -> Any:
        """The real parts: a view, whose changes are this tensor's. Assigning copies values into it."""
        return real(self)

    @real.setter
    def real(self, value: Any) -> None:
        copy_(real(self), value)

    @property
    def imag(self) -> Any:
        """The imaginary parts: a view, whose changes are this tensor's. Assigning copies values into it.

        Raises:
            RuntimeError: for real tensors.
        """
        return imag(self)

    @imag.setter
    def imag(self, value: Any) -> None:
        copy_(imag(self), value)

    @property
    def H(self) -> Any:  # noqa: N802 - PyTorch's name
        """The conjugate of a matrix transposed.

        Raises:
            RuntimeError: for other than two dimensions.
        """
        x: Any = self
        ndim = x.raw.ndim
        if ndim not in (0, 2):
            more = " For batches of matrices, consider using tensor.mH" if ndim > 2 else ""
            raise RuntimeError(
                with_hint(
                    f"tensor.H is only supported on matrices (2-D tensors). Got {ndim}-D tensor.{more}",
                    "x.mH takes batches of matrices." if ndim > 2 else "x.conj() conjugates a vector.",
                )
            )
        return _transposed("Tensor.H", x)

    @property
    def mH(self) -> Any:  # noqa: N802 - PyTorch's name
        """The conjugates of the matrices transposed.

        Raises:
            RuntimeError: for one dimension.
        """
        return _transposed("Tensor.mH", self)
