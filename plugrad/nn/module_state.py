"""state_dict and load_state_dict: what a tree of modules remembers, and how it is put back."""

from __future__ import annotations

import warnings
import weakref
from collections import OrderedDict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from plugrad.core.errors import with_hint
from plugrad.core.modes import no_grad
from plugrad.core.tensor import Tensor
from plugrad.nn.module_hooks import add_hook
from plugrad.nn.module_tree import ModuleTree
from plugrad.nn.parameter import Parameter

if TYPE_CHECKING:
    from collections.abc import Callable

    from plugrad.core.hooks import RemovableHandle
    from plugrad.nn.module import Module

EXTRA_STATE_KEY_SUFFIX = "_extra_state"


class _IncompatibleKeys(tuple[list[str], list[str]]):
    """What `load_state_dict` returns: keys that only one side has."""

    __slots__ = ()

    def __new__(cls, missing_keys: list[str], unexpected_keys: list[str]) -> Self:
        return tuple.__new__(cls, (missing_keys, unexpected_keys))

    def __getnewargs__(self) -> tuple[list[str], list[str]]:
        return self[0], self[1]

    @property
    def missing_keys(self) -> list[str]:
        """Keys that the module has and the dictionary has not."""
        return self[0]

    @property
    def unexpected_keys(self) -> list[str]:
        """Keys that the dictionary has and the module has not."""
        return self[1]

    def __repr__(self) -> str:
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return f"_IncompatibleKeys(missing_keys={self.missing_keys!r}, unexpected_keys={self.unexpected_keys!r})"

    __str__ = __repr__


