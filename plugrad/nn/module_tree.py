"""Walking a tree of modules: its submodules, parameters and buffers, by order and by dotted name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, cast

from plugrad.nn.parameter import Parameter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from plugrad.core.tensor import Tensor
    from plugrad.nn.module import Module


class ModuleTree:
    """The three dictionaries that make a module a node of a tree, and every way to walk it."""

    training: bool
    _parameters: dict[str, Parameter | None]
    _buffers: dict[str, Tensor | None]
    _non_persistent_buffers_set: set[str]
    _modules: dict[str, Module | None]

    def _get_name(self) -> str:
        return type(self).__name__

    # Iteration

    def children(self) -> Iterator[Module]:
        """Yield the immediate submodules, each once.

        Example::

            >>> import plugrad
            >>> net = plugrad.nn.Sequential(plugrad.nn.Linear(2, 3), plugrad.nn.ReLU())
            >>> [type(child).__name__ for child in net.children()]
            ['Linear', 'ReLU']
        """
        for _, module in self.named_children():
            yield module

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """Yield the immediate submodules with their names, each module once.

        Example::

            >>> import plugrad
            >>> net = plugrad.nn.Sequential(plugrad.nn.Linear(2, 3), plugrad.nn.ReLU())
            >>> [name for name, _ in net.named_children()]
            ['0', '1']
        """
        seen = set()
        for name, module in self._modules.items():
            if module is not None and module not in seen:
                seen.add(module)
                yield name, module

    def modules(self, remove_duplicate: bool = True) -> Iterator[Module]:
        """Yield this module and all modules below it, parents before children.

        Args:
            remove_duplicate: Yield a module that is reached by several names only once.

        Example::

            >>> import plugrad
            >>> layer = plugrad.nn.Linear(2, 2)
            >>> net = plugrad.nn.Sequential(layer, layer)
            >>> len(list(net.modules())), len(list(net.modules(remove_duplicate=False)))
            (2, 3)
        """
        for _, module in self.named_modules(remove_duplicate=remove_duplicate):
            yield module

    def named_modules(
        self, memo: set[Module] | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Module]]:
        """Yield this module and all modules below it with their dotted names.

        Args:
            memo: Modules that are left out; the walk adds those it meets.
            prefix: What stands before every name.
            remove_duplicate: Yield a module that is reached by several names only once.

        Example::

            >>> import plugrad
            >>> net = plugrad.nn.Sequential(plugrad.nn.Sequential(plugrad.nn.ReLU()))
            >>> [name for name, _ in net.named_modules()]
            ['', '0', '0.0']
        """
        if memo is None:
            memo = set()
        this = cast("Module", self)
        if this in memo:
            return
        if remove_duplicate:
            memo.add(this)
        yield prefix, this
        for name, module in self._modules.items():
            if module is not None:
                yield from module.named_modules(memo, f"{prefix}.{name}" if prefix else name, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """Yield the parameters of this module and, if ``recurse``, of all modules below it, each once.

        Example::

            >>> import plugrad
            >>> [tuple(p.shape) for p in plugrad.nn.Linear(2, 3).parameters()]
            [(3, 2), (3,)]
        """
        for _, parameter in self.named_parameters(recurse=recurse):
            yield parameter

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """Yield the parameters with their dotted names.

        Args:
            prefix: What stands before every name.
            recurse: Also those of the modules below this one.
            remove_duplicate: Yield a parameter that is reached by several names only once.

        Example::

            >>> import plugrad
            >>> [name for name, _ in plugrad.nn.Linear(2, 3).named_parameters(prefix="head")]
            ['head.weight', 'head.bias']
        """
        yield from self._named_members(lambda module: module._parameters.items(), prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """Yield the buffers of this module and, if ``recurse``, of all modules below it, each once.

        Example::

            >>> import plugrad
            >>> list(plugrad.nn.Linear(2, 3).buffers())
            []
        """
        for _, buffer in self.named_buffers(recurse=recurse):
            yield buffer

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """Yield the buffers with their dotted names; the arguments are those of `named_parameters`.

        Example::

            >>> import plugrad
            >>> loss = plugrad.nn.NLLLoss(weight=plugrad.ones(3))
            >>> [name for name, _ in loss.named_buffers()]
            ['weight']
        """
        yield from self._named_members(lambda module: module._buffers.items(), prefix, recurse, remove_duplicate)

    def _named_members(
        self,
        get_members_fn: Callable[[Module], Iterable[tuple[str, Any]]],
        prefix: str = "",
        recurse: bool = True,
        remove_duplicate: bool = True,
    ) -> Iterator[tuple[str, Any]]:
        this = cast("Module", self)
        modules = self.named_modules(None, prefix, remove_duplicate) if recurse else [(prefix, this)]
        # By identity: tensors compare elementwise, and an equal value is not the same parameter.
        seen = set()
        for module_prefix, module in modules:
            for name, member in get_members_fn(module):
                if member is None or id(member) in seen:
                    continue
                if remove_duplicate:
                    seen.add(id(member))
                yield f"{module_prefix}.{name}" if module_prefix else name, member

    # Looking up by dotted name

    def get_submodule(self, target: str) -> Module:
        """Return the submodule with the dotted name ``target``; the empty name is this module.

        Raises:
            AttributeError: A part of the name does not exist, or is not a module.

        Example::

            >>> import plugrad
            >>> net = plugrad.nn.Sequential(plugrad.nn.Sequential(plugrad.nn.ReLU()))
            >>> net.get_submodule("0.0")
            ReLU()
        """
        module: ModuleTree = self
        for name in target.split(".") if target else ():
            if not hasattr(module, name):
                raise AttributeError(module._get_name() + " has no attribute `" + name + "`")
            child = getattr(module, name)
            if not isinstance(child, ModuleTree):
                raise AttributeError("`" + name + "` is not an nn.Module")
            module = child
        return cast("Module", module)

    def set_submodule(self, target: str, module: Module, strict: bool = False) -> None:
        """Put ``module`` at the dotted name ``target``.

        Args:
            target: Where; every part but the last must be an existing module.
            module: The new submodule.
            strict: Only replace: refuse a name that does not exist yet.

        Raises:
            ValueError: ``target`` is empty, or ``module`` is no module.
            AttributeError: The place does not exist, or is not a module.

        Example::

            >>> import plugrad
            >>> net = plugrad.nn.Sequential(plugrad.nn.ReLU())
            >>> net.set_submodule("0", plugrad.nn.Tanh())
            >>> net
            Sequential(
              (0): Tanh()
            )
        """
        if target == "":
            raise ValueError("Cannot set the submodule without a target name!")
        if not isinstance(module, ModuleTree):
            raise ValueError("`" + "module" + f"` is not an nn.Module, found {type(module)}")
        path, _, name = target.rpartition(".")
        parent = self.get_submodule(path)
        if strict and not hasattr(parent, name):
            raise AttributeError(parent._get_name() + " has no attribute `" + name + "`")
        if hasattr(parent, name) and not isinstance(getattr(parent, name), ModuleTree):
            raise AttributeError("`" + name + "` is not an nn.Module")
        setattr(parent, name, module)

    def get_parameter(self, target: str) -> Parameter:
        """Return the parameter with the dotted name ``target``.

        Raises:
            AttributeError: A part of the name does not exist, or the last is not a parameter.

        Example::

            >>> import plugrad
            >>> net = plugrad.nn.Sequential(plugrad.nn.Linear(2, 3))
            >>> net.get_parameter("0.bias") is net[0].bias
            True
        """
        path, _, name = target.rpartition(".")
        module = self.get_submodule(path)
        if not hasattr(module, name):
            raise AttributeError(module._get_name() + " has no attribute `" + name + "`")
        parameter = getattr(module, name)
        if not isinstance(parameter, Parameter):
            raise AttributeError("`" + name + "` is not an nn.Parameter")
        return parameter

    def get_buffer(self, target: str) -> Tensor:
        """Return the buffer with the dotted name ``target``.

        Raises:
            AttributeError: A part of the name does not exist, or the last is not a buffer.

        Example::

            >>> import plugrad
            >>> plugrad.nn.NLLLoss(weight=plugrad.ones(2)).get_buffer("weight")
            tensor([1., 1.])
        """
        path, _, name = target.rpartition(".")
        module = self.get_submodule(path)
        if not hasattr(module, name):
            raise AttributeError(module._get_name() + " has no attribute `" + name + "`")
        buffer = getattr(module, name)
        if name not in module._buffers:
            raise AttributeError("`" + name + "` is not a buffer")
        return cast("Tensor", buffer)

    # Acting on all of them

    def apply(self, fn: Callable[[Module], None]) -> Self:
        """Call ``fn`` on every module of the tree, children before parents, and return this module.

        Example::

            >>> import plugrad
            >>> def fill(module):
            ...     if isinstance(module, plugrad.nn.Linear):
            ...         plugrad.nn.init.ones_(module.weight)
            >>> net = plugrad.nn.Sequential(plugrad.nn.Linear(2, 1, bias=False)).apply(fill)
            >>> net[0].weight.tolist()
            [[1.0, 1.0]]
        """
        for module in self.children():
            module.apply(fn)
        fn(cast("Module", self))
        return self

    def train(self, mode: bool = True) -> Self:
        """Put the whole tree into training mode, or into evaluation mode if ``mode`` is false.

        Raises:
            ValueError: ``mode`` is not a bool.

        Example::

            >>> import plugrad
            >>> plugrad.nn.Dropout(0.5).train(False).training
            False
        """
        if not isinstance(mode, bool):
            raise ValueError("training mode is expected to be boolean")
        self.training = mode
        for module in self.children():
            module.train(mode)
        return self

    def eval(self) -> Self:
        """Put the whole tree into evaluation mode: ``train(False)``.

        Example::

            >>> import plugrad
            >>> plugrad.nn.Dropout(0.5).eval()(plugrad.ones(3))
            tensor([1., 1., 1.])
        """
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Say for every parameter of the tree whether gradients are recorded for it.

        Example::

            >>> import plugrad
            >>> layer = plugrad.nn.Linear(2, 2).requires_grad_(False)
            >>> layer.weight.requires_grad
            False
        """
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of every parameter of the tree.

        Args:
            set_to_none: Set them to None (the default), instead of filling them with zeros in place.

        Example::

            >>> import plugrad
            >>> layer = plugrad.nn.Linear(2, 1)
            >>> layer(plugrad.ones(2)).backward()
            >>> layer.zero_grad()
            >>> layer.weight.grad is None
            True
        """
        for parameter in self.parameters():
            if set_to_none:
                parameter.grad = None
            else:
                zero_grad_of(parameter)


def zero_grad_of(parameter: Tensor) -> None:
    """Fill a gradient with zeros in place, and cut it off from any graph."""
    gradient = parameter.grad
    if gradient is None:
        return
    if gradient.grad_fn is not None:
        gradient.detach_()
    else:
        gradient.requires_grad_(False)
    gradient.zero_()
