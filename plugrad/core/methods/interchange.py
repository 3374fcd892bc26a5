"""Tensors as Python's numbers and as other libraries' arrays: the protocols, and PyTorch's refusals."""

from __future__ import annotations

import math
import warnings
from typing import Any

from plugrad.core import data, dispatch, dtypes
from plugrad.core.arguments import converted
from plugrad.core.default_device import beneath
from plugrad.core.errors import with_hint

__all__: list[str] = []

_REQUIRES_GRAD = "Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead."

_SCALAR_OF_GRAPH = (
    "Converting a tensor with requires_grad=True to a scalar may lead to unexpected behavior.\n"
    "Consider using tensor.detach() first."
)


def _only(x: Any) -> Any:
    """The only element as a Python number."""
    if math.prod(x.raw.shape) != 1:
        raise ValueError(
            with_hint(
                "only one element tensors can be converted to Python scalars",
                f"this one has shape {list(x.raw.shape)}; x.tolist() converts all elements.",
            )
        )
    if x.tracked:
        warnings.warn(_SCALAR_OF_GRAPH, UserWarning, stacklevel=3)
    return data.to_host(x).item()


def _exporter(x: Any) -> Any:
    """The raw array, if its library can export it."""
    x.raw = x.device.backend.aliasable(x.raw)
    if not hasattr(x.raw, "__dlpack__"):
        raise BufferError(
            with_hint(
                f"backend '{x.device.backend.name}' can't export arrays by DLPack",
                "x.numpy(force=True) copies to the host's memory.",
            )
        )
    return x.raw


