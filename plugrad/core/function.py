"""Function: the user's own ops, with a forward and a backward of their own."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import Any

from plugrad.core import dispatch, engine, modes
from plugrad.core.errors import BACKWARD_TWICE, with_hint
from plugrad.core.node import Edge, Node
from plugrad.core.value import Value

_LEGACY = (
    "Legacy autograd function with non-static forward method is deprecated. Please use new-style autograd function "
    "with static forward method. (Example: https://pytorch.org/docs/stable/autograd.html#torch.autograd.Function)"
)

_NO_BACKWARD = (
    "You must implement either the backward or vjp method for your custom autograd.Function to use it with backward "
    "mode AD."
)

_LEAF_CHANGED = "a leaf Variable that requires grad has been used in an in-place operation."

_UNMARKED = (
    "a Function changed one of its inputs in place without ctx.mark_dirty(): input {index} of {name}\n"
    "Hint: call ctx.mark_dirty(input) and return it, or work on a copy: input = input.clone()."
)

_INTERMEDIATE = (
    "double backward through {name}: it saved a tensor that is neither an input nor an output of its forward, so "
    "what that tensor depends on is not recorded\n"
    "Hint: save the inputs instead and compute it again in backward, or return it as an output."
)


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


def _refusing(tensor: Any, message: str, edges: tuple[Edge, ...]) -> Any:
    """The same values with a history that raises when it is differentiated."""
    out = dispatch.Tensor(tensor.raw, tensor.device, tensor.dtype)
    if tensor.dtype.is_inexact:
        out.tracked = True
        out.edge = (ErrorNode(message, tensor.device, edges), 0)
    return out


class FunctionCtx(Node):
    """What ``forward`` notes for ``backward``. It is also the node of the call, so attributes set on it stay there."""

    __slots__ = ()

    def __init__(self, device: Any) -> None:
        super().__init__((), (), (), None, device)
        self._to_save: tuple[Any, ...] = ()
        self._dirty: tuple[Any, ...] = ()
        self._constant: tuple[Any, ...] = ()
        self._inputs: tuple[Any, ...] = ()
        self.needs_input_grad: tuple[bool, ...] = ()

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
        self._to_save = tensors

    def mark_dirty(self, *tensors: Any) -> None:
        """Tell that ``forward`` changed these inputs in place. They must be returned.

        Args:
            tensors: Inputs of ``forward``.
        """
        self._dirty = tensors

    def mark_non_differentiable(self, *tensors: Any) -> None:
        """Tell that these outputs require no gradient.

        Args:
            tensors: Outputs of ``forward``.
        """
        self._constant = tensors

    def set_materialize_grads(self, value: bool) -> None:
        """Tell whether ``backward`` gets zeros (True, the default) or None for outputs without a gradient.

        Args:
            value: Whether to make zeros.
        """
        self.fills_zeros = value

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """What ``save_for_backward`` kept.

        Raises:
            RuntimeError: if the graph was freed, or if one of them was changed in place since.
        """
        saved = self.saved
        if saved is None:
            raise RuntimeError(BACKWARD_TWICE)
        found: list[Any] = []
        for item in saved:
            if item is None:
                found.append(None)
                continue
            kind, number, raw, version, count, dtype, device = item
            if version is not None and version[0] != count:
                raise RuntimeError(_modified(raw, dtype, version[0], count))
            tensor = dispatch.Tensor(raw, device, dtype)
            edge: Edge = None
            if kind == "input":
                edge = self.edges[number]
            elif kind == "output":
                edge = (self, number)
            elif modes.mode() > 0:
                tensor = _refusing(tensor, _INTERMEDIATE.format(name=self.name()), self.edges)
            if edge is not None and edge[1] is None:
                # A leaf stays the object that it is, also where its array was replaced since: the version says so.
                tensor = edge[0]
            elif edge is not None and dtype.is_inexact:
                tensor.edge = edge
                tensor.tracked = True
            found.append(tensor)
        return tuple(found)

    # -- as a node -------------------------------------------------------------------------------------------------

    function: type[Function]

    def gradients(self, edges: tuple[Edge, ...], g: Any) -> Any:
        values = [None if x is None else self._tensor(x, i) for i, x in enumerate(g)]
        with modes.no_grad():
            return [None if x is None else x.raw for x in self._backward(values)]

    def gradient_tensors(self, edges: tuple[Edge, ...], g: Any) -> Any:
        hidden = self._hide_intermediates()
        try:
            return self._backward(list(g))
        finally:
            self.__dict__.update(hidden)

    def _hide_intermediates(self) -> dict[str, Any]:
        """Tensors set as attributes by ``forward`` can't be differentiated through: they raise instead."""
        hidden = {}
        for name, value in list(self.__dict__.items()):
            if isinstance(value, Value) and not value.tracked and value.dtype.is_inexact and name[0] != "_":
                hidden[name] = value
                self.__dict__[name] = _refusing(value, _INTERMEDIATE.format(name=self.name()), self.edges)
        return hidden

    def _tensor(self, raw: Any, number: int) -> Any:
        assert self.outputs is not None
        return dispatch.Tensor(raw, self.device, self.outputs[number][1])

    def _backward(self, values: list[Any]) -> list[Any]:
        """Run the user's backward and check what it returns against the inputs."""
        result = self.function._run_backward(self, *values)
        grads = list(result) if isinstance(result, (tuple, list)) else [result]
        inputs = self._inputs
        name = self.name()
        if len(grads) > len(inputs) and all([x is None for x in grads[len(inputs) :]]):
            grads = grads[: len(inputs)]
        if len(grads) != len(inputs):
            raise RuntimeError(
                f"function {name} returned an incorrect number of gradients (expected {len(inputs)}, got "
                f"{len(grads)})\n"
                "Hint: backward must return one value for each argument of forward, None where there is no gradient."
            )
        wanted = []
        for i, (grad, facts) in enumerate(zip(grads, inputs, strict=True)):
            if facts is None:
                if grad is not None:
                    raise RuntimeError(
                        f"function {name} returned a gradient different from None at position {i + 1}, but the "
                        "corresponding forward input was not a Variable"
                    )
                continue
            wanted.append(None if grad is None else self._fitted(grad, facts, i))
        return wanted

    def _fitted(self, grad: Any, facts: tuple[Any, ...], i: int) -> Any:
        """One returned gradient in its input's shape and dtype."""
        shape, dtype, device = facts
        if not isinstance(grad, Value):
            raise RuntimeError(f"expected Variable or None (got {type(grad).__name__})")
        got = tuple(grad.raw.shape)
        if got != shape:
            try:
                fits = dispatch.broadcast_shapes(got, shape) == got
            except RuntimeError:
                fits = False
            if not fits:
                raise RuntimeError(
                    f"Function {self.name()} returned an invalid gradient at index {i} - got {list(got)} but expected "
                    f"shape compatible with {list(shape)}"
                )
            grad = engine.sum_to_shape(device.ops, grad, shape)
        if grad.device is not device:
            raise RuntimeError(
                f"Function {self.name()} returned an invalid gradient at index {i} - expected device {device} but got "
                f"{grad.device}"
            )
        return dispatch.cast(grad, dtype)


