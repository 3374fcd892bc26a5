"""Checkpointing: activations are not kept for backward but computed again when it comes by. Time for memory."""

from __future__ import annotations

import contextlib
import threading
import warnings
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any, Final

from plugrad.core import autograd, engine, generator, tree
from plugrad.core.function.function import Function
from plugrad.core.modes import enable_grad, is_grad_enabled, no_grad
from plugrad.core.saving import Kept, saved_tensors_hooks, without_history
from plugrad.core.tensor import Tensor
from plugrad.nn.containers import Sequential
from plugrad.utils.recording_log import RecordingLog, explained

__all__ = [
    "CheckpointError", "CheckpointFunction", "check_backward_validity", "checkpoint", "checkpoint_sequential",
    "detach_variable", "noop_context_fn", "set_checkpoint_debug_enabled", "set_checkpoint_early_stop",
]  # fmt: skip

_TIP = (
    "\n\nTip: To see a more detailed error message, either pass `debug=True` to\n"
    "`plugrad.utils.checkpoint.checkpoint(...)` or wrap the code block\n"
    "with `with plugrad.utils.checkpoint.set_checkpoint_debug_enabled(True):` to\n"
    "enable checkpoint-debug mode globally.\n"
)

_SUPPRESSED = (
    "plugrad.utils.checkpoint: the forward context provided by context_fn suppressed an exception raised during the "
    "checkpointed forward. This is not supported because checkpoint cannot return a value for a failed forward."
)

_NOT_REENTRANT = (
    "When use_reentrant=True, plugrad.utils.checkpoint is incompatible with .grad() or passing an `inputs` parameter "
    "to .backward(). To resolve this error, you can either set use_reentrant=False, or call .backward() without "
    "passing the `inputs` argument."
)

_UNSAID = (
    "plugrad.utils.checkpoint{function}: the use_reentrant parameter should be passed explicitly. Starting in PyTorch "
    "2.9, calling checkpoint without use_reentrant will raise an exception. use_reentrant=False is recommended, but if "
    "you need to preserve the current default behavior, you can pass use_reentrant=True. Refer to docs for more "
    "details on the differences between the two variants."
)


class CheckpointError(RuntimeError):
    """Computing again did not give what the forward pass had given."""


def noop_context_fn() -> tuple[AbstractContextManager[Any], AbstractContextManager[Any]]:
    """Return two contexts that do nothing: the default ``context_fn``."""
    return contextlib.nullcontext(), contextlib.nullcontext()


# What the two context managers below have set; None leaves it to each call.
_early_stop: bool | None = None
_debug: bool | None = None


@contextlib.contextmanager
def set_checkpoint_early_stop(enable: bool) -> Iterator[None]:
    """Say for all checkpoints made within a ``with`` block whether computing again ends as early as it can.

    Args:
        enable: Whether it does.

    Example::

        >>> import plugrad
        >>> from plugrad.utils.checkpoint import checkpoint, set_checkpoint_early_stop
        >>> x = plugrad.ones(2, requires_grad=True)
        >>> with set_checkpoint_early_stop(False):
        ...     y = checkpoint(plugrad.exp, x, use_reentrant=False)
    """
    global _early_stop
    previous, _early_stop = _early_stop, enable
    try:
        yield
    finally:
        _early_stop = previous


@contextlib.contextmanager
def set_checkpoint_debug_enabled(enabled: bool | None) -> Iterator[None]:
    """Say for all checkpoints made within a ``with`` block whether errors tell what was computed, and where.

    Args:
        enabled: Whether they do; None leaves it to the ``debug`` of each call.
    """
    global _debug
    previous, _debug = _debug, enabled
    try:
        yield
    finally:
        _debug = previous


