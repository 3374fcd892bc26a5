"""The node of a call of a user's Function: unpacks what was saved, runs backward, checks what it returns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from plugrad.core import dispatch, engine, modes, packing
from plugrad.core.anomaly import modified
from plugrad.core.conjugation import conjugated
from plugrad.core.errors import BACKWARD_TWICE, with_hint
from plugrad.core.function.context import FROM_NODE, INTERMEDIATE, FunctionCtx, Saved, guarded, refusing
from plugrad.core.levels import lift
from plugrad.core.node import Edge, Node
from plugrad.core.saving import SavedTensor, check_hooks
from plugrad.core.value import Value

_NO_TANGENT = (
    "backward of a dual number through {name}: it saved a tensor that is neither an input nor an output of its "
    "forward, whose tangent is not known\n"
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
        if ctx is None or name in FROM_NODE:
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
            return refusing(tensor, INTERMEDIATE.format(name=self.name()), self.edges)
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