def _modified(raw: Any, dtype: Any, version: int, expected: int) -> str:
    return (
        "one of the variables needed for gradient computation has been modified by an inplace operation: "
        f"[plugrad.{dtype.legacy_name}Tensor [{', '.join(map(str, raw.shape))}]] is at version {version}; expected "
        f"version {expected} instead. Hint: enable anomaly detection to find the operation that failed to compute its "
        "gradient, with plugrad.autograd.set_detect_anomaly(True, check_nan=False)."
    )


class Function:
    """An op of your own: subclass it, define ``forward`` and ``backward`` as static methods, call ``apply``.

    ``forward(ctx, *args)`` computes, unrecorded; or ``forward(*args)`` computes and ``setup_context(ctx, inputs,
    output)`` notes what backward needs. ``backward(ctx, *grad_outputs)`` returns one gradient for each argument.

    Example::

        >>> import plugrad
        >>> class Cube(plugrad.autograd.Function):
        ...     @staticmethod
        ...     def forward(ctx, x):
        ...         ctx.save_for_backward(x)
        ...         return x**3
        ...
        ...     @staticmethod
        ...     def backward(ctx, grad_output):
        ...         (x,) = ctx.saved_tensors
        ...         return 3 * x**2 * grad_output
        >>> x = plugrad.tensor(2.0, requires_grad=True)
        >>> Cube.apply(x).backward()
        >>> x.grad
        tensor(12.)
    """

    _node_class: type[FunctionCtx]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        warnings.warn(
            f"{type(self)} should not be instantiated. Methods on autograd functions are all static, so you should "
            "invoke them on the class itself. Instantiating an autograd function will raise an error in a future "
            "version of PyTorch.",
            DeprecationWarning,
            stacklevel=2,
        )

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls._node_class = type(
            cls.__name__ + "Backward", (FunctionCtx,), {"function": cls, "__module__": cls.__module__}
        )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Refuse the style of PyTorch before 1.3, with instances."""
        raise RuntimeError(_LEGACY)

    @staticmethod
    def forward(*args: Any, **kwargs: Any) -> Any:
        """Compute the outputs. Must be overridden."""
        raise NotImplementedError("You must implement the forward function for custom autograd.Function.")

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> Any:
        """Note on ``ctx`` what backward needs, where ``forward`` takes no ctx."""
        raise NotImplementedError("setup_context is not implemented.")

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Any) -> Any:
        """Return the gradients of ``forward``'s arguments, given those of its outputs. Must be overridden."""
        raise NotImplementedError(_NO_BACKWARD)

    @staticmethod
    def vjp(ctx: Any, *grad_outputs: Any) -> Any:
        """Another name of ``backward``."""
        raise NotImplementedError(_NO_BACKWARD)

    @classmethod
    def _run_backward(cls, ctx: Any, *grad_outputs: Any) -> Any:
        given = [f for f in (cls.backward, cls.vjp) if f not in (Function.backward, Function.vjp)]
        if len(given) > 1:
            raise RuntimeError(
                "Implementing both 'backward' and 'vjp' for a custom Function is not allowed. You should only "
                "implement one of them."
            )
        if not given:
            raise NotImplementedError(_NO_BACKWARD)
        return given[0](ctx, *grad_outputs)

    @classmethod
    def apply(cls, *args: Any, **kwargs: Any) -> Any:
        """Call the op on tensors and other arguments, and record it.

        Args:
            args: The arguments of ``forward`` after ctx.
            kwargs: Not accepted where gradients are needed; as in PyTorch, arguments are positional.

        Returns:
            What ``forward`` returns, its tensors with a place in the graph.

        Raises:
            RuntimeError: if an input was changed in place and not marked, or marked and not returned.
        """
        tensors = [x for x in args if isinstance(x, Value)]
        device = tensors[0].device if tensors else None
        ctx = cls._node_class(device)
        recorded = modes.mode() > 0
        ctx.needs_input_grad = tuple([isinstance(x, Value) and recorded and x.tracked for x in args])
        record = any(ctx.needs_input_grad)
        before = [None if x.version is None else x.version[0] for x in tensors]
        with modes.no_grad():
            if cls.setup_context is Function.setup_context:
                output = cls.forward(ctx, *args, **kwargs)
            else:
                output = cls.forward(*args, **kwargs)
                cls.setup_context(ctx, args, output)
        several = isinstance(output, (tuple, list))
        outputs = list(output) if several else [output]
        _check_dirty(ctx, tensors, before, outputs, recorded)
        results = _place(ctx, args, tensors, outputs, record)
        return tuple(results) if several else results[0]