def checkpoint(
    function: Callable[..., Any],
    *args: Any,
    use_reentrant: bool | None = None,
    context_fn: Callable[[], tuple[AbstractContextManager[Any], AbstractContextManager[Any]]] = noop_context_fn,
    determinism_check: str = "default",
    debug: bool = False,
    early_stop: bool = True,
    **kwargs: Any,
) -> Any:
    """Call a function and keep none of the values that its derivative needs: backward calls it again to have them.

    Only the arguments are kept. The function has to compute the same both times; random numbers are the same by
    themselves: the states of all generators that it draws from are noted, and put back for the second time.

    With ``use_reentrant=False`` it works with ``autograd.grad``, keyword arguments, derivatives of derivatives and
    checkpoints within checkpoints. ``use_reentrant=True`` runs a backward walk within the walk, and has none of these.

    Args:
        function: What to call.
        args: Its arguments.
        use_reentrant: Which of the two ways; it should be said.
        context_fn: Returns two context managers, for the first call and for the second.
        determinism_check: ``"default"`` compares shapes, dtypes and devices of both times; ``"none"`` does not.
        debug: Let errors tell what was recorded both times, and where.
        early_stop: Stop the second call as soon as it has computed what is needed.
        kwargs: Keyword arguments of ``function``; and ``preserve_rng_state=False``, to leave the generators alone.

    Returns:
        What ``function`` returns.

    Raises:
        ValueError: for arguments that do not go together.
        CheckpointError: in backward, if the second call does not save the same tensors.
        RuntimeError: in backward, if an argument or a saved value was changed in place since.

    Example::

        >>> import plugrad
        >>> from plugrad.utils.checkpoint import checkpoint
        >>> x = plugrad.tensor([1.0, 2.0], requires_grad=True)
        >>> y = checkpoint(lambda x: (x * x).sin().exp(), x, use_reentrant=False)
        >>> y.sum().backward()
        >>> x.grad
        tensor([ 2.5068, -1.2267])

    Differs from PyTorch: tensors in keyword arguments and in nested arguments are protected against in-place changes
    too; generators that are passed around explicitly are put back too; ``use_reentrant=True`` refuses to be
    differentiated twice, where PyTorch leaves terms out.
    """
    if use_reentrant is None:
        warnings.warn(_UNSAID.format(function=""), stacklevel=2)
        use_reentrant = True
    preserve = kwargs.pop("preserve_rng_state", True)
    if use_reentrant:
        if kwargs:
            raise ValueError("Unexpected keyword arguments: " + ",".join(kwargs))
        if context_fn is not noop_context_fn or debug is not False:
            raise ValueError("Passing `context_fn` or `debug` is only supported when use_reentrant=False.")
        return CheckpointFunction.apply(function, preserve, *args)
    logs = None
    if debug if _debug is None else _debug:
        if context_fn is not noop_context_fn:
            raise ValueError("debug=True is incompatible with non-default context_fn")
        logs = (RecordingLog(), RecordingLog())
        contexts: Any = logs
    else:
        contexts = context_fn()
    if determinism_check not in _FACTS:
        raise ValueError(f"determinism_check should be one of {list(_FACTS)}, but got {determinism_check}")
    if not is_grad_enabled():
        return function(*args, **kwargs)
    frame = _Frame(function, args, kwargs, preserve, contexts[1], _FACTS[determinism_check], logs)
    frame.early_stop = early_stop if _early_stop is None else _early_stop
    return frame.first(contexts[0], args, kwargs)


def checkpoint_sequential(
    functions: Any, segments: int, input: Any, use_reentrant: bool | None = None, **kwargs: Any
) -> Any:
    """Call functions one after the other, in segments that are checkpointed, all but the last.

    Args:
        functions: A ``Sequential``, or a sequence of functions.
        segments: How many segments to make.
        input: The argument of the first.
        use_reentrant: As in ``checkpoint``.
        kwargs: ``preserve_rng_state``, as in ``checkpoint``.

    Returns:
        What the last function returns.

    Raises:
        ValueError: for other keyword arguments.

    Example::

        >>> import plugrad
        >>> from plugrad.utils.checkpoint import checkpoint_sequential
        >>> x = plugrad.tensor([1.0], requires_grad=True)
        >>> steps = [plugrad.exp, plugrad.sin, plugrad.exp, plugrad.cos]
        >>> checkpoint_sequential(steps, 2, x, use_reentrant=False).backward()
        >>> x.grad
        tensor([3.7300])
    """
    if use_reentrant is None:
        warnings.warn(_UNSAID.format(function=".checkpoint_sequential"), stacklevel=2)
        use_reentrant = True
    preserve = kwargs.pop("preserve_rng_state", True)
    if kwargs:
        raise ValueError("Unexpected keyword arguments: " + ",".join(kwargs))
    steps = list(functions.children()) if isinstance(functions, Sequential) else list(functions)
    size = len(steps) // segments
    end = 0
    for start in range(0, size * (segments - 1), size):
        end = start + size
        input = checkpoint(_chain(steps[start:end]), input, use_reentrant=use_reentrant, preserve_rng_state=preserve)
    return _chain(steps[end:])(input)