class _LoadHook:
    """A load hook, bound to its module weakly, so that a module is in no cycle with its own hooks."""

    def __init__(self, hook: Callable[..., None], module: ModuleState | None) -> None:
        self.hook = hook
        self.with_module = module is not None
        self.module = None if module is None else weakref.ref(module)

    def __call__(self, *args: Any) -> None:
        if self.module is None:
            self.hook(*args)
            return
        module = self.module()
        if module is None:
            raise RuntimeError("You are trying to call the hook of a dead Module!")
        self.hook(module, *args)

    def __getstate__(self) -> dict[str, Any]:
        return {"hook": self.hook, "module": None if self.module is None else self.module()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(state["hook"], state["module"])  # type: ignore[misc]  # unpickling is a second construction


class ModuleState(ModuleTree):
    """Saving to and loading from a flat dictionary of dotted names."""

    #: Raised by a subclass when its keys change. Saved as metadata, and handed to `_load_from_state_dict`.
    _version: int = 1

    _state_dict_hooks: dict[int, Callable[..., Any]]
    _state_dict_pre_hooks: dict[int, Callable[..., None]]
    _load_state_dict_pre_hooks: dict[int, _LoadHook]
    _load_state_dict_post_hooks: dict[int, Callable[[Any, _IncompatibleKeys], None]]

    # Saving

    def state_dict(
        self,
        *args: Any,
        destination: dict[str, Any] | None = None,
        prefix: str = "",
        keep_vars: bool = False,
    ) -> dict[str, Any]:
        """Return a dictionary of all parameters and persistent buffers by dotted name.

        The tensors share memory with the module: copy them before you train on.

        Args:
            *args: The same by position, which is deprecated.
            destination: A dictionary to fill, instead of a new one.
            prefix: What stands before every name.
            keep_vars: Return the parameters themselves, not tensors detached from the graph.

        Returns:
            An ordered dictionary; its attribute ``_metadata`` holds the version of every module.

        Example::

            >>> import plugrad
            >>> net = plugrad.nn.Sequential(plugrad.nn.Linear(2, 3), plugrad.nn.ReLU())
            >>> list(net.state_dict())
            ['0.weight', '0.bias']
        """
        if args:
            warnings.warn(
                "Positional args are being deprecated, use kwargs instead. Refer to "
                "https://pytorch.org/docs/main/generated/torch.nn.Module.html#torch.nn.Module.state_dict"
                " for details.",
                FutureWarning,
                stacklevel=2,
            )
            destination = args[0] if destination is None else destination
            prefix = args[1] if len(args) > 1 and prefix == "" else prefix
            keep_vars = args[2] if len(args) > 2 and keep_vars is False else keep_vars
        if destination is None:
            destination = OrderedDict()
            destination._metadata = OrderedDict()  # type: ignore[attr-defined]  # PyTorch's place for versions
        local_metadata = {"version": self._version}
        if hasattr(destination, "_metadata"):
            destination._metadata[prefix[:-1]] = local_metadata
        for pre_hook in self._state_dict_pre_hooks.values():
            pre_hook(self, prefix, keep_vars)
        self._save_to_state_dict(destination, prefix, keep_vars)
        for name, module in self._modules.items():
            if module is not None:
                module.state_dict(destination=destination, prefix=prefix + name + ".", keep_vars=keep_vars)
        for hook in self._state_dict_hooks.values():
            result = hook(self, destination, prefix, local_metadata)
            if result is None:
                continue
            if getattr(hook, "_from_public_api", False):
                raise RuntimeError("state_dict post-hook must return None")
            destination = result
        return destination

    def _save_to_state_dict(self, destination: dict[str, Any], prefix: str, keep_vars: bool) -> None:
        """Add this module's own entries, not its children's; what a subclass overrides to save otherwise."""
        for name, tensor in self._persistent_tensors().items():
            destination[prefix + name] = tensor if keep_vars else tensor.detach()
        if type(self).get_extra_state is not ModuleState.get_extra_state:
            destination[prefix + EXTRA_STATE_KEY_SUFFIX] = self.get_extra_state()

    def _persistent_tensors(self) -> dict[str, Tensor]:
        hidden = self._non_persistent_buffers_set
        buffers = {name: tensor for name, tensor in self._buffers.items() if name not in hidden}
        return {name: t for name, t in (self._parameters | buffers).items() if t is not None}

    def get_extra_state(self) -> Any:
        """Return anything else that belongs into the state_dict; a subclass overrides this and its opposite.

        Raises:
            RuntimeError: The class does not override it.
        """
        raise RuntimeError(
            "Reached a code path in Module.get_extra_state() that should never be called. "
            "Override get_extra_state() together with set_extra_state()."
        )

    def set_extra_state(self, state: Any) -> None:
        """Take back what `get_extra_state` returned; a subclass overrides both.

        Raises:
            RuntimeError: The class does not override it.
        """
        raise RuntimeError(
            "Reached a code path in Module.set_extra_state() that should never be called. "
            "Override set_extra_state() together with get_extra_state()."
        )

    # Loading

    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False
    ) -> _IncompatibleKeys:
        """Copy the tensors of ``state_dict`` into this module and all modules below it.

        Differs from PyTorch: nothing is written if anything does not fit, unless a module of the tree
        has load hooks or its own ``_load_from_state_dict``, which can only be known by running it.

        Args:
            state_dict: Dotted names and tensors, as `state_dict` returns them.
            strict: Raise if the two sides do not have the same keys.
            assign: Put the given tensors in the place of the module's own, instead of copying into them.

        Returns:
            The missing and the unexpected keys.

        Raises:
            RuntimeError: A shape differs, or ``strict`` and the keys differ. All differences are named.
            TypeError: ``state_dict`` is not a mapping.

        Example::

            >>> import plugrad
            >>> old, new = plugrad.nn.Linear(2, 3), plugrad.nn.Linear(2, 3)
            >>> new.load_state_dict(old.state_dict())
            <All keys matched successfully>
            >>> bool((old.weight == new.weight).all())
            True
        """
        if not isinstance(state_dict, Mapping):
            raise TypeError(f"Expected state_dict to be dict-like, got {type(state_dict)}.")
        metadata = getattr(state_dict, "_metadata", None)
        # A copy, because pre-hooks may rename keys.
        entries = OrderedDict(state_dict)
        if metadata is not None:
            entries._metadata = metadata  # type: ignore[attr-defined]  # PyTorch's place for versions
        if not any(module._loads_in_its_own_way() for module in self.modules()):
            report = _LoadReport()
            self._compare_tree(entries, "", report)
            report.raise_if_wrong(self._get_name(), strict)
        report = _LoadReport()
        self._load_tree(entries, "", metadata, assign, report)
        report.raise_if_wrong(self._get_name(), strict)
        return _IncompatibleKeys(report.missing, report.unexpected)

    def _load_tree(
        self,
        state_dict: dict[str, Any],
        prefix: str,
        metadata: dict[str, dict[str, Any]] | None,
        assign: bool,
        report: _LoadReport,
    ) -> None:
        local_metadata = {} if metadata is None else metadata.get(prefix[:-1], {})
        if assign:
            local_metadata = {**local_metadata, "assign_to_params_buffers": True}
        self._load_from_state_dict(
            state_dict, prefix, local_metadata, True, report.missing, report.unexpected, report.errors
        )
        for child_prefix, child, entries in self._split_by_child(state_dict, prefix):
            child._load_tree(entries, child_prefix, metadata, assign, report)
        # Lists that hooks may edit: that is how a hook forgives a missing key.
        incompatible = _IncompatibleKeys(report.missing, report.unexpected)
        for hook in self._load_state_dict_post_hooks.values():
            if hook(self, incompatible) is not None:
                raise AssertionError(
                    "Hooks registered with ``register_load_state_dict_post_hook`` are not expected to return "
                    "new values, if incompatible_keys need to be modified, it should be done inplace."
                )

    def _compare_tree(self, state_dict: dict[str, Any], prefix: str, report: _LoadReport) -> None:
        self._compare_state(state_dict, prefix, report.missing, report.unexpected, report.errors)
        for child_prefix, child, entries in self._split_by_child(state_dict, prefix):
            child._compare_tree(entries, child_prefix, report)

    def _split_by_child(self, state_dict: dict[str, Any], prefix: str) -> list[tuple[str, Module, dict[str, Any]]]:
        split = []
        for name, child in self._modules.items():
            if child is not None:
                child_prefix = prefix + name + "."
                entries = {k: v for k, v in state_dict.items() if k.startswith(child_prefix)}
                split.append((child_prefix, child, entries))
        return split

    def _loads_in_its_own_way(self) -> bool:
        kind = type(self)
        return bool(
            self._load_state_dict_pre_hooks
            or self._load_state_dict_post_hooks
            or kind._load_from_state_dict is not ModuleState._load_from_state_dict
            or kind.set_extra_state is not ModuleState.set_extra_state
        )

    def _load_from_state_dict(
        self,
        state_dict: dict[str, Any],
        prefix: str,
        local_metadata: dict[str, Any],
        strict: bool,
        missing_keys: list[str],
        unexpected_keys: list[str],
        error_msgs: list[str],
    ) -> None:
        """Load this module's own entries, not its children's; what a subclass overrides to load otherwise."""
        for hook in self._load_state_dict_pre_hooks.values():
            hook(state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs)
        missing, unexpected = (missing_keys, unexpected_keys) if strict else ([], [])
        assign = local_metadata.get("assign_to_params_buffers", False)
        for name, old, new in self._compare_state(state_dict, prefix, missing, unexpected, error_msgs):
            try:
                with no_grad():
                    if assign:
                        setattr(self, name, _in_place_of(old, new))
                    else:
                        old.copy_(new)
            except Exception as error:
                error_msgs.append(
                    f'While copying the parameter named "{prefix + name}", whose dimensions in the model are '
                    f"{old.size()} and whose dimensions in the checkpoint are {new.size()}, an exception "
                    f"occurred : {error.args}."
                )
        if type(self).set_extra_state is not ModuleState.set_extra_state:
            key = prefix + EXTRA_STATE_KEY_SUFFIX
            if key in state_dict:
                self.set_extra_state(state_dict[key])

    def _compare_state(
        self,
        state_dict: dict[str, Any],
        prefix: str,
        missing_keys: list[str],
        unexpected_keys: list[str],
        error_msgs: list[str],
    ) -> list[tuple[str, Tensor, Tensor]]:
        """Report what does not fit this module's own entries; return those that do: name, old, new."""
        own = self._persistent_tensors()
        fitting = []
        for name, tensor in own.items():
            key = prefix + name
            if key not in state_dict:
                missing_keys.append(key)
                continue
            new = state_dict[key]
            if not isinstance(new, Tensor):
                error_msgs.append(
                    f'While copying the parameter named "{key}", expected plugrad.Tensor or Tensor-like '
                    f"object from checkpoint but received {type(new)}"
                )
                continue
            if len(tensor.shape) == 0 and tuple(new.shape) == (1,):
                # Scalars were saved with one dimension before PyTorch 0.4.
                new = new[0]
            if new.shape != tensor.shape:
                error_msgs.append(
                    f"size mismatch for {key}: copying a param with shape {new.shape} from checkpoint, "
                    f"the shape in current model is {tensor.shape}."
                )
                continue
            fitting.append((name, tensor, new))
        extra_state_key = prefix + EXTRA_STATE_KEY_SUFFIX
        if type(self).set_extra_state is not ModuleState.set_extra_state:
            if extra_state_key not in state_dict:
                missing_keys.append(extra_state_key)
        elif extra_state_key in state_dict:
            unexpected_keys.append(extra_state_key)
        for key in state_dict:
            if key.startswith(prefix) and key != extra_state_key:
                name, dot, _ = key[len(prefix) :].partition(".")
                if name not in (self._modules if dot else own):
                    unexpected_keys.append(key)
        return fitting

    # Hooks

    def register_state_dict_pre_hook(self, hook: Callable[[Any, str, bool], None]) -> RemovableHandle:
        """Call ``hook(module, prefix, keep_vars)`` before `state_dict` reads this module."""
        return add_hook(self._state_dict_pre_hooks, hook)

    def register_state_dict_post_hook(self, hook: Any) -> RemovableHandle:
        """Call ``hook(module, state_dict, prefix, local_metadata)`` after `state_dict`; it returns None."""
        hook._from_public_api = True
        return add_hook(self._state_dict_hooks, hook)

    def _register_state_dict_hook(self, hook: Any) -> RemovableHandle:
        """As `register_state_dict_post_hook`, but the hook may return a dictionary that takes the place."""
        if getattr(hook, "_from_public_api", False):
            raise RuntimeError(
                "Cannot register the same function as the state dict post hook that was previously "
                "registered via register_state_dict_post_hook"
            )
        return add_hook(self._state_dict_hooks, hook)

    def register_load_state_dict_pre_hook(self, hook: Callable[..., None]) -> RemovableHandle:
        """Call a hook before this module's entries are loaded; it may edit the dictionary in place.

        Args:
            hook: ``hook(module, state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys,
                error_msgs)``.
        """
        return self._register_load_state_dict_pre_hook(hook, with_module=True)

    def _register_load_state_dict_pre_hook(
        self, hook: Callable[..., None], with_module: bool = False
    ) -> RemovableHandle:
        return add_hook(self._load_state_dict_pre_hooks, _LoadHook(hook, self if with_module else None))

    def register_load_state_dict_post_hook(self, hook: Callable[[Any, _IncompatibleKeys], None]) -> RemovableHandle:
        """Call ``hook(module, incompatible_keys)`` after this module and its children were loaded.

        The hook may edit the two lists in place; what is left in them decides whether ``strict`` raises.
        """
        return add_hook(self._load_state_dict_post_hooks, hook)


