"""Module, the base class of all layers and models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plugrad.core.tensor import Tensor
from plugrad.nn import module_hooks
from plugrad.nn.module_convert import ModuleConversion
from plugrad.nn.module_hooks import (
    ModuleHooks,
    hooks_in_use,
    register_module_buffer_registration_hook,
    register_module_forward_hook,
    register_module_forward_pre_hook,
    register_module_full_backward_hook,
    register_module_full_backward_pre_hook,
    register_module_module_registration_hook,
    register_module_parameter_registration_hook,
    run_registration_hooks,
)
from plugrad.nn.module_state import ModuleState
from plugrad.nn.parameter import Buffer, Parameter
from plugrad.nn.typename import typename

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "Module",
    "register_module_buffer_registration_hook",
    "register_module_forward_hook",
    "register_module_forward_pre_hook",
    "register_module_full_backward_hook",
    "register_module_full_backward_pre_hook",
    "register_module_module_registration_hook",
    "register_module_parameter_registration_hook",
]


def _forward_unimplemented(self: Any, *input: Any) -> None:
    """Compute the output; every subclass defines this."""
    raise NotImplementedError(f'Module [{type(self).__name__}] is missing the required "forward" function')


class Module(ModuleConversion, ModuleState, ModuleHooks):
    """Base class of all layers and models: a tree of modules that own parameters and buffers.

    Parameters, buffers and modules that are assigned to attributes register themselves. Call
    ``super().__init__()`` first, define ``forward``, and call the module itself, which runs the hooks
    around ``forward``.

    Differs from PyTorch: an error inside a layer carries a note with the layer's qualified name.

    Attributes:
        training: Whether the module is in training mode.

    Example::

        >>> import plugrad
        >>> from plugrad import nn
        >>> class Model(nn.Module):
        ...     def __init__(self):
        ...         super().__init__()
        ...         self.hidden = nn.Linear(4, 8)
        ...         self.output = nn.Linear(8, 2)
        ...
        ...     def forward(self, x):
        ...         return self.output(self.hidden(x).relu())
        >>> model = Model()
        >>> model(plugrad.zeros(3, 4)).shape
        plugrad.Size([3, 2])
        >>> model
        Model(
          (hidden): Linear(in_features=4, out_features=8, bias=True)
          (output): Linear(in_features=8, out_features=2, bias=True)
        )
    """

    #: Whether ``__init__`` passes its arguments on to the next class, for multiple inheritance.
    call_super_init: bool = False

    forward: Callable[..., Any] = _forward_unimplemented

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if not self.call_super_init:
            if kwargs:
                name = next(iter(kwargs))
                raise TypeError(f"{type(self).__name__}.__init__() got an unexpected keyword argument '{name}'")
            if args:
                raise TypeError(
                    f"{type(self).__name__}.__init__() takes 1 positional argument but {len(args) + 1} were given"
                )
        # Past __setattr__, which would look at each of them.
        self.__dict__.update(
            training=True,
            _parameters={},
            _buffers={},
            _non_persistent_buffers_set=set(),
            _modules={},
            _forward_hooks={},
            _forward_hooks_with_kwargs={},
            _forward_hooks_always_called={},
            _forward_pre_hooks={},
            _forward_pre_hooks_with_kwargs={},
            _backward_hooks={},
            _backward_pre_hooks={},
            _state_dict_hooks={},
            _state_dict_pre_hooks={},
            _load_state_dict_pre_hooks={},
            _load_state_dict_post_hooks={},
        )
        if self.call_super_init:
            super().__init__(*args, **kwargs)

    # Calling

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the hooks and ``forward``."""
        try:
            if hooks_in_use and self._has_hooks():
                return self._call_with_hooks(args, kwargs)
            return self.forward(*args, **kwargs)
        except Exception as error:
            _name_failing_layer(error, self)
            raise

    # Registration

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Add a parameter, which is then an attribute of that name.

        Args:
            name: Its name, without dots.
            param: The parameter, or None: a parameter that this instance does without.

        Raises:
            KeyError: The name is taken, empty or has a dot.
            TypeError: ``param`` is no `Parameter`.
            ValueError: ``param`` was computed from another tensor.

        Example::

            >>> import plugrad
            >>> module = plugrad.nn.Module()
            >>> module.register_parameter("scale", plugrad.nn.Parameter(plugrad.ones(1)))
            >>> [name for name, _ in module.named_parameters()]
            ['scale']
        """
        self._check_new_name("parameter", "_parameters", name)
        if param is None:
            self._parameters[name] = None
            return
        if not isinstance(param, Parameter):
            raise TypeError(
                f"cannot assign '{typename(param)}' object to parameter '{name}' "
                "(plugrad.nn.Parameter or None required)"
            )
        if param.grad_fn:
            raise ValueError(
                f"Cannot assign non-leaf Tensor to parameter '{name}'. Model parameters must be created "
                f"explicitly. To express '{name}' as a function of another Tensor, compute the value in the "
                "forward() method."
            )
        hooks = module_hooks._global_parameter_registration_hooks
        self._parameters[name] = run_registration_hooks(hooks, self, name, param)

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Add a buffer: a tensor that is part of the module's state, but no parameter.

        Args:
            name: Its name, without dots.
            tensor: The tensor, or None: a buffer that this instance does without.
            persistent: Whether it is part of the `state_dict`.

        Raises:
            KeyError: The name is taken, empty or has a dot.
            TypeError: ``tensor`` is no tensor.

        Example::

            >>> import plugrad
            >>> module = plugrad.nn.Module()
            >>> module.register_buffer("mean", plugrad.zeros(2))
            >>> module.state_dict()["mean"]
            tensor([0., 0.])
        """
        self._check_new_name("buffer", "_buffers", name)
        if tensor is not None and not isinstance(tensor, Tensor):
            raise TypeError(
                f"cannot assign '{typename(tensor)}' object to buffer '{name}' (plugrad Tensor or None required)"
            )
        hooks = module_hooks._global_buffer_registration_hooks
        self._buffers[name] = run_registration_hooks(hooks, self, name, tensor)
        if persistent:
            self._non_persistent_buffers_set.discard(name)
        else:
            self._non_persistent_buffers_set.add(name)

    def add_module(self, name: str, module: Module | None) -> None:
        """Add a submodule, which is then an attribute of that name.

        Args:
            name: Its name, without dots.
            module: The module, or None.

        Raises:
            KeyError: The name is taken, empty or has a dot.
            TypeError: ``module`` is no module.

        Example::

            >>> import plugrad
            >>> net = plugrad.nn.Sequential()
            >>> net.add_module("act", plugrad.nn.ReLU())
            >>> net.act
            ReLU()
        """
        if module is not None and not isinstance(module, Module):
            raise TypeError(f"{typename(module)} is not a Module subclass")
        if not isinstance(name, str):
            raise TypeError(f"module name should be a string. Got {typename(name)}")
        if hasattr(self, name) and name not in self._modules:
            raise KeyError(f"attribute '{name}' already exists")
        if "." in name:
            raise KeyError(f'module name can\'t contain ".", got: {name}')
        if name == "":
            raise KeyError('module name can\'t be empty string ""')
        self._set_module(name, module)

    def register_module(self, name: str, module: Module | None) -> None:
        """Do what `add_module` does."""
        self.add_module(name, module)

    def _check_new_name(self, kind: str, table: str, name: str) -> None:
        if table not in self.__dict__:
            raise AttributeError(f"cannot assign {kind} before Module.__init__() call")
        if not isinstance(name, str):
            raise TypeError(f"{kind} name should be a string. Got {typename(name)}")
        if "." in name:
            raise KeyError(f'{kind} name can\'t contain "."')
        if name == "":
            raise KeyError(f'{kind} name can\'t be empty string ""')
        if hasattr(self, name) and name not in self.__dict__[table]:
            raise KeyError(f"attribute '{name}' already exists")

    def _set_module(self, name: str, module: Module | None) -> None:
        hooks = module_hooks._global_module_registration_hooks
        self._modules[name] = run_registration_hooks(hooks, self, name, module)

    # Attributes

    def __getattr__(self, name: str) -> Any:
        # Reached only when the ordinary look-up found nothing.
        attributes = self.__dict__
        for table in ("_parameters", "_buffers", "_modules"):
            members = attributes.get(table)
            if members is not None and name in members:
                return members[name]
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    def __setattr__(self, name: str, value: Any) -> None:
        attributes = self.__dict__
        parameters = attributes.get("_parameters")
        if isinstance(value, Parameter):
            if parameters is None:
                raise AttributeError("cannot assign parameters before Module.__init__() call")
            self._forget(name, "_buffers", "_modules")
            self.register_parameter(name, value)
        elif parameters is not None and name in parameters:
            if value is not None:
                raise TypeError(
                    f"cannot assign '{typename(value)}' as parameter '{name}' (plugrad.nn.Parameter or None expected)"
                )
            self.register_parameter(name, value)
        elif isinstance(value, Module):
            if attributes.get("_modules") is None:
                raise AttributeError("cannot assign module before Module.__init__() call")
            self._forget(name, "_parameters", "_buffers")
            self._set_module(name, value)
        elif name in attributes.get("_modules", ()):
            if value is not None:
                raise TypeError(
                    f"cannot assign '{typename(value)}' as child module '{name}' (plugrad.nn.Module or None expected)"
                )
            self._set_module(name, value)
        elif isinstance(value, Buffer) or name in attributes.get("_buffers", ()):
            if value is not None and not isinstance(value, Tensor):
                raise TypeError(
                    f"cannot assign '{typename(value)}' as buffer '{name}' "
                    "(plugrad.nn.Buffer, plugrad.Tensor or None expected)"
                )
            if isinstance(value, Buffer):
                persistent = value.persistent
            else:
                persistent = name not in self._non_persistent_buffers_set
            self.register_buffer(name, value, persistent)
        else:
            super().__setattr__(name, value)

    def _forget(self, name: str, *tables: str) -> None:
        """Remove whatever else has this name, so that the new member is what the attribute shows."""
        self.__dict__.pop(name, None)
        for table in tables:
            self.__dict__[table].pop(name, None)
        self._non_persistent_buffers_set.discard(name)

    def __delattr__(self, name: str) -> None:
        if name in self._parameters:
            del self._parameters[name]
        elif name in self._buffers:
            del self._buffers[name]
            self._non_persistent_buffers_set.discard(name)
        elif name in self._modules:
            del self._modules[name]
        else:
            super().__delattr__(name)

    def __dir__(self) -> list[str]:
        names = [*dir(type(self)), *self.__dict__, *self._parameters, *self._modules, *self._buffers]
        # Names such as Sequential's "0" are no attributes that anybody could write.
        return sorted(name for name in names if not name[0].isdigit())

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        if not hooks_in_use and self._has_hooks():
            hooks_in_use.append(True)

    # Text

    def extra_repr(self) -> str:
        """Return what the module's repr shows besides its submodules; a subclass overrides it."""
        return ""

    def __repr__(self) -> str:
        extra = self.extra_repr()
        lines = extra.split("\n") if extra else []
        children = [f"({name}): {indent(repr(module))}" for name, module in self._modules.items()]
        if not children and len(lines) <= 1:
            return f"{self._get_name()}({extra})"
        return f"{self._get_name()}(\n  " + "\n  ".join(lines + children) + "\n)"


def indent(text: str) -> str:
    """Indent all lines but the first by two spaces, leaving empty lines empty."""
    first, *rest = text.split("\n")
    return "\n".join([first, *("  " + line if line.strip() else "" for line in rest)])


def _name_failing_layer(error: Exception, module: Module) -> None:
    """Note the qualified name of the innermost layer in which an error arose.

    Every module that the error passes through runs this, innermost first. Only the parents know a layer's
    name, so each of them replaces the note of the one before by a fuller one.
    """
    known: tuple[Module, str] | None = getattr(error, "_plugrad_layer", None)
    layer, note = known or (module, "")
    path = next((name for name, candidate in module.named_modules() if candidate is layer), "")
    if known and not path:
        # Not one of this module's own layers: nothing better to say.
        return
    try:
        kind = repr(layer) if not layer._modules else type(layer).__name__
    except Exception:
        # A layer that is half built may have no repr; the error must not be hidden by another one.
        kind = type(layer).__name__
    if note:
        error.__notes__.remove(note)
    note = f"in layer '{path}' of {type(module).__name__}: {kind}" if path else f"in layer {kind}"
    error.add_note(note)
    error._plugrad_layer = (layer, note)  # type: ignore[attr-defined]  # exceptions take any attribute