def _check_dirty(ctx: Any, tensors: list[Any], before: list[int | None], outputs: list[Any], recorded: bool) -> None:
    """In-place changes must be marked, and what is marked must be returned."""
    dirty = {id(x) for x in ctx._dirty}
    if not dirty <= {id(x) for x in outputs}:
        raise RuntimeError(
            "Some elements marked as dirty during the forward method were not returned as output. The inputs that are "
            "modified inplace must all be outputs of the Function."
        )
    for i, (x, count) in enumerate(zip(tensors, before, strict=True)):
        if id(x) in dirty:
            if recorded and x.tracked and x.edge is None:
                raise RuntimeError(with_hint(_LEAF_CHANGED, "work on a copy: input = input.clone()."))
        elif count is not None and x.version[0] != count:
            raise RuntimeError(_UNMARKED.format(index=i, name=type(ctx).__name__.removesuffix("Backward")))


def _place(ctx: Any, args: tuple[Any, ...], tensors: list[Any], outputs: list[Any], record: bool) -> list[Any]:
    """Give the outputs their place in the graph, and keep what is to be saved."""
    inputs = {id(x) for x in tensors}
    dirty = {id(x) for x in ctx._dirty}
    constant = {id(x) for x in ctx._constant}
    results = []
    for out in outputs:
        if isinstance(out, Value) and id(out) not in dirty and (id(out) in inputs or out.tracked):
            # An input returned as it is: another Tensor of the same memory, so that the input keeps its own history.
            alias: Any = out
            results.append(alias.detach())
        else:
            results.append(out)
    if record:
        edges = tuple([((x.edge or (x, None)) if x.tracked else None) for x in tensors])
        ctx.edges = edges
        ctx._inputs = tuple([(tuple(x.raw.shape), x.dtype, x.device) if isinstance(x, Value) else None for x in args])
        ctx.saved = tuple([_packed(ctx, x, tensors, outputs) for x in ctx._to_save])
        # The versions are in what was packed; this tells the engine that there is something to free.
        ctx.versions = ctx.saved
        facts: list[Any] = []
        for i, (out, result) in enumerate(zip(outputs, results, strict=True)):
            if not isinstance(result, Value):
                facts.append(((), None, False))
                continue
            differentiable = id(out) not in constant and result.dtype.is_inexact
            facts.append((tuple(result.raw.shape), result.dtype, result.dtype.is_inexact))
            result.tracked = differentiable
            result.edge = (ctx, i) if differentiable else None
            ctx.device = result.device
        ctx.outputs = tuple(facts)
    ctx._to_save = ctx._dirty = ctx._constant = ()
    return results


