"""Function: the user's own ops, with a forward and a backward of their own."""

from __future__ import annotations

import functools
import inspect
import warnings
import weakref
from collections.abc import Callable
from typing import Any

from plugrad.core import dispatch, inplace, modes, packing, record
from plugrad.core.function import levels
from plugrad.core.function.context import FunctionCtx, Saved, refusing, settle_attributes
from plugrad.core.function.node import FunctionNode
from plugrad.core.levels import innermost
from plugrad.core.value import Value

_LEGACY = (
    "Legacy autograd function with non-static forward method is deprecated. Please use new-style autograd function "
    "with static forward method. (Example: https://pytorch.org/docs/stable/autograd.html#torch.autograd.Function)"
)

_NO_BACKWARD = (
    "You must implement either the backward or vjp method for your custom autograd.Function to use it with backward "
    "mode AD."
)

_VIEW_AMONG_OUTPUTS = (
    "If your Function modifies inplace an input that is a view of another Tensor, your Function cannot return more "
    "than one Tensor. This is not supported by the current autograd engine. You should either make sure the input is "
    "not a view (using .clone() for example) or make your Function only return one Tensor (potentially splitting it "
    "into two Functions: one doing the inplace that returns a single Tensor and a second one that does the other "
    "operations). You can ask on the forum https://discuss.pytorch.org/ if you need help to do this change."
)

