"""What a user's Function has between forward and backward: the context it writes on.

It is not the node in the graph (``node``), so that it takes attributes of any name. The node holds the
context; the context knows its node weakly.
"""

from __future__ import annotations

import warnings
import weakref
from collections.abc import Callable
from typing import Any

from plugrad.core import dispatch, modes, packing, views
from plugrad.core.errors import BACKWARD_TWICE, INFERENCE_SAVED, with_hint
from plugrad.core.node import Edge, ErrorNode
from plugrad.core.value import Value

INTERMEDIATE = (
    "double backward through {name}: it saved a tensor that is neither an input nor an output of its forward, so "
    "what that tensor depends on is not recorded\n"
    "Hint: save the inputs instead and compute it again in backward, or return it as an output; pass a constant to "
    "apply as an argument."
)

#: What a context has of its own, beside what users set on it.
OWN = frozenset(
    (
        "_function", "_node", "_packed", "_watched", "_intermediates", "_recorded", "_risen", "to_save",
        "dirty_tensors", "non_differentiable", "materialize_grads", "saved_for_forward", "needs_input_grad",
    )
)  # fmt: skip

#: What of it goes with it to another level.
CARRIED = frozenset(("to_save", "non_differentiable", "dirty_tensors", "materialize_grads", "saved_for_forward"))


class Saved:
    """A tensor put aside without its history, which the node knows: no reference cycle through an output.

    Attributes:
        kind: ``"input"``, ``"output"``, ``"constant"`` or ``"intermediate"``.
        number: Which input or output.
    """

    __slots__ = ("count", "device", "dtype", "kind", "number", "raw", "version")

    def __init__(self, tensor: Any, kind: str, number: int) -> None:
        if tensor.version is None:
            raise RuntimeError(INFERENCE_SAVED)
        self.kind = kind
        self.number = number
        self.raw = tensor.raw
        self.version = tensor.version
        self.count = tensor.version[0]
        self.dtype = tensor.dtype
        self.device = tensor.device

    def pack(self, node: Any, pair: packing.Pair) -> None:
        """Let hooks have it."""
        with modes.no_grad():
            self.raw = packing.Packed(node.unpacked(self), pair, self.count)


def refusing(tensor: Any, message: str, edges: tuple[Edge, ...]) -> Any:
    """The same values with a history that raises when it is differentiated."""
    out = dispatch.Tensor(tensor.raw, tensor.device, tensor.dtype)
    if tensor.dtype.is_inexact:
        out.tracked = True
        out.edge = (ErrorNode(message, tensor.device, edges), 0)
    return out


def mapped(tree: Any, leaf: Callable[[Any], Any]) -> Any:
    """A structure of tuples, lists and dictionaries with ``leaf`` called on what is in it; itself if none changed."""
    if isinstance(tree, (tuple, list)):
        items = [mapped(x, leaf) for x in tree]
        if all([a is b for a, b in zip(items, tree, strict=True)]):
            return tree
        if hasattr(tree, "_fields"):
            return type(tree)(*items)
        return type(tree)(items)
    if isinstance(tree, dict):
        values = {key: mapped(x, leaf) for key, x in tree.items()}
        return tree if all([values[key] is x for key, x in tree.items()]) else values
    return leaf(tree)


