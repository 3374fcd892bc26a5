"""Grad mode, inference mode: one context variable, so right under threads and under asyncio."""

from __future__ import annotations

import functools
from contextvars import ContextVar
from types import FunctionType, GeneratorType, TracebackType
from typing import Any, TypeVar

F = TypeVar("F", bound=Any)

GRAD = 1
NO_GRAD = 0
INFERENCE = -1

_mode: ContextVar[int] = ContextVar("plugrad_mode", default=GRAD)

#: The mode of this context: positive where ops are recorded, negative in inference mode.
mode = _mode.get
set_mode = _mode.set


def is_grad_enabled() -> bool:
    """Return whether ops on tensors that require gradients are recorded.

    Example::

        >>> import plugrad
        >>> with plugrad.no_grad():
        ...     plugrad.is_grad_enabled()
        False
    """
    return mode() > 0


def is_inference_mode_enabled() -> bool:
    """Return whether inference mode is on.

    Example::

        >>> import plugrad
        >>> plugrad.is_inference_mode_enabled()
        False
    """
    return mode() < 0


class _Mode:
    """A context manager and decorator that sets the mode on entry and restores it on exit."""

    def __init__(self, value: int) -> None:
        self._value = value
        # A stack, so that one object can be entered again inside itself.
        self._previous: list[int] = []

    def _clone(self) -> _Mode:
        copy = object.__new__(type(self))
        copy._value = self._value
        copy._previous = []
        return copy

    def _target(self) -> int:
        return self._value

    def __enter__(self) -> None:
        self._previous.append(mode())
        set_mode(self._target())

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        # Set, not ContextVar.reset: a generator may be closed in another context than it was entered in.
        set_mode(self._previous.pop())

    def __call__(self, function: F) -> F:
        if isinstance(function, type):
            decorated_class: Any = function
            decorated_class.__init__ = self(decorated_class.__init__)
            return function
        if isinstance(function, FunctionType) and function.__code__.co_flags & 0x20:
            generator_function: F = _decorate_generator(self, function)
            return generator_function

        @functools.wraps(function)
        def decorated(*args: Any, **kwargs: Any) -> Any:
            with self._clone():
                return function(*args, **kwargs)

        return decorated  # type: ignore[return-value]  # functools.wraps keeps the signature, mypy can't see it


def _decorate_generator(manager: _Mode, function: Any) -> Any:
    """Each step of the generator runs in the mode; the caller's mode holds in between."""

    @functools.wraps(function)
    def decorated(*args: Any, **kwargs: Any) -> Any:
        generator: GeneratorType[Any, Any, Any] = function(*args, **kwargs)
        try:
            with manager._clone():
                produced = generator.send(None)
            while True:
                try:
                    request = yield produced
                except GeneratorExit:
                    with manager._clone():
                        generator.close()
                    raise
                except BaseException as error:
                    with manager._clone():
                        produced = generator.throw(error)
                else:
                    with manager._clone():
                        produced = generator.send(request)
        except StopIteration as stop:
            return stop.value

    return decorated


class no_grad(_Mode):  # noqa: N801 - PyTorch's name
    """Record nothing: a context manager, or a decorator of functions and generators.

    Example::

        >>> import plugrad
        >>> x = plugrad.tensor([1.0], requires_grad=True)
        >>> with plugrad.no_grad():
        ...     y = x * 2
        >>> y.requires_grad
        False
    """

    def __new__(cls, orig_func: Any = None) -> Any:
        # ``@no_grad`` without parentheses, which PyTorch allows.
        self = object.__new__(cls)
        if orig_func is None:
            return self
        self.__init__()  # type: ignore[misc]  # __new__ returns the decorated function, so __init__ must run here
        return self(orig_func)

    def __init__(self) -> None:
        super().__init__(NO_GRAD)

    def _target(self) -> int:
        # Inference mode stays what it is: it already records nothing.
        return min(mode(), self._value)


class enable_grad(_Mode):  # noqa: N801 - PyTorch's name
    """Record again, inside ``no_grad``: a context manager or a decorator. Has no effect in inference mode.

    Example::

        >>> import plugrad
        >>> x = plugrad.tensor([1.0], requires_grad=True)
        >>> with plugrad.no_grad(), plugrad.enable_grad():
        ...     y = x * 2
        >>> y.requires_grad
        True
    """

    def __new__(cls, orig_func: Any = None) -> Any:
        self = object.__new__(cls)
        if orig_func is None:
            return self
        self.__init__()  # type: ignore[misc]  # as in no_grad
        return self(orig_func)

    def __init__(self) -> None:
        super().__init__(GRAD)

    def _target(self) -> int:
        return INFERENCE if mode() < 0 else GRAD


class set_grad_enabled(_Mode):  # noqa: N801 - PyTorch's name
    """Set grad mode to a value: at once when called, and as a context manager or decorator.

    Args:
        mode: Whether to record.

    Example::

        >>> import plugrad
        >>> x = plugrad.tensor([1.0], requires_grad=True)
        >>> with plugrad.set_grad_enabled(False):
        ...     (x * 2).requires_grad
        False
    """

    def __init__(self, mode: bool) -> None:
        super().__init__(GRAD if mode else NO_GRAD)
        self._at_call = _mode.get()
        self._first = True
        set_mode(self._target())

    def _clone(self) -> _Mode:
        copy = super()._clone()
        assert isinstance(copy, set_grad_enabled)
        copy._at_call = mode()
        copy._first = False
        return copy

    def _target(self) -> int:
        return INFERENCE if mode() < 0 else self._value

    def __enter__(self) -> None:
        # The call itself already switched: leaving must go back to what was before the call.
        self._previous.append(self._at_call if self._first else mode())
        self._first = False
        set_mode(self._target())

    def __call__(self, function: F) -> F:
        set_mode(self._at_call)
        return super().__call__(function)


class inference_mode(_Mode):  # noqa: N801 - PyTorch's name
    """Record nothing, and make tensors that can never take part in recording: no version counter.

    Args:
        mode: Whether to enter (True) or leave (False) inference mode.

    Example::

        >>> import plugrad
        >>> with plugrad.inference_mode():
        ...     plugrad.ones(2).is_inference()
        True
    """

    def __new__(cls, mode: Any = True) -> Any:
        self = object.__new__(cls)
        if isinstance(mode, bool):
            return self
        self.__init__()  # type: ignore[misc]  # as in no_grad
        return self(mode)

    def __init__(self, mode: bool = True) -> None:
        super().__init__(INFERENCE if mode else GRAD)

    def _target(self) -> int:
        if self._value == INFERENCE:
            return INFERENCE
        return GRAD if mode() < 0 else mode()
