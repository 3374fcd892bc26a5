"""How the engine runs the hooks on tensors and nodes, in PyTorch's order.

On the way into a node: the tensor hooks of its outputs, then ``retain_grad``, then the node's own pre-hooks. On the way
out: the node's hooks. A leaf has its tensor hooks, pre-hooks of its ``AccumulateGrad``, the accumulation, hooks that
want the leaf afterwards, hooks of its ``AccumulateGrad``.
"""

from __future__ import annotations

import contextlib
import weakref
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any

from plugrad.core import dispatch, modes
from plugrad.core.conjugation import conjugated
from plugrad.core.handles import NodeHooks
from plugrad.core.handles import RemovableHandle as RemovableHandle
from plugrad.core.handles import add as add
from plugrad.core.node import Node
from plugrad.core.value import Value

#: What a hook may ask of the walk that it is called in: the nodes that gradients can reach, the leaves, the nodes that
#: have to run and those whose gradients are wanted (None where it is all), and room for hooks that act together.
#: A plain tuple, because every walk makes one and few are asked.
Walk = tuple[set[Any], dict[Any, int], dict[Any, Any] | None, set[Any] | None, dict[Any, Any]]


def meets(walk: Walk, target: Any) -> bool:
    """Whether a walk computes the gradient of a node's outputs, or of a leaf."""
    nodes, leaves, needed, wanted, _ = walk
    if target not in nodes and target not in leaves:
        return False
    return needed is None or wanted is None or target in needed or target in wanted


_current: ContextVar[Walk | None] = ContextVar("plugrad_walk", default=None)

#: The walk that the hook which asks is called in, or None.
current_walk = _current.get


def of_node(node: Node) -> NodeHooks:
    """The hooks of a node, made at first use."""
    return node._hooks()


def _as_tensor(raw: Any, device: Any, create_graph: bool) -> Any:
    """A gradient of the walk as hooks see it."""
    if raw is None:
        return None
    tensor = raw if create_graph else dispatch.Tensor(raw, device, device.backend.dtype_of(raw))
    return conjugated(tensor, device, True) if tensor.dtype.is_complex else tensor


def _as_gradient(tensor: Any, create_graph: bool) -> Any:
    """What hooks have made of it, as the walk carries it."""
    if tensor is None:
        return None
    if tensor.dtype.is_complex:
        tensor = conjugated(tensor, tensor.device, True)
    return tensor if create_graph else tensor.raw


@contextlib.contextmanager
def _within(walk: Walk, record: bool) -> Iterator[None]:
    """Hooks know their walk, and are recorded only where it is, or where a function transform has levels below."""
    mode, previous = modes.mode(), current_walk()
    modes.set_mode(modes.GRAD if record else modes.NO_GRAD)
    _current.set(walk)
    try:
        yield
    finally:
        modes.set_mode(mode)
        _current.set(previous)


def _name(hook: Any) -> str:
    return getattr(hook, "__name__", None) or type(hook).__name__


def _type(value: Any) -> str:
    return f"plugrad.{value.dtype.legacy_name}Tensor"


def _call(hook: Callable[..., Any], value: Any) -> Any:
    """One tensor hook: its result replaces the gradient, if it has one and it fits."""
    result = hook(value)
    return value if result is None else _checked(hook, result, value)


def _call_all(hook: Callable[..., Any], values: tuple[Any, ...], *others: Any) -> tuple[Any, ...]:
    """One hook of a node: the tuple that it returns, if any, replaces the gradients."""
    result = hook(values, *others)
    if result is None:
        return values
    if not isinstance(result, tuple):
        raise TypeError(f"expected tuple, but hook returned '{type(result).__name__}'")
    if len(result) != len(values):
        raise RuntimeError(
            f"hook '{_name(hook)}' has returned an incorrect number of values (got {len(result)}, but expected "
            f"{len(values)})"
        )
    return tuple([x if x is None else _checked(hook, x, old) for x, old in zip(result, values, strict=True)])


def _checked(hook: Callable[..., Any], result: Any, value: Any) -> Any:
    """What a hook returned in the place of a gradient, if it fits."""
    if value is None:
        raise RuntimeError("can't replace a None gradient with a non-None value")
    if not isinstance(result, Value):
        raise TypeError(f"expected Variable, but hook returned '{type(result).__name__}'")
    if tuple(result.raw.shape) != tuple(value.raw.shape):
        raise RuntimeError(
            f"hook '{_name(hook)}' has changed the size of value\nHint: it got {list(value.raw.shape)} and "
            f"returned {list(result.raw.shape)}."
        )
    if result.dtype is not value.dtype:
        raise RuntimeError(
            f"hook '{_name(hook)}' has changed the type of value (was {_type(value)} got {_type(result)})"
        )
    return result