class FunctionCtx:
    """What ``forward`` notes for ``backward``: tensors to save, and attributes of any name."""

    _function: Any
    _node: weakref.ref[Any]
    #: Attributes with outputs in them, without the history of these.
    _packed: dict[str, Any] = {}  # noqa: RUF012 - replaced, never changed
    #: (tensor, count) of inputs among the attributes.
    _watched: tuple[Any, ...] = ()
    #: Tensors among the attributes whose history nobody recorded.
    _intermediates: tuple[Any, ...] = ()

    #: Whether gradients were recorded where it was called.
    _recorded = False
    #: Whether forward ran on the primals of dual numbers: what else it saved has lost its tangent.
    _risen = False

    to_save: tuple[Any, ...] | None = None
    dirty_tensors: tuple[Any, ...] | None = None
    non_differentiable: tuple[Any, ...] | None = None
    saved_for_forward: tuple[Any, ...] | None = None
    materialize_grads: bool = True

    #: For each argument of ``apply``, whether a gradient of it is wanted.
    needs_input_grad: tuple[bool, ...] = ()

    def save_for_backward(self, *tensors: Any) -> None:
        """Keep tensors for ``backward``, protected against in-place changes; read them as ``ctx.saved_tensors``.

        Args:
            tensors: Inputs or outputs of ``forward``, or None. Other tensors can be saved too, but then double
                backward raises.

        Raises:
            TypeError: for anything but tensors and None.
        """
        for i, tensor in enumerate(tensors):
            if tensor is not None and not isinstance(tensor, Value):
                raise TypeError(
                    f"save_for_backward can only save variables, but argument {i} is of type {type(tensor).__name__}"
                )
        self.to_save = tensors

    def save_for_forward(self, *tensors: Any) -> None:
        """Keep tensors for ``jvp``; read them as ``ctx.saved_tensors``.

        Args:
            tensors: Tensors or None.

        Raises:
            AssertionError: for anything but tensors and None.
        """
        for tensor in tensors:
            if tensor is not None and not isinstance(tensor, Value):
                raise AssertionError(
                    "save_for_forward expects all arguments to be tensors; you should save non-tensors as attributes "
                    "on ctx."
                )
        self.saved_for_forward = tensors

    def mark_dirty(self, *args: Any) -> None:
        """Tell that ``forward`` changed these inputs in place. They must be returned.

        Args:
            args: Inputs of ``forward``.

        Raises:
            RuntimeError: for what is no tensor, and for leaves that require gradients and other tensors that must not
                be changed in place.
        """
        for i, tensor in enumerate(args):
            if not isinstance(tensor, Value):
                raise RuntimeError(
                    f"mark_dirty can only accept variables, but argument {i} is of type {type(tensor).__name__}"
                )
        if self._recorded:
            # Before forward changes them, where it is told first.
            for tensor in args:
                if tensor.base is not None:
                    views.check_changed(tensor, recorded=any(self.needs_input_grad))
                elif tensor.tracked and tensor.edge is None:
                    raise RuntimeError(with_hint(_LEAF_CHANGED, "work on a copy: input = input.clone()."))
        self.dirty_tensors = args

    def mark_shared_storage(self, *pairs: Any) -> None:
        """Do nothing: tensors that share memory are known."""
        warnings.warn(
            "`mark_shared_storage` is deprecated. Tensors with shared storages are automatically tracked. Note that "
            "calls to `set_()` are not tracked",
            FutureWarning,
            stacklevel=2,
        )

    def mark_non_differentiable(self, *args: Any) -> None:
        """Tell that these outputs require no gradient.

        Args:
            args: Outputs of ``forward``.

        Raises:
            RuntimeError: for what is no tensor.
        """
        for tensor in args:
            if not isinstance(tensor, Value):
                raise RuntimeError(
                    f"mark_non_differentiable only accepts variable arguments, but got {type(tensor).__name__}"
                )
        self.non_differentiable = args

    def set_materialize_grads(self, value: bool) -> None:
        """Tell whether ``backward`` gets zeros (True, the default) or None for outputs without a gradient.

        Args:
            value: Whether to make zeros.
        """
        self.materialize_grads = value

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """What ``save_for_backward`` kept.

        Raises:
            RuntimeError: if the graph was freed, or if one of them was changed in place since.
        """
        node = self._node()
        if node is None:
            raise RuntimeError(BACKWARD_TWICE)
        found: tuple[Any, ...] = node.saved_tensors
        return found

    @property
    def saved_variables(self) -> tuple[Any, ...]:
        """The old name of ``saved_tensors``."""
        warnings.warn("'saved_variables' is deprecated; use 'saved_tensors'", DeprecationWarning, stacklevel=2)
        return self.saved_tensors

    def name(self) -> str:
        """Return the name of the node in the graph."""
        found: str = self._function.__name__ + "Backward"
        return found

    def __repr__(self) -> str:
        return f"<{self.name()} object at {id(self):#x}>"

    def __getattr__(self, name: str) -> Any:
        # What users did not set: an attribute with an output in it, or something of the node's.
        attributes = object.__getattribute__(self, "__dict__")
        node = attributes["_node"]() if "_node" in attributes else None
        if node is not None:
            packed = attributes.get("_packed", {})
            if name in packed:
                return mapped(packed[name], lambda x: node.unpacked(x) if isinstance(x, Saved) else x)
            if name in FROM_NODE:
                return getattr(node, name)
        raise AttributeError(f"'{self.name()}' object has no attribute '{name}'")


FROM_NODE = frozenset(
    (
        "metadata", "next_functions", "register_hook", "register_prehook", "_input_metadata", "_raw_saved_tensors",
        "_sequence_nr",
    )
)  # fmt: skip

_LEAF_CHANGED = "a leaf Variable that requires grad has been used in an in-place operation."


class _GuardedCtx(FunctionCtx):
    """A context as double backward sees it: intermediates among the attributes can't be differentiated through.

    It shares its attributes with the context that it guards.
    """

    def __getattribute__(self, name: str) -> Any:
        value = super().__getattribute__(name)
        if name in OWN or name[:2] == "__" or name not in super().__getattribute__("__dict__"):
            return value
        return _guarded(super().__getattribute__("__dict__"), value)

    def __getattr__(self, name: str) -> Any:
        value = super().__getattr__(name)
        return _guarded(self.__dict__, value) if name in self._packed else value


def _guarded(attributes: dict[str, Any], value: Any) -> Any:
    """An attribute with intermediates in it replaced."""
    intermediates = attributes.get("_intermediates")
    if not intermediates:
        return value
    node = attributes["_node"]()
    message = INTERMEDIATE.format(name=node.name())

    def refused(x: Any) -> Any:
        return refusing(x, message, node.edges) if any([x is y for y in intermediates]) else x

    return mapped(value, refused)


def guarded(ctx: FunctionCtx) -> FunctionCtx:
    """The context for double backward."""
    twin = object.__new__(_GuardedCtx)
    twin.__dict__ = ctx.__dict__
    return twin


def settle_attributes(ctx: FunctionCtx, node: Any, inputs: list[Any], outputs: list[Any]) -> None:
    """After forward: look through the attributes for tensors, once."""
    watched: list[Any] = []
    intermediates: list[Any] = []

    def seen(x: Any) -> Any:
        if not isinstance(x, Value):
            return x
        for i, out in enumerate(outputs):
            if x is out:
                return Saved(x, "output", i) if x.edge is not None and x.edge[0] is node else x
        if any([x is y for y in inputs]):
            if x.tracked and x.version is not None:
                watched.append((x, x.version, x.version[0]))
        elif not x.tracked and x.dtype.is_inexact:
            intermediates.append(x)
        return x

    packed = {}
    for name, value in list(ctx.__dict__.items()):
        if name not in OWN:
            without = mapped(value, seen)
            if without is not value:
                packed[name] = without
                del ctx.__dict__[name]
    if packed:
        ctx._packed = packed
    if watched:
        ctx._watched = tuple(watched)
    if intermediates:
        ctx._intermediates = tuple(intermediates)