def _chain(steps: Sequence[Callable[[Any], Any]]) -> Callable[[Any], Any]:
    def chained(input: Any) -> Any:
        for step in steps:
            input = step(input)
        return input

    return chained


# -- without reentrance ------------------------------------------------------------------------------------------------

_FACTS: Final[dict[str, Callable[[Any], Any]]] = {
    "default": lambda x: {"shape": x.shape, "dtype": x.dtype, "device": x.device},
    "none": lambda x: None,
}


class _Stop(BaseException):
    """Raised where the second call has saved all that is needed: it ends there."""


class _Holder:
    """What a node keeps in the place of a saved tensor: room for it, filled by the second call until it is taken."""

    __slots__ = ("__weakref__", "value")

    def __init__(self) -> None:
        self.value: Any = None


class _Frame:
    """One checkpointed call: what is needed to do it again, and weakly the places to fill then.

    Checkpoints nest by themselves. What an inner call keeps of its arguments it saves as ops save values, through the
    hooks of the outer one; to unpack them does the outer call again.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        preserve: bool,
        context: AbstractContextManager[Any],
        facts_of: Callable[[Any], Any],
        logs: tuple[RecordingLog, RecordingLog] | None,
    ) -> None:
        self.function = function
        leaves, self.structure = tree.flatten((args, kwargs))
        self.kept = [Kept(x) if isinstance(x, Tensor) else x for x in leaves]
        self.preserve = preserve
        self.context = context
        self.facts_of = facts_of
        self.logs = logs
        self.early_stop = True
        self.completed = False
        self.mismatch_expected = False
        self.holders: list[weakref.ref[_Holder]] = []
        self.facts: list[Any] = []
        self.states: dict[Any, Any] = {}
        # Two threads may walk through one graph.
        self.lock = threading.RLock()

    def first(self, context: AbstractContextManager[Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The forward pass."""
        noting = generator.noting(self.states) if self.preserve else contextlib.nullcontext()
        with noting, _Packing(self), context:
            result = self.function(*args, **kwargs)
            self.completed = True
        if not self.completed:
            raise RuntimeError(_SUPPRESSED)
        return result

    def again(self) -> None:
        """Call the function again, to fill the places that still exist."""
        args, kwargs = tree.unflatten([x.unpack() if isinstance(x, Kept) else x for x in self.kept], self.structure)
        filling = _Filling(self)
        replaying = generator.replaying(self.states) if self.preserve else contextlib.nullcontext()
        try:
            with filling, enable_grad(), replaying, self.context:
                self.function(*args, **kwargs)
        except _Stop:
            pass
        self.check(filling.count[0])

    def check(self, count: int) -> None:
        """Compare what both calls saved."""
        if self.mismatch_expected:
            return
        if count != len(self.holders):
            raise CheckpointError(
                "plugrad.utils.checkpoint: A different number of tensors was saved during the original forward and "
                f"recomputation.\nNumber of tensors saved during forward: {len(self.holders)}\nNumber of tensors saved "
                f"during recomputation: {count}.{_TIP}"
            )
        different = ""
        for i, (reference, facts) in enumerate(zip(self.holders, self.facts, strict=True)):
            holder = reference()
            if holder is not None and (found := self.facts_of(holder.value)) != facts:
                different += f"tensor at position {i}:\nsaved metadata: {facts}\nrecomputed metadata: {found}\n"
        if different:
            raise CheckpointError(
                "plugrad.utils.checkpoint: Recomputed values for the following tensors have different metadata than "
                f"during the forward pass.\n{different}.{_TIP}"
            )


class _Packing(saved_tensors_hooks):
    """In the first call: keep a place instead of each tensor."""

    _guarded = True
    _computes = False

    def __init__(self, frame: _Frame) -> None:
        def pack(x: Any) -> _Holder:
            holder = _Holder()
            frame.holders.append(weakref.ref(holder))
            frame.facts.append(frame.facts_of(x))
            return holder

        def unpack(holder: _Holder) -> Any:
            with frame.lock:
                if holder.value is None:
                    try:
                        frame.again()
                    except CheckpointError as error:
                        if frame.logs is None:
                            raise
                        raise CheckpointError(explained(*frame.logs)) from error
                # Taken, so that it is freed when this derivative is done; another walk computes it once more.
                value, holder.value = holder.value, None
                return value

        super().__init__(pack, unpack)


