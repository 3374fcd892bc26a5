"""backward and grad: check what users pass, then let the engine walk."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from typing import Any

from plugrad.core import dispatch, engine, modes
from plugrad.core.conjugation import conjugated
from plugrad.core.errors import with_hint
from plugrad.core.graph import GradientEdge, as_output
from plugrad.core.graph import edge_of as edge_of
from plugrad.core.modes import enable_grad, no_grad
from plugrad.core.transforms.vmap import vmap
from plugrad.core.value import Value

_CYCLE = (
    "Using backward() with create_graph=True will create a reference cycle between the parameter and its gradient "
    "which can cause a memory leak. We recommend using autograd.grad when creating the graph to avoid this. If you "
    "have to use this function, make sure to reset the .grad fields of your parameters to None after use to break "
    "the cycle and avoid the leak."
)


def _as_tuple(values: Any) -> tuple[Any, ...]:
    if isinstance(values, GradientEdge):
        return (values,)
    return tuple(values) if isinstance(values, (tuple, list)) else (values,)


def _inputs(inputs: Any, caller: str) -> tuple[Any, ...]:
    """``inputs`` of ``backward`` and ``grad``: tensors and edges, alone, in a sequence or in a dict."""
    # The usual kinds first: asking for an abstract class is slow.
    plain = inputs.__class__ is list or inputs.__class__ is tuple
    if not plain and isinstance(inputs, Mapping) and type(inputs) is not dict:
        raise TypeError(
            f"`inputs` argument to `{caller}()` must be a dict, not {type(inputs).__name__}. Other Mapping types are "
            "not supported."
        )
    xs = tuple(inputs.values()) if isinstance(inputs, dict) else _as_tuple(inputs)
    if not xs:
        raise RuntimeError(f"`inputs` argument to `{caller}()` cannot be empty.")
    for x in xs:
        if isinstance(x, GradientEdge):
            continue
        if not isinstance(x, Value):
            raise RuntimeError(f"all inputs have to be Tensors or GradientEdges, but got {type(x).__name__}")
        if not x.tracked:
            raise RuntimeError(
                with_hint("One of the differentiated Tensors does not require grad", "call x.requires_grad_() first.")
            )
    return xs


def _size(value: Any) -> str:
    return f"plugrad.Size({list(value.raw.shape)})"


def _seeds(outputs: tuple[Any, ...], given: tuple[Any, ...], create_graph: bool) -> list[Any]:
    """The incoming gradients: those given, checked, or ones for scalar outputs."""
    seeds: list[Any] = []
    for i, (output, seed) in enumerate(zip(outputs, given, strict=True)):
        if seed is None:
            if not output.tracked:
                seeds.append(None)
                continue
            if _numel(output) != 1:
                raise RuntimeError(
                    with_hint(
                        "grad can be implicitly created only for scalar outputs",
                        f"the output has shape {list(output.raw.shape)}; reduce it (sum, mean) or pass a gradient.",
                    )
                )
            if output.dtype.is_complex:
                raise RuntimeError(
                    f"grad can be implicitly created only for real scalar outputs but got {output.dtype}"
                )
            raw = output.device.xp.ones_like(output.raw)
            seeds.append(dispatch.Tensor(raw, output.device, output.dtype) if create_graph else raw)
            continue
        if not isinstance(seed, Value):
            raise TypeError(f"gradients can be either Tensors or None, but got {type(seed).__name__}")
        if tuple(seed.raw.shape) != tuple(output.raw.shape):
            raise RuntimeError(
                f"Mismatch in shape: grad_output[{i}] has a shape of {_size(seed)} and output[{i}] has a shape of "
                f"{_size(output)}."
            )
        if seed.dtype.is_complex != output.dtype.is_complex:
            raise RuntimeError(
                "For complex Tensors, both grad_output and output are required to have the same dtype. Mismatch in "
                f"dtype: grad_output[{i}] has a dtype of {seed.dtype} and output[{i}] has a dtype of {output.dtype}."
            )
        dispatch.common_device("backward", [output, seed])
        if seed.dtype is not output.dtype:
            seed = dispatch.cast(seed, output.dtype)
        seed = _outside(seed, create_graph)
        seeds.append(seed if create_graph else seed.raw)
    return seeds


def _outside(gradient: Any, create_graph: bool) -> Any:
    """A gradient of the walk as users see it, or the other way round."""
    if not gradient.dtype.is_complex:
        return gradient
    with modes.set_grad_enabled(create_graph):
        return conjugated(gradient, gradient.device, True)


def _numel(value: Any) -> int:
    return math.prod(value.raw.shape)


def _check_roots(outputs: tuple[Any, ...]) -> None:
    for i, output in enumerate(outputs):
        if not output.tracked:
            raise RuntimeError(
                with_hint(
                    f"element {i} of tensors does not require grad and does not have a grad_fn",
                    "it was not computed from a tensor with requires_grad=True, or under no_grad().",
                )
            )


def backward(
    tensors: Any,
    grad_tensors: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Any = None,
) -> None:
    """Add the gradients of ``tensors`` with respect to the graph's leaves into their ``.grad``.

    For outputs ``y_k`` with incoming gradients ``v_k``, every leaf ``x`` receives ``sum_k (dy_k/dx)^T v_k``.

    Args:
        tensors: A Tensor or a ``GradientEdge``, or a sequence of them.
        grad_tensors: For each the incoming gradient, of its shape; None for scalars means 1.
        retain_graph: Keep what the graph saved, for another backward. Default: the value of ``create_graph``.
        create_graph: Record the walk, so that the gradients can be differentiated again.
        inputs: Accumulate only into these tensors (a sequence, or the values of a dict). ``retain_grad`` is called on
            those that are no leaves.

    Raises:
        RuntimeError: if a tensor requires no gradient, is no scalar and has no incoming gradient, or if the graph
            was freed by an earlier backward.

    Example::

        >>> import plugrad
        >>> x = plugrad.tensor([1.0, 2.0], requires_grad=True)
        >>> plugrad.autograd.backward((x * x).sum())
        >>> x.grad
        tensor([2., 4.])
    """
    outputs = tuple([as_output(y) for y in _as_tuple(tensors)])
    given = (None,) * len(outputs) if grad_tensors is None else _as_tuple(grad_tensors)
    if len(given) != len(outputs):
        raise RuntimeError(f"got {len(outputs)} tensors and {len(given)} gradients")
    wanted = None if inputs is None else _inputs(inputs, "backward")
    seeds = _seeds(outputs, given, create_graph)
    _check_roots(outputs)
    if not outputs:
        return
    keep = create_graph if retain_graph is None else retain_graph
    if create_graph:
        warnings.warn(_CYCLE, UserWarning, stacklevel=3)
    for x in wanted or ():
        if isinstance(x, Value) and x.edge is not None:
            x.retain_grad()  # type: ignore[attr-defined]  # every Value that users have is a Tensor
    edges = None if wanted is None else [edge_of(x) for x in wanted]
    engine.run([edge_of(y) for y in outputs], seeds, keep, create_graph, edges)


def grad(
    outputs: Any,
    inputs: Any,
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    allow_unused: bool | None = None,
    is_grads_batched: bool = False,
    materialize_grads: bool = False,
) -> Any:
    """Return the gradients of ``outputs`` with respect to ``inputs``; no ``.grad`` is touched.

    For outputs ``y_k`` with incoming gradients ``v_k``, the result for ``x`` is ``sum_k (dy_k/dx)^T v_k``.

    Args:
        outputs: A Tensor or a ``GradientEdge``, or a sequence of them.
        inputs: Tensors (leaves or not) or edges to differentiate with respect to; or a dict of them.
        grad_outputs: For each output the incoming gradient; None for scalars means 1.
        retain_graph: Keep what the graph saved, for another walk. Default: the value of ``create_graph``.
        create_graph: Record the walk, so that the gradients can be differentiated again.
        allow_unused: Return None for inputs that were not used, instead of raising. Default: the value of
            ``materialize_grads``.
        is_grads_batched: Take the first dimension of every incoming gradient for one of a batch, walk for all of it at
            once, and return gradients with that dimension.
        materialize_grads: Return zeros for inputs that were not used.

    Returns:
        A tuple with a gradient for every input; a dict where ``inputs`` is one.

    Raises:
        RuntimeError: if an input requires no gradient or was not used, and in the cases of ``backward``.

    Example::

        >>> import plugrad
        >>> x = plugrad.tensor(3.0, requires_grad=True)
        >>> dx, = plugrad.autograd.grad(x**3, x, create_graph=True)
        >>> plugrad.autograd.grad(dx, x)
        (tensor(18.),)
    """
    if is_grads_batched:
        return _batched(outputs, inputs, grad_outputs, retain_graph, create_graph, allow_unused, materialize_grads)
    ys = tuple([as_output(y) for y in _as_tuple(outputs)])
    xs = _inputs(inputs, "grad")
    given = (None,) * len(ys) if grad_outputs is None else _as_tuple(grad_outputs)
    if len(given) != len(ys):
        raise RuntimeError(f"got {len(ys)} tensors and {len(given)} gradients")
    if allow_unused is None:
        allow_unused = materialize_grads
    elif allow_unused is False and materialize_grads:
        raise ValueError(
            "Expected allow_unused to be True or not passed when materialize_grads=True, but got: allow_unused=False."
        )
    seeds = _seeds(ys, given, create_graph)
    _check_roots(ys)
    keep = create_graph if retain_graph is None else retain_graph
    # Incoming gradients of a function transform that the outputs do not belong to: rules have to run on Tensors.
    lifted = grad_outputs is not None and any(
        [isinstance(s, Value) and s.device.depth > y.device.depth for s, y in zip(given, ys, strict=True)]
    )
    # Outputs with tangents of forward mode by hand: gradients have tangents too, also of tensors from outside of it.
    lifted = lifted or any([y.device.depth and y.device.outside is None for y in ys])
    if lifted and not create_graph:
        seeds = _seeds(ys, given, True)
    tensors = create_graph or lifted
    edges = [edge_of(x) for x in xs]
    found: list[Any] = [None] * len(xs)
    if ys:
        found = engine.run([edge_of(y) for y in ys], seeds, keep, tensors, edges, accumulate=False, record=create_graph)
    results = []
    for i, (x, gradient) in enumerate(zip(xs, found, strict=True)):
        if gradient is None:
            if not allow_unused:
                raise RuntimeError(
                    f"The differentiated Tensor at index {i} appears to not have been used in the graph. Set "
                    "allow_unused=True if this is the desired behavior."
                )
            if materialize_grads:
                if isinstance(x, GradientEdge):
                    raise RuntimeError("materialize_grads cannot be used when the given input is a GradientEdge")
                results.append(dispatch.Tensor(x.device.xp.zeros_like(x.raw), x.device, x.dtype))
            else:
                results.append(None)
        else:
            results.append(_outside(gradient if tensors else _wrapped(gradient, x), create_graph))
    return dict(zip(inputs, results, strict=True)) if isinstance(inputs, dict) else tuple(results)


def _batched(
    outputs: Any, inputs: Any, grad_outputs: Any, retain_graph: Any, create_graph: bool, allow_unused: Any, zeros: bool
) -> Any:
    """``grad`` of a batch of incoming gradients: one walk, mapped over them."""
    ys, seeds = _as_tuple(outputs), _as_tuple(grad_outputs)
    for i, (seed, y) in enumerate(zip(seeds, ys, strict=False)):
        if isinstance(seed, Value) and tuple(seed.raw.shape[1:]) != tuple(as_output(y).raw.shape):
            raise RuntimeError(
                "If `is_grads_batched=True`, we interpret the first dimension of each grad_output as the batch "
                "dimension. The sizes of the remaining dimensions are expected to match the shape of corresponding "
                f"output, but a mismatch was detected: grad_output[{i}] has a shape of {_size(seed)} and output[{i}] "
                f"has a shape of {_size(as_output(y))}. If you only want some tensors in `grad_output` to be "
                "considered batched, consider using vmap."
            )
    names = list(inputs) if isinstance(inputs, dict) else None
    used: list[bool] = []

    def walk(*given: Any) -> Any:
        keep = create_graph if retain_graph is None else retain_graph
        found = grad(outputs, inputs, given, keep, create_graph, allow_unused, False, zeros)
        found = tuple(found.values()) if names is not None else found
        used[:] = [g is not None for g in found]
        return tuple([g for g in found if g is not None])

    # Around vmap, whose inside computes in its own mode.
    with enable_grad() if create_graph else no_grad():
        rows = iter(vmap(walk)(*seeds))
    results = [next(rows) if u else None for u in used]
    return tuple(results) if names is None else dict(zip(names, results, strict=True))


def _wrapped(gradient: Any, x: Any) -> Any:
    """A gradient that the walk found for a Tensor or an edge, as a Tensor."""
    if not isinstance(x, GradientEdge):
        return dispatch.Tensor(gradient, x.device, x.dtype)
    device = edge_of(x)[0].device
    return dispatch.Tensor(gradient, device, device.backend.dtype_of(gradient))
