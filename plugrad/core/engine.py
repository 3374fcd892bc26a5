"""The backward walk: one loop over the recorded nodes, newest first.

A node is always newer than what it was made from, so when a node's turn comes, all that uses its output has sent
its gradient. First order runs the rules on raw arrays; ``create_graph`` runs the same rules on Tensors, which
record in their turn. What is not mathematics happens here, once: summing a broadcast gradient back to its input's
shape, adding what meets, hooks, accumulation into ``.grad``.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextvars import ContextVar
from operator import attrgetter
from typing import Any

from plugrad.core import anomaly, hooks, modes
from plugrad.core import device as devices
from plugrad.core.errors import BACKWARD_TWICE
from plugrad.core.node import Edge, Node

_number = attrgetter("number")

_partial: ContextVar[bool] = ContextVar("plugrad_partial_walk", default=False)

#: Whether this is within a walk that only computes the gradients of some tensors.
is_partial = _partial.get


def run(
    roots: Sequence[tuple[Any, int | None]],
    gradients: Sequence[Any],
    keep_graph: bool,
    create_graph: bool,
    inputs: Sequence[tuple[Any, int | None]] | None = None,
    accumulate: bool = True,
    record: bool = True,
) -> list[Any]:
    """Walk backward from ``roots``.

    Args:
        roots: The edges to start at.
        gradients: A gradient for each: raw arrays, or Tensors with ``create_graph``.
        keep_graph: Do not free what the nodes saved.
        create_graph: Walk on Tensors, and record the walk itself.
        inputs: The edges whose gradients are wanted; None for all leaves.
        accumulate: Add gradients of leaves into their ``.grad``.
        record: False: a walk on Tensors for the sake of function transforms, which leaves no graph.

    Returns:
        The gradients of ``inputs``, None where there is none. They own their memory.
    """
    if devices.switch is not None:
        with devices.kept():
            return _run(roots, gradients, keep_graph, create_graph, inputs, accumulate, record)
    return _run(roots, gradients, keep_graph, create_graph, inputs, accumulate, record)


def _run(
    roots: Sequence[tuple[Any, int | None]],
    gradients: Sequence[Any],
    keep_graph: bool,
    create_graph: bool,
    inputs: Sequence[tuple[Any, int | None]] | None,
    accumulate: bool,
    record: bool,
) -> list[Any]:
    backend = roots[0][0].device.backend
    token = backend.silence()
    partial = is_partial()
    if inputs is not None:
        _partial.set(True)
    try:
        if not create_graph:
            return _walk(roots, gradients, keep_graph, False, inputs, accumulate)
        mode = modes.mode()
        # As enable_grad and no_grad, which leave inference mode as it is.
        modes.set_mode(mode if mode < 0 else modes.GRAD if record else modes.NO_GRAD)
        try:
            return _walk(roots, gradients, keep_graph, True, inputs, accumulate)
        finally:
            modes.set_mode(mode)
    finally:
        if inputs is not None:
            _partial.set(partial)
        backend.unsilence(token)


def _walk(
    roots: Sequence[tuple[Any, int | None]],
    gradients: Sequence[Any],
    keep_graph: bool,
    create_graph: bool,
    inputs: Sequence[tuple[Any, int | None]] | None,
    accumulate: bool,
) -> list[Any]:
    # Gradients by the node or leaf they belong to. Targets whose buffer is a sum made here are `owned`: more can be
    # added in place. Leaves whose gradient is, or may be a view of, somebody else's array are `borrowed`.
    buffers: dict[Any, Any] = {}
    owned: set[Any] = set()
    borrowed: set[Any] = set()
    captured: dict[Any, Any] = {}
    order, reachable, waiting = _reachable(roots)
    wanted, needed = (None, None) if inputs is None else _needed(order, inputs)
    anomalous = anomaly.is_anomaly_enabled()
    switch = devices.switch
    walk: hooks.Walk = (reachable, waiting, needed, wanted, {})

    for root, gradient in zip(roots, gradients, strict=True):
        _add(buffers, owned, root, gradient, create_graph)
        if root[1] is None:
            borrowed.add(root[0])
            waiting.setdefault(root[0], 0)

    while order:
        node = order.pop()
        g = buffers.pop(node, None)
        if g is None:
            continue
        edges = node.edges
        if needed is not None and wanted is not None:
            if node not in needed:
                captured[node] = g if node.hooks is None else hooks.at_outputs(node, g, create_graph, walk)
                continue
            if node in wanted:
                # Before its hooks, unlike above: so it is in PyTorch.
                captured[node] = g
            edges = needed[node]
        try:
            if anomalous:
                anomaly.enter(node)
            if switch is not None:
                switch(node.device)
            if node.hooks is not None:
                g = hooks.before_node(node, g, create_graph, walk)
            came = g
            if node.outputs is not None and node.fills_zeros:
                g = _with_zeros(node, g, create_graph)
            if node.saved is None:
                raise RuntimeError(BACKWARD_TWICE)
            grads = node.gradient_tensors(edges, g) if create_graph else node.gradients(edges, g)
            if node.hooks is not None:
                grads = hooks.after_node(node, grads, came, create_graph, walk)
            if anomalous:
                anomaly.check(node, grads, create_graph)
        except Exception as error:
            anomaly.explain(node, error)
            raise
        # Without saved tensors there is nothing to free: such a node can run again, as in PyTorch.
        if not keep_graph and node.versions:
            node.saved = None

        shapes = node.shapes
        for i, edge in enumerate(edges):
            if edge is None:
                continue
            grad = grads[i]
            target, number = edge
            if grad is not None:
                if shapes is not None and grad.shape != shapes[i]:
                    grad = sum_to_shape(node.device.ops if create_graph else node.device.xp, grad, shapes[i])
                if target in buffers or target.outputs is not None:
                    _add(buffers, owned, edge, grad, create_graph)
                else:
                    buffers[target] = grad
                    if number is None and (
                        # What a hook returned is somebody's too.
                        create_graph
                        or grad is g
                        or node.lends
                        or node.hooks is not None
                        or not target.device.backend.owns_memory(grad)
                    ):
                        borrowed.add(target)
            if number is None:
                # A leaf. The edges to it are counted, so that it is done with as early as can be.
                left = waiting[target] = waiting[target] - 1
                if not left and target in buffers:
                    fresh = target in owned or target not in borrowed
                    if wanted is None and target.hooks is None and target.post_accumulate_hooks is None:
                        target.accumulate(buffers.pop(target), fresh, create_graph)
                    else:
                        _finish_leaf(target, buffers.pop(target), fresh, create_graph, walk, captured, accumulate)
    # Leaves that also hang below nodes which no gradient reached.
    for leaf, grad in buffers.items():
        _finish_leaf(leaf, grad, leaf in owned, create_graph, walk, captured, accumulate)

    return [] if inputs is None else [_captured(captured, edge, create_graph) for edge in inputs]


def _reachable(roots: Sequence[tuple[Any, int | None]]) -> tuple[list[Node], set[Node], dict[Any, int]]:
    """All nodes that gradients from ``roots`` can reach, oldest first and as a set; for each leaf, how many edges."""
    nodes: list[Node] = []
    leaves: dict[Any, int] = {}
    seen: set[Node] = set()
    for target, number in roots:
        if number is not None and target not in seen:
            seen.add(target)
            nodes.append(target)
    # The list grows as it is walked.
    for node in nodes:
        for edge in node.edges:
            if edge is not None:
                target, number = edge
                if number is None:
                    leaves[target] = leaves.get(target, 0) + 1
                elif target not in seen:
                    seen.add(target)
                    nodes.append(target)
    nodes.sort(key=_number)
    return nodes, seen, leaves


def _needed(
    order: list[Node], inputs: Sequence[tuple[Any, int | None]]
) -> tuple[set[Any], dict[Any, tuple[Edge, ...]]]:
    """The targets of ``inputs``; and the nodes that have to run for gradients to reach them, with the edges there."""
    wanted = {edge[0] for edge in inputs}
    needed: dict[Any, tuple[Edge, ...]] = {}
    for node in order:
        edges = tuple([e if e is not None and (e[0] in needed or e[0] in wanted) else None for e in node.edges])
        if any(edges):
            needed[node] = edges
    return wanted, needed


def _add(buffers: dict[Any, Any], owned: set[Any], edge: tuple[Any, int | None], grad: Any, create_graph: bool) -> None:
    """Add a gradient to the buffer of an edge's target; nodes with several outputs have one buffer for each."""
    target, number = edge
    if number is not None and target.outputs is not None:
        slots = buffers.setdefault(target, [None] * len(target.outputs))
        slots[number] = grad if slots[number] is None else slots[number] + grad
        return
    known = buffers.get(target)
    if known is None:
        buffers[target] = grad
    elif create_graph:
        buffers[target] = known + grad
    elif target in owned and not target.device.depth:
        # Arrays of function transforms are Tensors, which are left as they are.
        known += grad
        buffers[target] = known
    else:
        buffers[target] = known + grad
        owned.add(target)