class _Filling(saved_tensors_hooks):
    """In the second call: put each tensor in its place. The nodes of this call keep them too, for walks within it."""

    _computes = False

    def __init__(self, frame: _Frame) -> None:
        # A list, so that the hook does not hold the object that holds it.
        self.count = count = [0]

        def pack(x: Any) -> Any:
            # Not detach(): where a library has no views, a detached tensor holds the one that it shares values with.
            value = without_history(x)
            i = count[0]
            count[0] += 1
            if i >= len(frame.holders):
                if not frame.completed:
                    # A walk within the first call: what comes after it has not been saved yet.
                    frame.mismatch_expected = True
                    return value
                raise CheckpointError(
                    "plugrad.utils.checkpoint: trying to save more tensors during recomputation than during the "
                    f"original forward pass.{_TIP}"
                )
            holder = frame.holders[i]()
            if holder is not None:
                holder.value = value
            if frame.early_stop and count[0] == len(frame.holders):
                raise _Stop
            return value

        super().__init__(pack, lambda value: value)


# -- with reentrance ---------------------------------------------------------------------------------------------------


def detach_variable(inputs: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return tensors of the same memory as leaves, which require gradients where the given ones do.

    Args:
        inputs: A tuple of tensors and other things, which stay as they are.

    Raises:
        RuntimeError: if it is no tuple.
    """
    if not isinstance(inputs, tuple):
        raise RuntimeError(f"Only tuple of tensors is supported. Got Unsupported input type: {type(inputs).__name__}")
    return tuple([x.detach().requires_grad_(x.requires_grad) if isinstance(x, Tensor) else x for x in inputs])


def check_backward_validity(inputs: Iterable[Any]) -> None:
    """Warn if none of the tensors among ``inputs`` requires a gradient."""
    if not any(x.requires_grad for x in inputs if isinstance(x, Tensor)):
        warnings.warn("None of the inputs have requires_grad=True. Gradients will be None", stacklevel=2)


class CheckpointFunction(Function):
    """A call that records nothing, whose backward makes the call again, recorded, and walks back through that."""

    @staticmethod
    def forward(ctx: Any, run_function: Callable[..., Any], preserve_rng_state: bool, *args: Any) -> Any:
        """Call the function and keep its arguments."""
        check_backward_validity(args)
        ctx.run_function = run_function
        ctx.preserve = preserve_rng_state
        ctx.states = {}
        ctx.others = [None if isinstance(x, Tensor) else x for x in args]
        ctx.positions = [i for i, x in enumerate(args) if isinstance(x, Tensor)]
        ctx.save_for_backward(*[x for x in args if isinstance(x, Tensor)])
        noting = generator.noting(ctx.states) if preserve_rng_state else contextlib.nullcontext()
        with no_grad(), noting:
            return run_function(*args)

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        """Call the function again, and walk."""
        if engine.is_partial():
            raise RuntimeError(_NOT_REENTRANT)
        if is_grad_enabled():
            raise RuntimeError(
                "a checkpoint with use_reentrant=True has no second derivatives\nHint: pass use_reentrant=False."
            )
        inputs = list(ctx.others)
        for i, x in zip(ctx.positions, ctx.saved_tensors, strict=True):
            inputs[i] = x
        detached = detach_variable(tuple(inputs))
        replaying = generator.replaying(ctx.states) if ctx.preserve else contextlib.nullcontext()
        with enable_grad(), replaying:
            outputs = ctx.run_function(*detached)
        if not isinstance(outputs, tuple):
            outputs = (outputs,)
        pairs = [(y, g) for y, g in zip(outputs, grads, strict=False) if isinstance(y, Tensor) and y.requires_grad]
        if not pairs:
            raise RuntimeError("none of output has requires_grad=True, this checkpoint() is not necessary")
        autograd.backward([y for y, _ in pairs], [g for _, g in pairs])
        return (None, None, *[x.grad if isinstance(x, Tensor) else None for x in detached])
