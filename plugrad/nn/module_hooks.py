"""Hooks of modules: who registers them, and the call that runs them."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from plugrad.core.hooks import RemovableHandle
from plugrad.core.tensor import Tensor
from plugrad.nn.backward_hook import BackwardHook
from plugrad.nn.module_tree import ModuleTree

if TYPE_CHECKING:
    from collections.abc import Callable

    from plugrad.nn.module import Module

Hooks = dict[int, Any]

# Hooks that hold for all modules.
_global_forward_pre_hooks: Hooks = {}
_global_forward_hooks: Hooks = {}
_global_forward_hooks_with_kwargs: dict[int, bool] = {}
_global_forward_hooks_always_called: dict[int, bool] = {}
_global_backward_pre_hooks: Hooks = {}
_global_backward_hooks: Hooks = {}
_global_parameter_registration_hooks: Hooks = {}
_global_module_registration_hooks: Hooks = {}
_global_buffer_registration_hooks: Hooks = {}

# Empty until the first hook of the process is registered: until then a call need not look for hooks at all,
# which spares every call of every layer eight look-ups (0.1 us).
hooks_in_use: list[bool] = []


class ModuleHooks(ModuleTree):
    """Registration of hooks around ``forward`` and around the backward pass."""

    _forward_hooks: Hooks
    _forward_hooks_with_kwargs: dict[int, bool]
    _forward_hooks_always_called: dict[int, bool]
    _forward_pre_hooks: Hooks
    _forward_pre_hooks_with_kwargs: dict[int, bool]
    _backward_hooks: Hooks
    _backward_pre_hooks: Hooks

    forward: Callable[..., Any]

    def register_forward_pre_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Call ``hook(module, args)`` before every ``forward``; what it returns replaces the arguments.

        Args:
            hook: Returns None, a tuple of arguments or a single one. ``with_kwargs``: called as
                ``hook(module, args, kwargs)``, returns None or ``(args, kwargs)``.
            prepend: Before the hooks that are there already.
            with_kwargs: Pass keyword arguments too.

        Returns:
            A handle; its ``remove()`` takes the hook away.

        Example::

            >>> import plugrad
            >>> layer = plugrad.nn.Identity()
            >>> handle = layer.register_forward_pre_hook(lambda module, args: args[0] + 1)
            >>> layer(plugrad.zeros(2))
            tensor([1., 1.])
            >>> handle.remove()
        """
        handle = _add(self._forward_pre_hooks, hook, prepend, (self._forward_pre_hooks_with_kwargs,))
        if with_kwargs:
            self._forward_pre_hooks_with_kwargs[handle.id] = True
        return handle

    def register_forward_hook(
        self,
        hook: Callable[..., Any],
        *,
        prepend: bool = False,
        with_kwargs: bool = False,
        always_call: bool = False,
    ) -> RemovableHandle:
        """Call ``hook(module, args, output)`` after every ``forward``; what it returns replaces the output.

        Args:
            hook: Returns None or another output. ``with_kwargs``: called as
                ``hook(module, args, kwargs, output)``.
            prepend: Before the hooks that are there already.
            with_kwargs: Pass keyword arguments too.
            always_call: Also call it when ``forward`` raised; the output is then None.

        Returns:
            A handle; its ``remove()`` takes the hook away.

        Example::

            >>> import plugrad
            >>> shapes = []
            >>> layer = plugrad.nn.Linear(2, 3)
            >>> handle = layer.register_forward_hook(lambda module, args, y: shapes.append(tuple(y.shape)))
            >>> _ = layer(plugrad.zeros(4, 2))
            >>> shapes
            [(4, 3)]
        """
        handle = _add(
            self._forward_hooks,
            hook,
            prepend,
            (self._forward_hooks_with_kwargs, self._forward_hooks_always_called),
        )
        if with_kwargs:
            self._forward_hooks_with_kwargs[handle.id] = True
        if always_call:
            self._forward_hooks_always_called[handle.id] = True
        return handle

    def register_full_backward_pre_hook(
        self, hook: Callable[[Any, Any], Any], prepend: bool = False
    ) -> RemovableHandle:
        """Call ``hook(module, grad_output)`` before gradients of this module are computed.

        Args:
            hook: Returns None, or a tuple that takes the place of ``grad_output`` from there on.
            prepend: Before the hooks that are there already.

        Returns:
            A handle; its ``remove()`` takes the hook away.

        Example::

            >>> import plugrad
            >>> layer = plugrad.nn.Identity()
            >>> handle = layer.register_full_backward_pre_hook(lambda module, grad: (grad[0] * 10,))
            >>> x = plugrad.ones(2, requires_grad=True)
            >>> layer(x).sum().backward()
            >>> x.grad
            tensor([10., 10.])
        """
        return _add(self._backward_pre_hooks, hook, prepend)

    def register_full_backward_hook(
        self, hook: Callable[[Any, Any, Any], Any], prepend: bool = False
    ) -> RemovableHandle:
        """Call ``hook(module, grad_input, grad_output)`` when gradients of the module's inputs are computed.

        Args:
            hook: Returns None, or a tuple that takes the place of ``grad_input`` from there on. Entries
                are None for arguments that are no tensors.
            prepend: Before the hooks that are there already.

        Returns:
            A handle; its ``remove()`` takes the hook away.

        Example::

            >>> import plugrad
            >>> layer = plugrad.nn.ReLU()
            >>> handle = layer.register_full_backward_hook(lambda module, gx, gy: (gx[0] * 2,))
            >>> x = plugrad.tensor([-1.0, 1.0], requires_grad=True)
            >>> layer(x).sum().backward()
            >>> x.grad
            tensor([0., 2.])
        """
        return _add(self._backward_hooks, hook, prepend)

    def register_backward_hook(self, hook: Callable[[Any, Any, Any], Any]) -> RemovableHandle:
        """Refuse: PyTorch's deprecated hook reports the gradients of the last op, not of the module.

        Raises:
            NotImplementedError: Always; `register_full_backward_hook` is what is meant.
        """
        raise NotImplementedError(
            "register_backward_hook is not supported: it sees the last op's gradients, not the module's. "
            "Use register_full_backward_hook."
        )

    def _has_hooks(self) -> bool:
        return bool(
            self._forward_hooks
            or self._forward_pre_hooks
            or self._backward_hooks
            or self._backward_pre_hooks
            or _global_forward_hooks
            or _global_forward_pre_hooks
            or _global_backward_hooks
            or _global_backward_pre_hooks
        )

    def _call_with_hooks(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Run ``forward`` with everything that is hooked to it."""
        called: set[int] = set()
        result = None
        try:
            args, kwargs = self._run_forward_pre_hooks(args, kwargs)
            backward_hook = None
            user_hooks = [*_global_backward_hooks.values(), *self._backward_hooks.values()]
            user_pre_hooks = [*_global_backward_pre_hooks.values(), *self._backward_pre_hooks.values()]
            if user_hooks or user_pre_hooks:
                backward_hook = BackwardHook(self, user_hooks, user_pre_hooks)
                args = backward_hook.watch_inputs(args)
            result = self.forward(*args, **kwargs)
            for identity, hook in (*_global_forward_hooks.items(), *self._forward_hooks.items()):
                called.add(identity)
                result = self._run_forward_hook(identity, hook, args, kwargs, result)
            if backward_hook is not None:
                if not isinstance(result, (Tensor, tuple)):
                    warnings.warn(
                        "For backward hooks to be called, module output should be a Tensor or a tuple of "
                        f"Tensors but received {type(result)}",
                        stacklevel=3,
                    )
                result = backward_hook.watch_outputs(result)
            return result
        except Exception:
            self._run_always_called_hooks(called, args, kwargs, result)
            raise

    def _run_forward_pre_hooks(
        self, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        for identity, hook in (*_global_forward_pre_hooks.items(), *self._forward_pre_hooks.items()):
            if identity in self._forward_pre_hooks_with_kwargs:
                changed = hook(self, args, kwargs)
                if changed is None:
                    continue
                if not (isinstance(changed, tuple) and len(changed) == 2):
                    raise RuntimeError(
                        f"forward pre-hook must return None or a tuple of (new_args, new_kwargs), but got {changed}."
                    )
                args, kwargs = changed
            else:
                changed = hook(self, args)
                if changed is not None:
                    args = changed if isinstance(changed, tuple) else (changed,)
        return args, kwargs

    def _run_forward_hook(
        self, identity: int, hook: Any, args: tuple[Any, ...], kwargs: dict[str, Any], result: Any
    ) -> Any:
        if identity in self._forward_hooks_with_kwargs or identity in _global_forward_hooks_with_kwargs:
            changed = hook(self, args, kwargs, result)
        else:
            changed = hook(self, args, result)
        return result if changed is None else changed

    def _run_always_called_hooks(
        self, called: set[int], args: tuple[Any, ...], kwargs: dict[str, Any], result: Any
    ) -> None:
        """After an error: the hooks that asked to be called in any case, their own errors only warned of."""
        for identity, hook in (*_global_forward_hooks.items(), *self._forward_hooks.items()):
            is_global = identity in _global_forward_hooks_always_called
            if identity in called or not (is_global or identity in self._forward_hooks_always_called):
                continue
            try:
                result = self._run_forward_hook(identity, hook, args, kwargs, result)
            except Exception as error:
                warnings.warn(
                    f"{'global ' if is_global else ''}module forward hook with ``always_call=True`` raised "
                    f"an exception that was silenced as another error was raised in forward: {error}",
                    stacklevel=3,
                )


class HookHandle(RemovableHandle):
    """Removes a hook, and what else is kept about it under its number.

    Args:
        hooks: The dictionary that holds the hook.
        *notes: Dictionaries that hold notes on it.
    """

    __slots__ = ("_notes",)

    def __init__(self, hooks: Hooks, *notes: Hooks) -> None:
        super().__init__(hooks)
        self._notes = notes

    def remove(self) -> None:
        """Remove the hook; a second call does nothing."""
        super().remove()
        for note in self._notes:
            note.pop(self.id, None)


def add_hook(hooks: Hooks, hook: Any, prepend: bool = False, notes: tuple[Hooks, ...] = ()) -> RemovableHandle:
    """Put a hook behind, or before, those that are there."""
    handle = HookHandle(hooks, *notes)
    later = dict(hooks) if prepend else {}
    if prepend:
        hooks.clear()
    hooks[handle.id] = hook
    hooks.update(later)
    return handle


def _add(hooks: Hooks, hook: Any, prepend: bool = False, notes: tuple[Hooks, ...] = ()) -> RemovableHandle:
    if not hooks_in_use:
        hooks_in_use.append(True)
    return add_hook(hooks, hook, prepend, notes)


def register_module_forward_pre_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call ``hook(module, args)`` before every module's ``forward``, before the module's own hooks."""
    return _add(_global_forward_pre_hooks, hook)


def register_module_forward_hook(
    hook: Callable[..., Any], *, with_kwargs: bool = False, always_call: bool = False
) -> RemovableHandle:
    """Call ``hook(module, args, output)`` after every module's ``forward``, before the module's own hooks.

    Args:
        hook: As in ``Module.register_forward_hook``.
        with_kwargs: Pass keyword arguments too.
        always_call: Also call it when ``forward`` raised.
    """
    handle = _add(
        _global_forward_hooks,
        hook,
        notes=(_global_forward_hooks_with_kwargs, _global_forward_hooks_always_called),
    )
    if with_kwargs:
        _global_forward_hooks_with_kwargs[handle.id] = True
    if always_call:
        _global_forward_hooks_always_called[handle.id] = True
    return handle


def register_module_full_backward_pre_hook(hook: Callable[[Module, Any], Any]) -> RemovableHandle:
    """Call ``hook(module, grad_output)`` before the gradients of any module are computed."""
    return _add(_global_backward_pre_hooks, hook)


def register_module_full_backward_hook(hook: Callable[[Module, Any, Any], Any]) -> RemovableHandle:
    """Call ``hook(module, grad_input, grad_output)`` when gradients of any module's inputs are computed."""
    return _add(_global_backward_hooks, hook)


def register_module_parameter_registration_hook(hook: Callable[[Module, str, Any], Any]) -> RemovableHandle:
    """Call ``hook(module, name, parameter)`` at every ``register_parameter``; it may return another one."""
    return _add(_global_parameter_registration_hooks, hook)


def register_module_module_registration_hook(hook: Callable[[Module, str, Any], Any]) -> RemovableHandle:
    """Call ``hook(module, name, submodule)`` at every ``register_module``; it may return another one."""
    return _add(_global_module_registration_hooks, hook)


def register_module_buffer_registration_hook(hook: Callable[[Module, str, Any], Any]) -> RemovableHandle:
    """Call ``hook(module, name, buffer)`` at every ``register_buffer``; it may return another one."""
    return _add(_global_buffer_registration_hooks, hook)


def run_registration_hooks(hooks: Hooks, module: Any, name: str, member: Any) -> Any:
    """What the registration hooks make of a new member."""
    for hook in hooks.values():
        changed = hook(module, name, member)
        if changed is not None:
            member = changed
    return member
