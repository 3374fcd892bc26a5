"""The recorded graph as users see it: nodes, edges to them, and hooks that wait for several gradients."""

from __future__ import annotations

import abc
import functools
import threading
import weakref
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from plugrad.core import dispatch, hooks
from plugrad.core.errors import with_hint
from plugrad.core.handles import RemovableHandle
from plugrad.core.node import AccumulateGrad, as_function
from plugrad.core.node import Node as RecordedNode
from plugrad.core.value import Value


class Node(abc.ABC):
    """What every node of the graph is: ``isinstance(y.grad_fn, plugrad.autograd.graph.Node)``.

    Example::

        >>> import plugrad
        >>> x = plugrad.tensor([1.0], requires_grad=True)
        >>> isinstance(x.exp().grad_fn, plugrad.autograd.graph.Node)
        True
    """

    @abc.abstractmethod
    def name(self) -> str:
        """Return the node's name, ``"MulBackward0"``."""

    @property
    @abc.abstractmethod
    def next_functions(self) -> tuple[tuple[Any, int], ...]:
        """For every input, the node that its gradient goes to (or None) and the number of that node's output."""

    @property
    @abc.abstractmethod
    def metadata(self) -> dict[Any, Any]:
        """A dictionary for the user's own notes."""

    @abc.abstractmethod
    def _sequence_nr(self) -> int: ...

    @property
    @abc.abstractmethod
    def _input_metadata(self) -> list[Any]: ...

    @abc.abstractmethod
    def register_hook(self, fn: Callable[..., Any]) -> RemovableHandle:
        """Call ``fn(grad_inputs, grad_outputs)`` after the node has run."""

    @abc.abstractmethod
    def register_prehook(self, fn: Callable[..., Any]) -> RemovableHandle:
        """Call ``fn(grad_outputs)`` before the node runs."""


Node.register(RecordedNode)
Node.register(AccumulateGrad)


class GradientEdge(NamedTuple):
    """A place in the graph where a gradient is computed; ``grad`` and ``backward`` take it in the place of a tensor.

    Attributes:
        node: The node that the gradient goes to.
        output_nr: Of which of the node's outputs it is the gradient.
        ownership_token: Not needed here: the node keeps its graph alive.
    """

    node: Any
    output_nr: int
    ownership_token: Any = None


def get_gradient_edge(tensor: Any) -> GradientEdge:
    """Return where the gradient of a tensor is computed, without keeping the tensor's values.

    Args:
        tensor: A tensor that requires a gradient.

    Raises:
        RuntimeError: if it requires none.

    Example::

        >>> import plugrad
        >>> x = plugrad.tensor([1.0, 2.0], requires_grad=True)
        >>> y = x.exp()
        >>> edge = plugrad.autograd.graph.get_gradient_edge(y)
        >>> plugrad.autograd.grad((3 * y).sum(), edge)
        (tensor([3., 3.]),)
    """
    if not tensor.tracked:
        raise RuntimeError(
            with_hint(
                "It is not possible to get the gradient edge for a Tensor that does not require gradients",
                "call x.requires_grad_() first.",
            )
        )
    node = tensor.grad_fn
    if node is None:
        return GradientEdge(as_function(_target(tensor)), 0)
    return GradientEdge(node, tensor.output_nr)


def edge_of(place: Any) -> Any:
    """Where the gradient of a Tensor, or of a GradientEdge, goes."""
    if isinstance(place, GradientEdge):
        node = place.node
        return (node.variable, None) if isinstance(node, AccumulateGrad) else (node, place.output_nr)
    return place.edge or (place, None)


def _target(tensor: Any) -> Any:
    return tensor if tensor.edge is None else tensor.edge[0]


def as_output(place: Any) -> Any:
    """A Tensor to start a walk at; one of zeros stands for an edge, of which only shape and place in the graph count.

    Raises:
        RuntimeError: if nothing is known of what the edge leads to, so that no gradient could be checked.
    """
    if isinstance(place, Value):
        return place
    if not isinstance(place, GradientEdge):
        raise TypeError(f"'{type(place).__name__}' object is not iterable\nHint: it has to be a Tensor, or several.")
    if isinstance(place.node, AccumulateGrad):
        return place.node.variable
    known = place.node._input_metadata
    facts = known[place.output_nr] if place.output_nr < len(known) else None
    if facts is None:
        raise RuntimeError(
            f"nothing is known of output {place.output_nr} of {place.node.name()}, which a walk is to start at\n"
            "Hint: make the edge of its tensor: plugrad.autograd.graph.get_gradient_edge(tensor)."
        )
    shape, dtype, device = facts
    out = dispatch.Tensor(device.xp.zeros(shape, dtype=device.backend.dtypes[dtype]), device, dtype)
    out.tracked, out.edge = True, (place.node, place.output_nr)
    return out