class InterchangeMethods:
    """The methods of this chapter."""

    __slots__ = ()

    #: NumPy's operators leave mixed arithmetic to Tensor's.
    __array_priority__ = 1000

    def item(self) -> Any:
        """Return the only element as a Python number.

        Raises:
            RuntimeError: if there is none, or more than one.

        Example::

            >>> import plugrad
            >>> plugrad.tensor([2.5]).item()
            2.5
        """
        x: Any = self
        if math.prod(x.raw.shape) != 1:
            n = math.prod(x.raw.shape)
            raise RuntimeError(
                with_hint(
                    f"a Tensor with {n} elements cannot be converted to Scalar",
                    "x.tolist() converts all elements.",
                )
            )
        return data.to_host(x).item()

    def tolist(self) -> Any:
        """Return the elements as nested lists of Python numbers; of a 0-d tensor, the number.

        Example::

            >>> import plugrad
            >>> plugrad.tensor([[1, 2], [3, 4]]).tolist()
            [[1, 2], [3, 4]]
        """
        return data.to_host(self).tolist()

    def numpy(self, *, force: bool = False) -> Any:
        """Return a NumPy array that shares this tensor's memory: a change of either is seen in both.

        What was computed from this tensor does not know of changes of the array.

        Args:
            force: Detach and copy to the CPU first, where that is needed.

        Raises:
            RuntimeError: if the tensor requires gradients.
            TypeError: if it is not on the CPU.

        Example::

            >>> import plugrad
            >>> plugrad.ones(2).numpy()
            array([1., 1.], dtype=float32)
        """
        x: Any = self
        if x.tracked and not force:
            raise RuntimeError(with_hint(_REQUIRES_GRAD, "the array would not be part of the graph."))
        if x.dtype is dtypes.bfloat16:
            raise TypeError(with_hint("Got unsupported ScalarType BFloat16", "convert first: x.float().numpy()."))
        backend = x.device.backend
        if backend is not data.host():
            # Of a function transform's tensors the values are copied: their arrays are made of tensors.
            if not force and not x.device.depth:
                raise TypeError(
                    with_hint(
                        f"can't convert {x.device} device type tensor to numpy. Use Tensor.cpu() to copy "
                        "the tensor to "
                        "host memory first.",
                        "x.numpy(force=True) does that too.",
                    )
                )
            return data.host().copy(backend.to_host(x.raw))
        x.raw = backend.aliasable(x.raw)
        # A view: users may reshape what they get.
        return x.raw[...]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        array = self.numpy()
        if dtype is None and copy is not True:
            return array
        return data.host().namespace.asarray(array, dtype=dtype, copy=copy)

    def __array_wrap__(self, array: Any, context: Any = None, return_scalar: bool = False) -> Any:
        where = beneath("cpu")
        return dispatch.Tensor(array, where, where.backend.dtype_of(array))

    @property
    def __array_interface__(self) -> dict[str, Any]:
        """The memory as NumPy describes it, for those who share it.

        Raises:
            AttributeError: where it can't be shared: it requires gradients, is not on the CPU, or does not lie in
                order. Then ``__array__`` answers, or says what is wrong.
        """
        x: Any = self
        backend = x.device.backend
        if x.tracked or backend is not data.host() or not backend.in_order(x.raw):
            raise AttributeError(f"'{type(x).__name__}' object has no attribute '__array_interface__'")
        array = self.numpy()
        # The array itself, not its address: who has the description keeps the memory alive.
        return {**array.__array_interface__, "data": array}

    @property
    def __cuda_array_interface__(self) -> dict[str, Any]:
        """The memory on a GPU as CUDA's libraries describe it, for those who share it.

        Raises:
            AttributeError: where it is not on a GPU.
            RuntimeError: where the tensor requires gradients.
        """
        x: Any = self
        found = getattr(x.raw, "__cuda_array_interface__", None)
        if found is None:
            raise AttributeError(
                f"Can't get __cuda_array_interface__ on non-CUDA tensor type: {x.type()} If CUDA data is required use "
                "tensor.cuda() to copy tensor to device memory."
            )
        if x.tracked:
            raise RuntimeError(
                "Can't get __cuda_array_interface__ on Variable that requires grad. If gradients aren't required, use "
                "var.detach() to get Variable that doesn't require grad."
            )
        return dict(found)

    def __dlpack__(
        self, *, stream: Any = None, max_version: Any = None, dl_device: Any = None, copy: Any = None
    ) -> Any:
        """Export the memory by the DLPack protocol; ``from_dlpack`` of other libraries calls it."""
        x: Any = self
        if x.tracked:
            raise BufferError("Can't export tensors that require gradient, use tensor.detach()")
        given = {"stream": stream, "max_version": max_version, "dl_device": dl_device, "copy": copy}
        return _exporter(x).__dlpack__(**{name: value for name, value in given.items() if value is not None})

    def __dlpack_device__(self) -> Any:
        """Return where the memory is, as DLPack numbers devices."""
        return _exporter(self).__dlpack_device__()

    def data_ptr(self) -> int:
        """Return the address of the first element."""
        x: Any = self
        x.raw = x.device.backend.aliasable(x.raw)
        return int(x.device.backend.data_pointer(x.raw))

    def is_nonzero(self) -> bool:
        """Return whether the only element is not zero.

        Raises:
            RuntimeError: if there is none, or more than one.
        """
        return bool(self)

    def __bool__(self) -> bool:
        x: Any = self
        n = math.prod(x.raw.shape)
        if n != 1:
            raise RuntimeError(
                with_hint(
                    f"Boolean value of Tensor with {'more than one value' if n else 'no values'} is ambiguous",
                    "x.any() or x.all() say which is meant.",
                )
            )
        if x.device.depth:
            return bool(x.device.backend.truth(x.raw))
        return bool(data.to_host(x).item())

    def __float__(self) -> float:
        return float(converted(_only(self), dtypes.float64))

    def __int__(self) -> int:
        number = _only(self)
        return int(converted(number, dtypes.int64) if isinstance(number, complex) else number)

    def __complex__(self) -> complex:
        return complex(_only(self))

    def __index__(self) -> int:
        x: Any = self
        if x.dtype.is_inexact or math.prod(x.raw.shape) != 1:
            raise TypeError(
                with_hint(
                    "only integer tensors of a single element can be converted to an index",
                    f"this one is {x.dtype} of shape {list(x.raw.shape)}.",
                )
            )
        return int(data.to_host(x).item())

    def __format__(self, spec: str) -> str:
        x: Any = self
        if not x.raw.shape and x.__class__ is dispatch.Tensor:
            return format(data.to_host(x).item(), spec)
        return object.__format__(self, spec)
