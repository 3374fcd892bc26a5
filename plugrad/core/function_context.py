"""What a user's Function has between forward and backward: the context it writes on, and the node in the graph.

They are two objects, so that a context takes attributes of any name. The node holds the context; the context knows
its node weakly.
"""

from __future__ import annotations

import warnings
import weakref
from collections.abc import Callable
from typing import Any

from plugrad.core import dispatch, engine, modes, packing
from plugrad.core.anomaly import modified
from plugrad.core.conjugation import conjugated
from plugrad.core.errors import BACKWARD_TWICE, INFERENCE_SAVED, with_hint
from plugrad.core.levels import lift
from plugrad.core.node import Edge, ErrorNode, Node
from plugrad.core.saving import SavedTensor, check_hooks
from plugrad.core.value import Value

_INTERMEDIATE = (
    "double backward through {name}: it saved a tensor that is neither an input nor an output of its forward, so "
    "what that tensor depends on is not recorded\n"
    "Hint: save the inputs instead and compute it again in backward, or return it as an output; pass a constant to "
    "apply as an argument."
)

_NO_TANGENT = (
    "backward of a dual number through {name}: it saved a tensor that is neither an input nor an output of its forward, "
    "whose tangent is not known\n"
    "Hint: save the inputs instead and compute it again in backward, or move what is saved to setup_context."
)

_ACCESSED_ONCE = (
    "saved_tensors can only be accessed once when clear_saved_tensors_on_access=True is set on the autograd.Function. "
    "Either access saved_tensors only once, or set clear_saved_tensors_on_access=False."
)

_COMPLEX_FOR_REAL = (
    "Expected isFloatingType(grad.scalar_type()) || (input_is_complex == grad_is_complex) to be true, but got false.  "
    "(Could this error message be improved?  If so, please report an enhancement request to PyTorch.)"
)