def _with_zeros(node: Node, slots: list[Any], create_graph: bool) -> tuple[Any, ...]:
    """The gradients of all outputs: zeros where none came, None where there can be none."""
    xp = node.device.ops if create_graph else node.device.xp
    assert node.outputs is not None and node.device.backend is not None
    result = []
    for slot, (shape, dtype, differentiable) in zip(slots, node.outputs, strict=True):
        if slot is None and differentiable:
            slot = xp.zeros(shape, dtype=dtype if create_graph else node.device.backend.dtypes[dtype])
        result.append(slot)
    return tuple(result)


def sum_to_shape(xp: Any, grad: Any, shape: tuple[int, ...]) -> Any:
    """Sum the axes along which an input of this shape was broadcast."""
    extra = grad.ndim - len(shape)
    axes = [*range(extra)]
    axes += [extra + i for i, n in enumerate(shape) if n == 1 and grad.shape[extra + i] != 1]
    if axes:
        grad = xp.sum(grad, axis=tuple(axes), keepdims=True)
    return xp.reshape(grad, shape=tuple(shape))


def _finish_leaf(
    leaf: Any,
    grad: Any,
    fresh: bool,
    create_graph: bool,
    walk: hooks.Walk,
    captured: dict[Any, Any],
    accumulate: bool,
) -> None:
    """All of a leaf's gradient is there: run its hooks, then keep it or add it into ``.grad``."""
    wanted = walk[3]
    if wanted is not None and leaf not in wanted:
        return
    if leaf.hooks is not None:
        grad = hooks.before_leaf(leaf, grad, create_graph, walk)
        fresh = False
    if wanted is not None and not accumulate:
        captured[leaf] = grad if create_graph or fresh else leaf.device.backend.copy(grad)
        return
    hooks.accumulate(leaf, grad, fresh, create_graph, walk)


def _captured(captured: dict[Any, Any], edge: tuple[Any, int | None], create_graph: bool) -> Any:
    """The gradient captured for an edge, in memory of its own."""
    target, number = edge
    g = captured.get(target)
    if number is None or g is None:
        return g
    if target.outputs is not None:
        g = g[number]
    return g if create_graph or g is None else target.device.backend.copy(g)
