"""Where hooks are kept: dictionaries in order of registration, and handles that remove from them."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from itertools import count
from typing import Any

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


class Hookable:
    """What a node has for its own hooks: ``register_hook`` and ``register_prehook``."""

    __slots__ = ()

    hooks: Any

    def _hooks(self) -> NodeHooks:
        """The hooks, made at first use."""
        if self.hooks is None:
            self.hooks = NodeHooks()
        found: NodeHooks = self.hooks
        return found

    def register_hook(self, fn: Callable[..., Any]) -> RemovableHandle:
        """Call ``fn(grad_inputs, grad_outputs)`` after each time that the node has computed gradients.

        Args:
            fn: A function of the gradients that leave the node and of those that came in, both tuples. It must not
                change them. A tuple that it returns takes the place of ``grad_inputs``.

        Returns:
            A handle with ``remove()``.

        Example::

            >>> import plugrad
            >>> x = plugrad.tensor([1.0, 2.0], requires_grad=True)
            >>> y = x.clone()
            >>> handle = y.grad_fn.register_hook(lambda grad_inputs, grad_outputs: (grad_outputs[0] * 2,))
            >>> y.sum().backward()
            >>> x.grad
            tensor([2., 2.])
        """
        return add(self._hooks().after, fn)

    def register_prehook(self, fn: Callable[..., Any]) -> RemovableHandle:
        """Call ``fn(grad_outputs)`` each time before the node computes gradients.

        Args:
            fn: A function of the tuple of the gradients that came in. It must not change them. A tuple that it
                returns takes their place.

        Returns:
            A handle with ``remove()``.

        Example::

            >>> import plugrad
            >>> x = plugrad.tensor([1.0, 2.0], requires_grad=True)
            >>> y = x.clone()
            >>> handle = y.grad_fn.register_prehook(lambda grad_outputs: (grad_outputs[0] * 3,))
            >>> y.sum().backward()
            >>> x.grad
            tensor([3., 3.])
        """
        return add(self._hooks().before, fn)