#: What a context has of its own, beside what users set on it.
OWN = frozenset(
    (
        "_function", "_node", "_packed", "_watched", "_intermediates", "_risen", "to_save", "dirty_tensors",
        "non_differentiable", "materialize_grads", "saved_for_forward", "needs_input_grad",
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

    def pack(self, node: FunctionNode, pair: packing.Pair) -> None:
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
    _node: weakref.ref[FunctionNode]
    #: Attributes with outputs in them, without the history of these.
    _packed: dict[str, Any] = {}  # noqa: RUF012 - replaced, never changed
    #: (tensor, count) of inputs among the attributes.
    _watched: tuple[Any, ...] = ()
    #: Tensors among the attributes whose history nobody recorded.
    _intermediates: tuple[Any, ...] = ()

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
        if any(self.needs_input_grad):
            # Before forward changes them, where it is told first.
            for tensor in args:
                if tensor.tracked and tensor.edge is None:
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
        return node.saved_tensors

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
            if name in _FROM_NODE:
                return getattr(node, name)
        raise AttributeError(f"'{self.name()}' object has no attribute '{name}'")


_FROM_NODE = frozenset(
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
        intermediates = super().__getattribute__("_intermediates")
        if not intermediates:
            return value
        node = super().__getattribute__("_node")()
        message = _INTERMEDIATE.format(name=node.name())

        def refused(x: Any) -> Any:
            return refusing(x, message, node.edges) if any([x is y for y in intermediates]) else x

        return mapped(value, refused)


def guarded(ctx: FunctionCtx) -> FunctionCtx:
    """The context for double backward."""
    twin = object.__new__(_GuardedCtx)
    twin.__dict__ = ctx.__dict__
    return twin


def settle_attributes(ctx: FunctionCtx, node: FunctionNode, inputs: list[Any], outputs: list[Any]) -> None:
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


class FunctionNode(Node):
    """The node of a call of a Function: runs the user's backward and checks what it returns."""

    __slots__ = ()

    function: Any
    #: What a backward returns may be anybody's array.
    lends = True

    def __init__(self, ctx: FunctionCtx, device: Any) -> None:
        super().__init__((), (), (), None, device)
        self._ctx = ctx
        #: (shape, dtype, device) of each argument of apply, None where it is no tensor.
        self._inputs: tuple[Any, ...] = ()

    @property
    def fills_zeros(self) -> bool:  # type: ignore[override]  # a constant of other nodes
        """Whether backward gets zeros where an output got no gradient."""
        return self._ctx.materialize_grads

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """What ``save_for_backward`` kept."""
        saved = self.saved
        if saved is None:
            cleared = self.__dict__.get("_cleared")
            raise RuntimeError(_ACCESSED_ONCE if cleared else BACKWARD_TWICE)
        found = tuple([None if item is None else self.unpacked(item) for item in saved])
        if self.function.clear_saved_tensors_on_access and saved:
            self._cleared = True
            self.saved = None
        return found

    @property
    def _raw_saved_tensors(self) -> tuple[Any, ...]:
        if self.saved is None:
            raise RuntimeError(BACKWARD_TWICE)
        return tuple([_RawSaved(self, k) for k in range(len(self.saved))])

    def __getattr__(self, name: str) -> Any:
        # Attributes that users set on the context show on the node, as in PyTorch.
        ctx = self.__dict__.get("_ctx")
        if ctx is None or name in _FROM_NODE:
            raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")
        return getattr(ctx, name)

    def unpacked(self, item: Saved) -> Any:
        """The tensor again, with its place in the graph."""
        if isinstance(item.raw, packing.Packed):
            tensor = item.raw.unpack()
            raw, version = tensor.raw, tensor.version
        elif item.version[0] != item.count:
            raise modified(item.raw.shape, item.dtype, item.version[0], item.count)
        else:
            raw, version = item.raw, item.version
        tensor = dispatch.Tensor(raw, item.device, item.dtype)
        # In-place changes are refused in the next derivative too.
        tensor.version = version
        edge: Edge = None
        if item.kind == "input":
            edge = self.edges[item.number]
        elif item.kind == "output":
            edge = (self, item.number)
        elif item.kind == "intermediate" and self._ctx._risen:
            raise RuntimeError(_NO_TANGENT.format(name=self.name()))
        elif item.kind == "intermediate" and modes.mode() > 0:
            return refusing(tensor, _INTERMEDIATE.format(name=self.name()), self.edges)
        if edge is not None and edge[1] is None and edge[0].version is version:
            # A leaf stays the object that it is, unless it was given other data.
            return edge[0]
        if edge is not None and item.dtype.is_inexact:
            tensor.edge = edge
            tensor.tracked = True
        return tensor

    def gradients(self, edges: tuple[Edge, ...], g: Any) -> Any:
        assert self.outputs is not None
        tensor = dispatch.Tensor
        values = [
            None if x is None else tensor(x, self.device, facts[1]) for x, facts in zip(g, self.outputs, strict=True)
        ]
        # Inside of a function transform the levels below record what backward computes.
        with modes.enable_grad() if self.device.depth else modes.no_grad():
            return [None if x is None else x.raw for x in self._walked(self._ctx, values)]

    def gradient_tensors(self, edges: tuple[Edge, ...], g: Any) -> Any:
        return self._walked(guarded(self._ctx), list(g))

    def _walked(self, ctx: FunctionCtx, values: list[Any]) -> list[Any]:
        """``_backward`` between the gradients that the walk carries: the conjugates of those that users see."""
        return [_conjugated(x) for x in self._backward(ctx, [_conjugated(x) for x in values])]

    def _backward(self, ctx: FunctionCtx, values: list[Any]) -> list[Any]:
        """Run the user's backward and check what it returns against the inputs."""
        if ctx._risen and ctx._intermediates:
            raise RuntimeError(_NO_TANGENT.format(name=self.name()))
        for x, version, count in ctx._watched:
            if version[0] != count:
                raise modified(x.raw.shape, x.dtype, version[0], count)
        result = self.function._run_backward(ctx, values)
        grads = list(result) if isinstance(result, tuple) else [result]
        inputs = self._inputs
        name = self.name()
        if len(grads) > len(inputs) and all([x is None for x in grads[len(inputs) :]]):
            grads = grads[: len(inputs)]
        if len(grads) != len(inputs):
            raise RuntimeError(
                with_hint(
                    f"function {name} returned an incorrect number of gradients (expected {len(inputs)}, got "
                    f"{len(grads)})",
                    "backward must return one value for each argument of forward, None where there is no gradient.",
                )
            )
        edges = iter(self.edges)
        wanted = []
        for i, (grad, facts) in enumerate(zip(grads, inputs, strict=True)):
            if facts is None:
                if grad is not None:
                    raise RuntimeError(
                        f"function {name} returned a gradient different than None at position {i + 1}, but the "
                        "corresponding forward input was not a Variable"
                    )
                continue
            if grad is not None and not isinstance(grad, Value):
                raise RuntimeError(f"expected Variable or None (got {type(grad).__name__})")
            needed = next(edges) is not None
            wanted.append(self._fitted(grad, facts, i) if needed and grad is not None else None)
        return wanted

    def _fitted(self, grad: Any, facts: tuple[Any, ...], i: int) -> Any:
        """One returned gradient in its input's shape and dtype."""
        shape, dtype, device = facts
        name = self.name()
        if grad.device is not device and grad.device.depth < device.depth:
            grad = lift(grad, device)
        got = tuple(grad.raw.shape)
        if got != shape:
            try:
                fits = dispatch.broadcast_shapes(got, shape) == got
            except RuntimeError:
                fits = False
            if not fits:
                raise RuntimeError(
                    f"Function {name} returned an invalid gradient at index {i} - got {list(got)} but expected shape "
                    f"compatible with {list(shape)}"
                )
            grad = engine.sum_to_shape(device.ops, grad, shape)
        if grad.dtype.is_complex and not dtype.is_complex:
            raise RuntimeError(
                with_hint(_COMPLEX_FOR_REAL, f"input {i} of {name} is real; return the real part of its gradient.")
            )
        if grad.device.root is not device.root:
            raise RuntimeError(
                f"Function {name} returned an invalid gradient at index {i} - expected device {device} but got "
                f"{grad.device}"
            )
        return dispatch.cast(grad, dtype)


def _conjugated(x: Any) -> Any:
    return x if x is None or not x.dtype.is_complex else conjugated(x, x.device, True)


class _RawSaved(SavedTensor):
    """One of ``node._raw_saved_tensors``."""

    __slots__ = ()

    def unpack(self) -> Any:
        if self._node.saved is None:
            raise RuntimeError(BACKWARD_TWICE)
        item = self._node.saved[self._k]
        return None if item is None else self._node.unpacked(item)

    def register_hooks(self, pack_hook: Callable[[Any], Any], unpack_hook: Callable[[Any], Any]) -> None:
        saved = self._node.saved
        check_hooks(None if saved is None else [item and item.raw for item in saved], self._k, pack_hook, unpack_hook)
        self._node.saved[self._k].pack(self._node, packing.Pair(pack_hook, unpack_hook))