class _LoadReport:
    """What did not fit while loading a tree."""

    def __init__(self) -> None:
        self.missing: list[str] = []
        self.unexpected: list[str] = []
        self.errors: list[str] = []

    def raise_if_wrong(self, model: str, strict: bool) -> None:
        lines = list(self.errors)
        if strict and self.unexpected:
            keys = ", ".join(f'"{key}"' for key in self.unexpected)
            lines.insert(0, f"Unexpected key(s) in state_dict: {keys}. ")
        if strict and self.missing:
            keys = ", ".join(f'"{key}"' for key in self.missing)
            lines.insert(0, f"Missing key(s) in state_dict: {keys}. ")
        if lines:
            text = f"Error(s) in loading state_dict for {model}:\n\t" + "\n\t".join(lines)
            if not self.errors:
                text = with_hint(text, "load_state_dict(..., strict=False) loads the keys that both sides have.")
            raise RuntimeError(text)


def _in_place_of(old: Tensor, new: Tensor) -> Tensor:
    """The tensor to register when ``new`` is assigned where ``old`` was: a parameter stays one."""
    if not isinstance(old, Parameter):
        return new
    if not isinstance(new, Parameter):
        return Parameter(new, requires_grad=old.requires_grad)
    new.requires_grad_(old.requires_grad)
    return new