_UNMARKED = (
    "a Function changed one of its inputs in place without ctx.mark_dirty(): input {index} of {name}\n"
    "Hint: call ctx.mark_dirty(input) and return it, or work on a copy: input = input.clone()."
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

    #: Let ``vmap`` run forward, backward and jvp on batched tensors, instead of the ``vmap`` static method.
    generate_vmap_rule = False

    #: Free the saved tensors when ``ctx.saved_tensors`` is read, which works once then.
    clear_saved_tensors_on_access = False

    #: Give ``backward`` its gradients in one list, from which it may remove them to free memory early.
    boxed_grads_call = False

    _node_class: type[FunctionNode] = FunctionNode

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
            cls.__name__ + "Backward", (FunctionNode,), {"function": cls, "__module__": cls.__module__}
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

    @staticmethod
    def jvp(ctx: Any, *grad_inputs: Any) -> Any:
        """Return the tangents of ``forward``'s outputs, given those of its arguments: forward-mode differentiation."""
        raise NotImplementedError(
            "You must implement the jvp function for custom autograd.Function to use it with forward mode AD."
        )

    @staticmethod
    def vmap(info: Any, in_dims: tuple[int | None, ...], *args: Any) -> Any:
        """Compute on arguments that ``plugrad.vmap`` batches.

        Args:
            info: ``info.batch_size`` and ``info.randomness``.
            in_dims: For each argument which dimension is the batch, or None.
            args: The arguments of ``forward``, batched.

        Returns:
            The output, and for each tensor in it which dimension is the batch, or None.
        """
        raise NotImplementedError(
            "To use autograd.Function with vmap, you must either override the vmap staticmethod or set "
            "generate_vmap_rule=True."
        )

    @classmethod
    def _run_backward(cls, ctx: Any, grads: list[Any]) -> Any:
        given = [f for f in (cls.backward, cls.vjp) if f not in (Function.backward, Function.vjp)]
        if len(given) > 1:
            raise RuntimeError(
                "Implementing both 'backward' and 'vjp' for a custom Function is not allowed. You should only "
                "implement one of them."
            )
        if not given:
            raise NotImplementedError(_NO_BACKWARD)
        return given[0](ctx, grads) if cls.boxed_grads_call else given[0](ctx, *grads)

    @classmethod
    def apply(cls, *args: Any, **kwargs: Any) -> Any:
        """Call the op on tensors and other arguments, and record it.

        Args:
            args: The arguments of ``forward`` after ctx.
            kwargs: More of them, by name; ``backward`` returns their gradients after those of ``args``.

        Returns:
            What ``forward`` returns: a tensor, or a tuple in which tensors have a place in the graph. Tensors in lists,
            dictionaries and nested tuples have none.

        Raises:
            RuntimeError: if an input that requires a gradient was changed in place and not marked, or marked and not
                returned.
        """
        return cls._called(args, kwargs)[0]

    @classmethod
    def _called(
        cls, args: tuple[Any, ...], kwargs: dict[str, Any], keep: bool = False
    ) -> tuple[Any, FunctionCtx, levels.Kept | None]:
        """As ``apply``, with the context of the call and, where asked, what it has of tensors."""
        separate = cls.setup_context is not Function.setup_context
        if separate:
            args, kwargs = _bound(cls.forward, args, kwargs)
        arguments = (*args, *kwargs.values()) if kwargs else args
        tensors = [x for x in arguments if isinstance(x, Value)]
        target: Any = None
        if innermost() is not None or any([x.device.depth for x in tensors]):
            target = levels.target_of(arguments)
            levels.check_separate(separate, target)
        device = target if target is not None else tensors[0].device if tensors else None
        recorded = modes.mode() > 0
        before = levels.counts(tensors)
        ctx = FunctionCtx()
        if target is not None:
            output, risen = levels.call(cls, args, kwargs, target, separate)
            ctx = risen or ctx
        ctx._function, ctx._recorded = cls, recorded
        # Made first, so that hooks can be put on it in forward.
        node = cls._node_class(ctx, device)
        ctx._node = weakref.ref(node)
        depth = 0 if target is None else target.depth
        ctx.needs_input_grad = tuple([recorded and isinstance(x, Value) and _varies(x, depth) for x in arguments])
        if target is None:
            with modes.no_grad():
                output = cls.forward(*args, **kwargs) if separate else cls.forward(ctx, *args, **kwargs)
                if separate:
                    cls.setup_context(ctx, args, output)
        elif separate:
            # The levels below record what is computed here.
            cls.setup_context(ctx, args, output)
        several = isinstance(output, tuple)
        outputs = list(output) if several else [output]
        wanted = any(ctx.needs_input_grad)
        _check_changes(ctx, arguments, tensors, before, outputs, wanted, depth)
        kept = levels.Kept(ctx, outputs) if keep else None
        results = _place(ctx, node, arguments, tensors, outputs, wanted, depth)
        return (tuple(results) if several else results[0]), ctx, kept


def _varies(x: Any, depth: int) -> bool:
    """Whether a tensor has a gradient at this level; those of lower levels are constants."""
    tracked: bool = x.tracked and x.device.depth == depth
    return tracked


def _bound(forward: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The arguments in the order of forward's parameters, with defaults."""
    found = inspect.signature(forward).bind(*args, **kwargs)
    found.apply_defaults()
    return found.args, found.kwargs


def _check_changes(
    ctx: FunctionCtx,
    arguments: tuple[Any, ...],
    tensors: list[Any],
    before: list[int | None],
    outputs: list[Any],
    wanted: bool,
    depth: int,
) -> None:
    """In-place changes of what requires a gradient must be marked, and what is marked must be returned."""
    marked = ctx.dirty_tensors or ()
    dirty = {id(x) for x in marked}
    if not dirty <= {id(x) for x in outputs}:
        raise RuntimeError(
            "Some elements marked as dirty during the forward method were not returned as output. The inputs that are "
            "modified inplace must all be outputs of the Function."
        )
    if not dirty <= {id(x) for x in tensors}:
        warnings.warn(
            "ctx.mark_dirty() received a tensor that was not an input. Only input Tensors that have been mutated "
            "should be passed to ctx.mark_dirty().",
            UserWarning,
            stacklevel=4,
        )
    if not wanted:
        return
    after = levels.counts(tensors)
    # What shares memory with a marked one has changed with it.
    known = [x.version for x in marked]
    for x, count, now in zip(tensors, before, after, strict=True):
        if count != now and _varies(x, depth) and not any([x.version is cell for cell in known]):
            index = [y is x for y in arguments].index(True)
            raise RuntimeError(_UNMARKED.format(index=index, name=ctx._function.__name__))


def _place(
    ctx: FunctionCtx,
    node: FunctionNode,
    arguments: tuple[Any, ...],
    tensors: list[Any],
    outputs: list[Any],
    wanted: bool,
    depth: int,
) -> list[Any]:
    """Give the outputs their place in the graph, and keep what is to be saved."""
    dirty = [x for x in ctx.dirty_tensors or () if any([x is y for y in tensors])]
    constant = ctx.non_differentiable or ()
    to_save = ctx.to_save or ()
    ctx.to_save = ctx.dirty_tensors = ctx.non_differentiable = None
    if wanted and len(outputs) > 1 and any([x.base is not None for x in dirty]):
        raise RuntimeError(_VIEW_AMONG_OUTPUTS)
    results = []
    for out in outputs:
        if not isinstance(out, Value) or _contains(dirty, out):
            results.append(out)
        elif _contains(tensors, out):
            # An input returned as it is: another Tensor of the same memory, so that the input keeps its own history.
            returned: Any = out
            differentiable = wanted and out.dtype.is_inexact and not _contains(constant, out)
            results.append(returned.detach() if out.tracked and not differentiable else _alias(out))
        else:
            made: Any = out
            results.append(made.detach() if _varies(out, depth) else out)
    old = {id(x): x.edge for x in dirty}
    for x in dirty:
        inplace.bump(x, wanted)
    if not wanted:
        _call_views(results, dirty)
        return results
    edges = tuple([((x.edge or (x, None)) if _varies(x, depth) else None) for x in tensors])
    node.edges = edges
    node.renumber()
    node._inputs = tuple([(tuple(x.raw.shape), x.dtype, x.device) if isinstance(x, Value) else None for x in arguments])
    facts: list[Any] = []
    for i, (out, result) in enumerate(zip(outputs, results, strict=True)):
        if not isinstance(result, Value):
            facts.append(((), None, False))
            continue
        facts.append((tuple(result.raw.shape), result.dtype, True))
        differentiable = result.dtype.is_inexact and not _contains(constant, out)
        result.tracked = differentiable
        result.edge = (node, i) if differentiable else None
        node.device = result.device
    node.outputs = tuple(facts)
    node.saved = tuple([None if x is None else Saved(x, *_kind(x, tensors, dirty, outputs, constant)) for x in to_save])
    pair = packing.current()
    if pair is not None:
        for item in node.saved:
            if item is not None:
                item.pack(node, pair)
    # The versions are in what was packed; this tells the engine that there is something to free.
    node.versions = node.saved
    settle_attributes(ctx, node, tensors, results)
    for x in dirty:
        if x.tracked or (x.base is not None and x.base.tracked):
            inplace.history_changed(x, old[id(x)])
    _call_views(results, dirty)
    return results


def _call_views(results: list[Any], dirty: list[Any]) -> None:
    """Note on outputs that are views that their history is the Function's, which a change in place would override."""
    several = len([x for x in results if isinstance(x, Value) and x.tracked]) > 1
    for x in results:
        view: Any = x
        if isinstance(x, Value) and view.base is not None and not _contains(dirty, x):
            view.creation = "several" if several else "function"


def _alias(x: Any) -> Any:
    """A view of ``x`` that is all of it."""
    x.raw = x.device.backend.aliasable(x.raw)
    out = dispatch.Tensor(x.raw, x.device, x.dtype)
    base = x if x.base is None else x.base
    out.version, out.base, out.steps = x.version, base, x.steps
    record.remember(base, out)
    return out


def _contains(tensors: Any, x: Any) -> bool:
    return any([x is y for y in tensors])


def _kind(x: Any, tensors: list[Any], dirty: list[Any], outputs: list[Any], constant: Any) -> tuple[str, int]:
    """What a saved tensor is to the node. A changed input is an output: its new values have this node as history."""
    if _contains(tensors, x) and not _contains(dirty, x):
        return "input", [y is x for y in tensors].index(True)
    if not _contains(outputs, x):
        return "intermediate", 0
    if _contains(constant, x):
        return "constant", 0
    # Returned twice, it is the last of the outputs.
    return "output", len(outputs) - 1 - [y is x for y in reversed(outputs)].index(True)


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
        flat = [x for given in grads for x in (given if isinstance(given, list) else (given,))]
        # Inside of a function transform, recorded, so that it shows where a lower level would differentiate it.
        depth = max([x.device.depth for x in flat if isinstance(x, Value)], default=0)
        with modes.enable_grad() if depth and modes.mode() > 0 else modes.no_grad():
            outputs = backward(ctx, *grads)
        message = "trying to differentiate twice a function that was marked with @once_differentiable"
        several = isinstance(outputs, tuple)
        found = [levels.sealed(x, message) for x in (outputs if several else (outputs,))]
        if modes.mode() > 0 and any([isinstance(x, Value) and x.tracked for x in flat]):
            edges = (*ctx._node().edges, *[x.edge or (x, None) for x in flat if isinstance(x, Value) and x.tracked])
            found = [refusing(x, message, edges) if isinstance(x, Value) else x for x in found]
        return tuple(found) if several else found[0]

    return wrapper
