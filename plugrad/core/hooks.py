"""Hooks on tensors and nodes: where they are kept, and how the engine runs them."""

from __future__ import annotations

import contextlib
import weakref
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

from plugrad.core import dispatch, modes
from plugrad.core.node import Node
from plugrad.core.value import Value

_ids = count().__next__


class RemovableHandle:
    """Removes a hook: ``handle.remove()``, or leave its ``with`` block.

    Args:
        hooks: The dictionary that holds the hook.
    """

    __slots__ = ("__weakref__", "_hooks", "id")

    def __init__(self, hooks: dict[int, Any]) -> None:
        self._hooks = hooks
        self.id = _ids()

    def remove(self) -> None:
        """Remove the hook; a second call does nothing."""
        self._hooks.pop(self.id, None)

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()


def add(hooks: dict[int, Any], hook: Any) -> RemovableHandle:
    """Put a hook into a dictionary of hooks, in order."""
    handle = RemovableHandle(hooks)
    hooks[handle.id] = hook
    return handle


class NodeHooks:
    """The hooks of one node.

    Attributes:
        outputs: Output number -> tensor hooks, run on the gradient of that output.
        retained: Output number -> weak reference to the tensor that asked for ``retain_grad()``.
        before: Hooks on the incoming gradients of the node (``register_prehook``).
        after: Hooks on (outgoing, incoming) gradients (``register_hook``).
    """

    __slots__ = ("after", "before", "outputs", "retained")

    def __init__(self) -> None:
        self.outputs: dict[int, dict[int, Callable[..., Any]]] = {}
        self.retained: dict[int, weakref.ref[Any]] = {}
        self.before: dict[int, Callable[..., Any]] = {}
        self.after: dict[int, Callable[..., Any]] = {}


def of_node(node: Node) -> NodeHooks:
    """The hooks of a node, made at first use."""
    if node.hooks is None:
        node.hooks = NodeHooks()
    found: NodeHooks = node.hooks
    return found


def _as_tensor(raw: Any, device: Any, create_graph: bool) -> Any:
    return raw if create_graph or raw is None else dispatch.Tensor(raw, device, device.backend.dtype_of(raw))


def _as_gradient(tensor: Any, create_graph: bool) -> Any:
    return tensor if create_graph or tensor is None else tensor.raw


@contextlib.contextmanager
def _grad_mode(create_graph: bool) -> Iterator[None]:
    """Hooks are recorded only where the walk is."""
    previous = modes.mode()
    modes.set_mode(modes.GRAD if create_graph else modes.NO_GRAD)
    try:
        yield
    finally:
        modes.set_mode(previous)


def _name(hook: Any) -> str:
    return getattr(hook, "__name__", None) or type(hook).__name__


def _call(hook: Callable[..., Any], value: Any) -> Any:
    """One tensor hook: its result replaces the gradient, if it has one and it fits."""
    result = hook(value)
    if result is None:
        return value
    if not isinstance(result, Value):
        raise TypeError(f"expected Variable, but hook returned '{type(result).__name__}'")
    if value is not None:
        if tuple(result.raw.shape) != tuple(value.raw.shape):
            raise RuntimeError(
                f"hook '{_name(hook)}' has changed the size of value\nHint: it got {list(value.raw.shape)} and "
                f"returned {list(result.raw.shape)}."
            )
        if result.dtype is not value.dtype:
            raise RuntimeError(
                f"hook '{_name(hook)}' has changed the type of value (was {value.dtype} got {result.dtype})"
            )
    return result


def before_node(node: Node, g: Any, create_graph: bool) -> Any:
    """Run the hooks of a node's outputs, then the node's own, then fill ``.grad`` of retained outputs."""
    with _grad_mode(create_graph):
        return _before_node(node, g, create_graph)


def _before_node(node: Node, g: Any, create_graph: bool) -> Any:
    hooks: NodeHooks = node.hooks
    device = node.device
    grads = list(g) if node.outputs is not None else [g]
    for number, registered in hooks.outputs.items():
        value = _as_tensor(grads[number], device, create_graph)
        for hook in list(registered.values()) if value is not None else ():
            value = _call(hook, value)
        grads[number] = _as_gradient(value, create_graph)
    if hooks.before:
        values = tuple([_as_tensor(x, device, create_graph) for x in grads])
        for hook in list(hooks.before.values()):
            result = hook(values)
            if result is not None:
                values = result if isinstance(result, tuple) else (result,)
        grads = [_as_gradient(x, create_graph) for x in values]
    for number, reference in hooks.retained.items():
        tensor = reference()
        if tensor is not None and grads[number] is not None:
            tensor.accumulate(grads[number], False, create_graph)
    return grads if node.outputs is not None else grads[0]


def after_node(node: Node, grads: Any, g: Any, create_graph: bool) -> Any:
    """Run hooks that see what a node got and what it sends on, and may replace the latter."""
    hooks: NodeHooks = node.hooks
    if not hooks.after:
        return grads
    device = node.device
    incoming = tuple([_as_tensor(x, device, create_graph) for x in (g if node.outputs is not None else (g,))])
    # Each gradient is where the value is that it belongs to: copies between devices lead from one to another.
    outgoing = tuple(
        [
            _as_tensor(x, device if edge is None else edge[0].device, create_graph)
            for x, edge in zip(grads, node.edges, strict=True)
        ]
    )
    for hook in list(hooks.after.values()):
        with _grad_mode(create_graph):
            result = hook(outgoing, incoming)
        if result is not None:
            result = result if isinstance(result, tuple) else (result,)
            if len(result) != len(outgoing):
                raise RuntimeError(
                    f"hook '{_name(hook)}' has returned an incorrect number of values "
                    f"(got {len(result)}, but expected {len(outgoing)})"
                )
            outgoing = result
    return [_as_gradient(x, create_graph) for x in outgoing]


def before_leaf(leaf: Any, grad: Any, create_graph: bool) -> Any:
    """Run a leaf's tensor hooks on its whole gradient."""
    value = _as_tensor(grad, leaf.device, create_graph)
    with _grad_mode(create_graph):
        for hook in list(leaf.hooks.values()):
            value = _call(hook, value)
    return _as_gradient(value, create_graph)


def after_accumulate(leaf: Any, create_graph: bool) -> None:
    """Run the hooks that want the leaf after its ``.grad`` has grown."""
    if leaf.post_accumulate_hooks is not None:
        with _grad_mode(create_graph):
            for hook in list(leaf.post_accumulate_hooks.values()):
                hook(leaf)


def move_retained(tensor: Any, edge: Any) -> None:
    """Let ``retain_grad`` of a tensor that was changed in place watch its new node; ``edge`` is the old one."""
    if edge is not None and edge[0].hooks is not None:
        edge[0].hooks.retained.pop(edge[1], None)
    if tensor.edge is not None:
        node, number = tensor.edge
        of_node(node).retained[number] = weakref.ref(tensor)
