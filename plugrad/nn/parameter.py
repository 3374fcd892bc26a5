"""Parameter and Buffer: the tensors that a module owns."""

from __future__ import annotations

from typing import Any

from plugrad.core import creation
from plugrad.core.errors import with_hint
from plugrad.core.tensor import Tensor


class Parameter(Tensor):
    """A tensor that a module registers as a parameter when it is assigned to one of its attributes.

    It shares memory with ``data``, is a leaf of the graph, and requires gradients unless told otherwise.

    Args:
        data: The tensor.
        requires_grad: Whether it requires gradients.

    Raises:
        RuntimeError: It is to require gradients and is of an integer dtype.

    Example::

        >>> import plugrad
        >>> plugrad.nn.Parameter(plugrad.ones(2))
        Parameter containing:
        tensor([1., 1.], requires_grad=True)
    """

    def __init__(self, data: Tensor | None = None, requires_grad: bool = True) -> None:
        source = _source("Parameter", data)
        if requires_grad and not source.dtype.is_inexact:
            raise RuntimeError(
                with_hint(
                    "Only Tensors of floating point and complex dtype can require gradients",
                    f"this one is {source.dtype}; pass requires_grad=False, or make it a buffer.",
                )
            )
        super().__init__(source.raw, source.device, source.dtype)
        source.share_with(self)
        self.tracked = bool(requires_grad)

    def __repr__(self) -> str:
        return "Parameter containing:\n" + super().__repr__()

    def __reduce_ex__(self, protocol: Any) -> Any:
        return _with_attributes(self, super().__reduce_ex__(protocol))


class Buffer(Tensor):
    """A tensor that a module registers as a buffer when it is assigned to one of its attributes.

    It shares memory with ``data``.

    Args:
        data: The tensor.
        persistent: Whether it is part of the module's ``state_dict``.

    Example::

        >>> import plugrad
        >>> module = plugrad.nn.Module()
        >>> module.mean = plugrad.nn.Buffer(plugrad.zeros(2))
        >>> list(module.state_dict())
        ['mean']
    """

    persistent: bool

    def __init__(self, data: Tensor | None = None, *, persistent: bool = True) -> None:
        source = _source("Buffer", data)
        super().__init__(source.raw, source.device, source.dtype)
        source.share_with(self)
        self.tracked = source.tracked
        self.persistent = persistent

    def __reduce_ex__(self, protocol: Any) -> Any:
        return _with_attributes(self, super().__reduce_ex__(protocol))


def _source(kind: str, data: Tensor | None) -> Tensor:
    """The tensor whose memory is shared, in a form that can be shared."""
    if data is None:
        return creation.empty(0)
    if not isinstance(data, Tensor):
        raise TypeError(f"{kind}(): argument 'data' (position 1) must be Tensor, not {type(data).__name__}")
    return data.detach()


def _with_attributes(tensor: Tensor, reduced: tuple[Any, ...]) -> tuple[Any, ...]:
    """How a tensor is pickled, with the attributes that users have set on it."""
    own = {name: value for name, value in vars(tensor).items() if not hasattr(Tensor, name)}
    return (*reduced[:2], own) if own else reduced