def _packed(ctx: Any, tensor: Any, tensors: list[Any], outputs: list[Any]) -> Any:
    """A saved tensor without its history, which the node knows: no reference cycle through an output."""
    if tensor is None:
        return None
    kind, number = "intermediate", 0
    for i, x in enumerate(tensors):
        if x is tensor:
            kind, number = "input", i
    # A changed input is an output: its new values have this node as their history.
    for i, x in enumerate(outputs):
        if x is tensor and (kind != "input" or any([x is d for d in ctx._dirty])):
            kind, number = "output", i
    version = tensor.version
    return kind, number, tensor.raw, version, version[0] if version is not None else 0, tensor.dtype, tensor.device


def once_differentiable(backward: Callable[..., Any]) -> Callable[..., Any]:
    """Mark a ``backward`` that is not itself differentiable: double backward through it raises.

    Args:
        backward: The static method of a Function.

    Returns:
        The method, run without recording.

    Example::

        >>> import plugrad
        >>> class Double(plugrad.autograd.Function):
        ...     @staticmethod
        ...     def forward(ctx, x):
        ...         return 2 * x
        ...
        ...     @staticmethod
        ...     @plugrad.autograd.function.once_differentiable
        ...     def backward(ctx, grad_output):
        ...         return 2 * grad_output
    """

    @functools.wraps(backward)
    def wrapper(ctx: Any, *grads: Any) -> Any:
        with modes.no_grad():
            outputs = backward(ctx, *grads)
        if modes.mode() <= 0 or not any([isinstance(x, Value) and x.tracked for x in grads]):
            return outputs
        message = "trying to differentiate twice a function that was marked with @once_differentiable"
        if not isinstance(outputs, tuple):
            outputs = (outputs,)
        edges = (*ctx.edges, *[x.edge or (x, None) for x in grads if isinstance(x, Value) and x.tracked])
        return tuple([_refusing(x, message, edges) if isinstance(x, Value) else x for x in outputs])

    return wrapper