def at_outputs(node: Node, g: Any, create_graph: bool, walk: Walk) -> Any:
    """Run the hooks of a node's outputs, then fill ``.grad`` of retained outputs."""
    with _within(walk, create_graph or node.device.depth > 0):
        return _at_outputs(node, g, create_graph)


def before_node(node: Node, g: Any, create_graph: bool, walk: Walk) -> Any:
    """The same for a node that is about to run, and then its own pre-hooks."""
    with _within(walk, create_graph or node.device.depth > 0):
        g = _at_outputs(node, g, create_graph)
        before = node.hooks.before
        if not before:
            return g
        grads = g if node.outputs is not None else (g,)
        values = tuple([_as_tensor(x, node.device, create_graph) for x in grads])
        for hook in list(before.values()):
            values = _call_all(hook, values)
        grads = [_as_gradient(x, create_graph) for x in values]
        return grads if node.outputs is not None else grads[0]


def _at_outputs(node: Node, g: Any, create_graph: bool) -> Any:
    hooks: NodeHooks = node.hooks
    grads = list(g) if node.outputs is not None else [g]
    for number, registered in hooks.outputs.items():
        value = _as_tensor(grads[number], node.device, create_graph)
        for hook in list(registered.values()):
            value = _call(hook, value)
        grads[number] = _as_gradient(value, create_graph)
    for number, reference in list(hooks.retained.items()):
        tensor = reference()
        if tensor is not None and grads[number] is not None:
            tensor.accumulate(grads[number], False, create_graph, leaf=False)
    return grads if node.outputs is not None else grads[0]


def after_node(node: Node, grads: Any, g: Any, create_graph: bool, walk: Walk) -> Any:
    """Run hooks that see what a node got and what it sends on, and may replace the latter."""
    hooks: NodeHooks = node.hooks
    if not hooks.after:
        return grads
    device = node.device
    with _within(walk, create_graph or node.device.depth > 0):
        incoming = tuple([_as_tensor(x, device, create_graph) for x in (g if node.outputs is not None else (g,))])
        places = range(len(node.edges)) if node.places is None else node.places
        edges = node.edges
        # Each gradient is where the value is that it belongs to: copies between devices lead from one to another.
        outgoing = tuple(
            [_as_tensor(grads[i], device if (e := edges[i]) is None else e[0].device, create_graph) for i in places]
        )
        for hook in list(hooks.after.values()):
            outgoing = _call_all(hook, outgoing, incoming)
        result = [None] * len(edges)
        for i, x in zip(places, outgoing, strict=True):
            result[i] = _as_gradient(x, create_graph)
        return result


def before_leaf(leaf: Any, grad: Any, create_graph: bool, walk: Walk) -> Any:
    """Run a leaf's tensor hooks on its whole gradient."""
    with _within(walk, create_graph or leaf.device.depth > 0):
        value = _as_tensor(grad, leaf.device, create_graph)
        for hook in list(leaf.hooks.values()):
            value = _call(hook, value)
        return _as_gradient(value, create_graph)


def accumulate(leaf: Any, grad: Any, fresh: bool, create_graph: bool, walk: Walk) -> None:
    """Add into a leaf's ``.grad``, with the hooks that run before and after that."""
    accumulator = None if leaf.accumulator is None else leaf.accumulator()
    around: NodeHooks | None = None if accumulator is None else accumulator.hooks
    if leaf.post_accumulate_hooks is None and around is None:
        leaf.accumulate(grad, fresh, create_graph)
        return
    with _within(walk, create_graph or leaf.device.depth > 0):
        if around is not None:
            values = (_as_tensor(grad, leaf.device, create_graph),)
            for hook in list(around.before.values()):
                values = _call_all(hook, values)
            if values[0] is None:
                return
            grad, fresh = _as_gradient(values[0], create_graph), False
        leaf.accumulate(grad, fresh, create_graph)
        if leaf.post_accumulate_hooks is not None:
            for hook in list(leaf.post_accumulate_hooks.values()):
                hook(leaf)
        if around is not None:
            for hook in list(around.after.values()):
                _call_all(hook, (), values)


def move_retained(tensor: Any, edge: Any) -> None:
    """Let ``retain_grad`` of a tensor that was changed in place watch its new node; ``edge`` is the old one."""
    if edge is not None and edge[0].hooks is not None:
        edge[0].hooks.retained.pop(edge[1], None)
    if tensor.edge is not None:
        node, number = tensor.edge
        of_node(node).retained[number] = weakref.ref(tensor)
