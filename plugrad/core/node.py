"""Node: one recorded op, with the edges that gradients leave along and the values its rules need."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from itertools import count
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from plugrad.core.errors import BACKWARD_TWICE
from plugrad.core.handles import Hookable

if TYPE_CHECKING:
    from plugrad.core.device import device as Device

#: (node, output number), or (leaf, None). None where no gradient is wanted.
Edge = tuple[Any, int | None] | None

_numbers = count().__next__

#: The version cell of a saved value that was given to a hook: its count never is the one that was noted.
PACKED: Final[list[Any]] = [-1]

# Who wants to see every node when it is made: anomaly mode, hooks on saved tensors. Usually nobody; then this is None.
_observer: Callable[[Any], None] | None = None
_observers: list[Callable[[Any], None]] = []
_lock = threading.Lock()


def observe(observer: Callable[[Any], None], on: bool) -> None:
    """Show all new nodes to ``observer`` from now on, or once less. Of all threads: it has to ask whom it serves."""
    global _observer
    with _lock:
        if on:
            _observers.append(observer)
        else:
            _observers.remove(observer)
        unique = tuple(dict.fromkeys(_observers))
        _observer = None if not unique else unique[0] if len(unique) == 1 else lambda node: [f(node) for f in unique]  # type: ignore[assignment]  # a lambda has no annotations


class OutputFacts(NamedTuple):
    """What is known of an output of a node: of what its gradient has to be."""

    shape: tuple[int, ...]
    dtype: Any
    device: Any


class Node(Hookable):
    """One recorded op. Each op has a subclass of its own, named as PyTorch names its nodes.

    Attributes:
        edges: For every differentiable input, where its gradient goes.
        saved: The raw values that the rules named, in the order of ``op.saves``; None once freed.
        versions: Flat (version cell, count when saved, place in ``saved``, ...): changed counts are refused.
        shapes: The inputs' shapes, where broadcasting means that gradients may have to be summed; else None.
        device: Where the op ran; its namespace computes the gradients.
        number: Creation order. Inputs are always older than what is made from them.
        hooks: The hooks on this node and its outputs, or None.
    """

    __slots__ = (
        "__dict__", "__weakref__", "device", "edges", "hooks", "number", "outputs", "saved", "shapes", "versions",
    )  # fmt: skip

    edges: tuple[Edge, ...]
    saved: tuple[Any, ...] | None
    versions: tuple[Any, ...]
    shapes: tuple[Any, ...] | None
    device: Device
    number: int
    hooks: Any
    #: (shape, dtype, differentiable) of each output of a node with several; None where there is one.
    outputs: tuple[Any, ...] | None

    #: The inputs that can have a gradient, where some can't (a condition, indices): users see no others.
    places: tuple[int, ...] | None = None
    #: Whether rules want zeros where an output got no gradient.
    fills_zeros: bool = True

    #: Whether gradients that it returns may be arrays that belong to somebody else.
    lends: bool = False

    def __init__(
        self,
        edges: tuple[Edge, ...],
        saved: tuple[Any, ...],
        versions: tuple[Any, ...],
        shapes: tuple[Any, ...] | None,
        device: Device,
    ) -> None:
        self.edges = edges
        self.saved = saved
        self.versions = versions
        self.shapes = shapes
        self.device = device
        self.number = _numbers()
        self.hooks = None
        self.outputs = None
        if _observer is not None:
            _observer(self)

    @property
    def next_functions(self) -> tuple[tuple[Any, int], ...]:
        """For every input, (the node that gradients go to or None, its output number)."""
        edges = self.edges if self.places is None else [self.edges[i] for i in self.places]
        found = tuple([(None, 0) if e is None else (as_function(e[0]), e[1] or 0) for e in edges])
        # What stands for a leaf lives as long as a node that leads to it, and with it the hooks that it may get.
        self.__dict__["_accumulators"] = [node for node, _ in found if isinstance(node, AccumulateGrad)]
        return found

    def name(self) -> str:
        """The node's name, ``"MulBackward0"``."""
        return type(self).__name__

    @property
    def metadata(self) -> dict[Any, Any]:
        """A dictionary for the user's own notes on this node."""
        found: dict[Any, Any] = self.__dict__.setdefault("_metadata", {})
        return found

    def _sequence_nr(self) -> int:
        return self.number

    def note_output(self, number: int, shape: tuple[int, ...], dtype: Any) -> None:
        """Keep what an output is, for those who look at the node and have the tensor no more."""
        if self.outputs is None:
            self.__dict__["_output"] = OutputFacts(tuple(shape), dtype, self.device)

    @property
    def _input_metadata(self) -> list[OutputFacts | None]:
        """Of what the gradients of the outputs have to be; None where nobody has looked at an output yet."""
        if self.outputs is None:
            return [self.__dict__.get("_output")]
        return [OutputFacts(tuple(shape), dtype, self.device) for shape, dtype, _ in self.outputs]

    def __repr__(self) -> str:
        return f"<{type(self).__name__} object at {id(self):#x}>"

    def gradients(self, edges: tuple[Edge, ...], g: Any) -> Any:
        """First-order gradients of the inputs that have an edge in ``edges``, on raw arrays."""
        raise NotImplementedError

    def gradient_tensors(self, edges: tuple[Edge, ...], g: Any) -> Any:
        """The same on Tensors, recorded (``create_graph=True``)."""
        raise NotImplementedError

    def renumber(self) -> None:
        """Be the newest node: for one that was made before what it is made from."""
        self.number = _numbers()

    def release(self) -> None:
        """Free what was saved: a second backward raises from now on."""
        self.saved = None

    def check_saved(self, unpack: bool = True) -> tuple[Any, ...]:
        """The saved values, if they are still there and none was changed in place."""
        saved = self.saved
        if saved is None:
            raise RuntimeError(BACKWARD_TWICE)
        versions = self.versions
        packed = False
        for i in range(0, len(versions), 3):
            if versions[i][0] != versions[i + 1]:
                if versions[i] is not PACKED:
                    self.refuse_modified(i // 3)
                packed = unpack
        return self.unpack_saved() if packed else saved

    def unpack_saved(self) -> tuple[Any, ...]:
        """The saved values, those that hooks were given unpacked by them."""
        raise NotImplementedError

    def refuse_modified(self, which: int) -> None:
        """Raise PyTorch's error for a saved value that was changed in place."""
        raise NotImplementedError


class ErrorNode(Node):
    """Stands where the gradient can't be right: raises when a gradient reaches it.

    Its edges lead to all that the value may depend on, so that a walk to any of these has to pass it.
    """

    __slots__ = ("message",)

    def __init__(self, message: str, device: Any, edges: tuple[Edge, ...]) -> None:
        super().__init__(edges, (), (), None, device)
        self.message = message

    def gradients(self, edges: tuple[Edge, ...], g: Any) -> Any:
        raise RuntimeError(self.message)

    gradient_tensors = gradients


class AccumulateGrad(Hookable):
    """What ``next_functions`` shows for a leaf: the place where its ``.grad`` is accumulated.

    The graph itself holds the leaf; this stands for it when a user walks the graph.
    """

    __slots__ = ("__weakref__", "hooks", "metadata", "variable")

    def __init__(self, variable: Any) -> None:
        self.variable = variable
        self.hooks = None
        self.metadata: dict[Any, Any] = {}

    next_functions: tuple[()] = ()

    def name(self) -> str:
        """``"plugrad::autograd::AccumulateGrad"``."""
        return "plugrad::autograd::AccumulateGrad"

    def _hooks(self) -> Any:
        if self.variable.hooks is None:
            # The engine looks for hooks around the accumulation where a leaf has a place for its own.
            self.variable.hooks = {}
        return super()._hooks()

    def _sequence_nr(self) -> int:
        return 2**64 - 1  # newer than every node: it runs as soon as it can

    @property
    def _input_metadata(self) -> list[OutputFacts]:
        leaf = self.variable
        return [OutputFacts(tuple(leaf.raw.shape), leaf.dtype, leaf.device)]

    def __repr__(self) -> str:
        return f"<AccumulateGrad object at {id(self):#x}>"


def as_function(target: Any) -> Any:
    """What users see of an edge's target."""
    if isinstance(target, Node):
        return target
    # One for each leaf, while somebody holds it; the leaf only knows it weakly, or it would be a cycle.
    known = None if target.accumulator is None else target.accumulator()
    if known is None:
        known = AccumulateGrad(target)
        target.accumulator = weakref.ref(known)
    return known