def increment_version(tensor: Any) -> None:
    """Tell that a tensor's memory was changed by something that plugrad can't see, so that backward notices.

    Args:
        tensor: A tensor, or an iterable of tensors. Those made in inference mode are passed over.

    Raises:
        RuntimeError: for anything else.

    Example::

        >>> import plugrad
        >>> x = plugrad.ones(2)
        >>> plugrad.autograd.graph.increment_version(x)
        >>> x._version
        1
    """
    if not isinstance(tensor, Value) and not isinstance(tensor, Iterable):
        raise RuntimeError("increment_version expect a Iterable[Tensor] as input")
    tensors = [tensor] if isinstance(tensor, Value) else list(tensor)
    if not all([isinstance(x, Value) for x in tensors]):
        raise RuntimeError("increment_version expects each element of the iterable to be a tensor")
    for x in tensors:
        if x.version is not None:
            x.version[0] += 1


class _MultiHandle(RemovableHandle):
    """Removes the hooks of several tensors at once."""

    __slots__ = ("handles",)

    def __init__(self, handles: tuple[RemovableHandle, ...]) -> None:
        self.handles = handles

    def remove(self) -> None:
        for handle in self.handles:
            handle.remove()


def register_multi_grad_hook(
    tensors: Sequence[Any], fn: Callable[[Any], None], *, mode: str = "all"
) -> RemovableHandle:
    """Call a hook once for the gradients of several tensors.

    Args:
        tensors: Tensors that require gradients.
        fn: With ``mode="all"`` a function of the list of all gradients, called when the last of those that this walk
            computes is there; the others are None. With ``"any"`` a function of the first gradient that is there.
            It must not change its argument.
        mode: ``"all"`` or ``"any"``.

    Returns:
        A handle with ``remove()``.

    Raises:
        ValueError: for another mode.
        AssertionError: with ``"all"``, for a tensor that requires no gradient.

    Example::

        >>> import plugrad
        >>> a, b = plugrad.ones(2, requires_grad=True), plugrad.ones(2, requires_grad=True)
        >>> c, d = a * b, a * b
        >>> def show(gradients):
        ...     print([g is not None for g in gradients])
        >>> handle = plugrad.autograd.graph.register_multi_grad_hook((a, b, c, d), show)
        >>> c.sum().backward()
        [True, True, True, False]
    """
    if mode not in ("all", "any"):
        raise ValueError(f"Expects mode to be one of ('all', 'any') but got {mode}")
    tensors = tuple(tensors)
    if mode == "any":
        return _MultiHandle(_register_any(tensors, fn))
    for x in tensors:
        if not x.tracked:
            raise AssertionError("Expected gradient function to be set")
    return _MultiHandle(_register_all(tensors, fn))


def _walk() -> hooks.Walk:
    walk = hooks.current_walk()
    if walk is None:
        raise AssertionError("expected this hook to be called inside a backward call")
    return walk


def _register_any(tensors: tuple[Any, ...], fn: Callable[[Any], None]) -> tuple[RemovableHandle, ...]:
    key = object()
    lock = threading.Lock()

    @functools.wraps(fn)
    def first(grad: Any) -> None:
        notes = _walk()[4]
        with lock:
            if key in notes:
                return
            notes[key] = True
        fn(grad)

    return tuple([x.register_hook(first) for x in tensors if x.tracked])


def _register_all(tensors: tuple[Any, ...], fn: Callable[[Any], None]) -> tuple[RemovableHandle, ...]:
    key = object()
    # Weakly: the nodes and leaves hold the hooks.
    targets = [weakref.ref(_target(x)) for x in tensors]

    def collect(i: int) -> Callable[[Any], None]:
        def hook(grad: Any) -> None:
            walk = _walk()
            found = walk[4].get(key)
            if found is None:
                count = sum([hooks.meets(walk, target()) for target in targets])
                found = walk[4][key] = [count, [None] * len(targets)]
            found[0] -= 1
            found[1][i] = grad
            if not found[0]:
                fn(found[1])

        return hook

    return tuple([x.register_hook(collect(i)) for i, x in enumerate(tensors)])
