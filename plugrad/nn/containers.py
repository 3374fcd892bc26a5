"""Containers of modules: Sequential, ModuleList and ModuleDict."""

from __future__ import annotations

import operator
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import TYPE_CHECKING, Any, Self, overload

from plugrad.nn.module import Module, indent

if TYPE_CHECKING:
    from collections.abc import ItemsView, KeysView, ValuesView


class _NumberedModules(Module):
    """A module whose submodules are named by their position: "0", "1", ..."""

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._modules.values())

    def _members(self) -> list[tuple[str, Any]]:
        return list(self._modules.items())

    def _renumber(self) -> None:
        self._modules = {str(i): module for i, module in enumerate(self._modules.values())}

    def append(self, module: Module) -> Self:
        """Add a module at the end.

        Args:
            module: The module.

        Returns:
            This container.
        """
        self.add_module(str(len(self)), module)
        return self

    def pop(self, key: int | slice) -> Any:
        """Take out and return the module at a position, or those of a slice."""
        module = self[key]
        del self[key]
        return module

    def __getitem__(self, idx: Any) -> Any:
        raise NotImplementedError

    def __delitem__(self, idx: int | slice) -> None:
        raise NotImplementedError

    def insert(self, index: int, module: Module) -> Self:
        """Put a module before the position ``index``.

        Args:
            index: The position; negative ones count from the end.
            module: The module.

        Returns:
            This container.

        Raises:
            AssertionError: ``module`` is no module.
            IndexError: There is no such position.
        """
        if not isinstance(module, Module):
            raise AssertionError(f"module should be of type: {Module}")
        size = len(self)
        if not -size <= index <= size:
            raise IndexError(f"Index out of range: {index}")
        if index < 0:
            index += size
        members = list(self._modules.values())
        members.insert(index, module)
        self._modules = {str(i): member for i, member in enumerate(members)}
        return self


class Sequential(_NumberedModules):
    """Modules called one after the other, each with the output of the one before.

    Args:
        *args: The modules; or one ``OrderedDict`` of names and modules.

    Example::

        >>> import plugrad
        >>> from plugrad import nn
        >>> net = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
        >>> net(plugrad.zeros(3, 4)).shape
        plugrad.Size([3, 2])
        >>> net[1]
        ReLU()
        >>> len(net[:2])
        2
    """

    @overload
    def __init__(self, *args: Module) -> None: ...
    @overload
    def __init__(self, arg: OrderedDict[str, Module], /) -> None: ...

    def __init__(self, *args: Any) -> None:
        super().__init__()
        if len(args) == 1 and isinstance(args[0], OrderedDict):
            named: Iterable[tuple[str, Module]] = args[0].items()
        else:
            named = ((str(i), module) for i, module in enumerate(args))
        for name, module in named:
            self.add_module(name, module)

    def forward(self, input: Any) -> Any:
        """Call the modules one after the other."""
        for module in self:
            input = module(input)
        return input

    def _name_at(self, idx: int) -> str:
        size = len(self)
        idx = operator.index(idx)
        if not -size <= idx < size:
            raise IndexError(f"index {idx} is out of range")
        return list(self._modules)[idx]

    def __getitem__(self, idx: slice | int) -> Any:
        if isinstance(idx, slice):
            return type(self)(OrderedDict(self._members()[idx]))
        return self._modules[self._name_at(idx)]

    def __setitem__(self, idx: int, module: Module) -> None:
        setattr(self, self._name_at(idx), module)

    def __delitem__(self, idx: slice | int) -> None:
        names = list(self._modules)[idx] if isinstance(idx, slice) else [self._name_at(idx)]
        for name in names:
            delattr(self, name)
        self._renumber()

    def __add__(self, other: Any) -> Sequential:
        _check_sequential(other)
        return Sequential(*self, *other)

    def __iadd__(self, other: Any) -> Self:
        _check_sequential(other)
        return self.extend(list(other))

    def __mul__(self, other: int) -> Sequential:
        self._check_factor(other)
        return Sequential(*(list(self) * other))

    __rmul__ = __mul__

    def __imul__(self, other: int) -> Self:
        self._check_factor(other)
        return self.extend(list(self) * (other - 1))

    def _check_factor(self, factor: Any) -> None:
        if not isinstance(factor, int):
            raise TypeError(f"unsupported operand type(s) for *: {type(self)} and {type(factor)}")
        if factor <= 0:
            raise ValueError(f"Non-positive multiplication factor {factor} for {type(self)}")

    def extend(self, sequential: Iterable[Module]) -> Self:
        """Add modules at the end.

        Args:
            sequential: The modules.

        Returns:
            This container.
        """
        for module in sequential:
            self.append(module)
        return self


def _check_sequential(other: Any) -> None:
    if not isinstance(other, Sequential):
        raise ValueError(f"add operator supports only objects of Sequential class, but {type(other)} is given.")


class ModuleList(_NumberedModules):
    """A list of modules, all of them registered; it has no ``forward``.

    Args:
        modules: The modules.

    Example::

        >>> import plugrad
        >>> from plugrad import nn
        >>> layers = nn.ModuleList(nn.Linear(3, 3) for _ in range(2))
        >>> layers
        ModuleList(
          (0-1): 2 x Linear(in_features=3, out_features=3, bias=True)
        )
    """

    def __init__(self, modules: Iterable[Module] | None = None) -> None:
        super().__init__()
        if modules is not None:
            self.extend(modules)

    def _name_at(self, idx: int) -> str:
        idx = operator.index(idx)
        if not -len(self) <= idx < len(self):
            raise IndexError(f"index {idx} is out of range")
        return str(idx + len(self) if idx < 0 else idx)

    def __getitem__(self, idx: int | slice) -> Any:
        if isinstance(idx, slice):
            return type(self)([module for _, module in self._members()[idx]])
        return self._modules[self._name_at(idx)]

    def __setitem__(self, idx: int, module: Module) -> None:
        setattr(self, self._name_at(idx), module)

    def __delitem__(self, idx: int | slice) -> None:
        names = map(str, range(len(self))[idx]) if isinstance(idx, slice) else [self._name_at(idx)]
        for name in names:
            delattr(self, name)
        self._renumber()

    def __iadd__(self, modules: Iterable[Module]) -> Self:
        return self.extend(modules)

    def __add__(self, other: Iterable[Module]) -> ModuleList:
        return ModuleList(chain(self, other))

    def extend(self, modules: Iterable[Module]) -> Self:
        """Add modules at the end.

        Args:
            modules: The modules.

        Returns:
            This container.

        Raises:
            TypeError: ``modules`` can't be iterated over.
        """
        if not isinstance(modules, Iterable):
            raise TypeError("ModuleList.extend should be called with an iterable, but got " + type(modules).__name__)
        # A list first: extending by itself must not go on for ever.
        for module in list(modules):
            self.append(module)
        return self

    def __repr__(self) -> str:
        """Show equal neighbours once, with their number."""
        runs: list[tuple[int, int, str]] = []
        for i, text in enumerate(map(repr, self)):
            if runs and runs[-1][2] == text:
                runs[-1] = (runs[-1][0], i, text)
            else:
                runs.append((i, i, text))
        if not runs:
            return self._get_name() + "()"
        lines = [
            f"({first}): {indent(text)}" if first == last else f"({first}-{last}): {last - first + 1} x {indent(text)}"
            for first, last, text in runs
        ]
        return f"{self._get_name()}(\n  " + "\n  ".join(lines) + "\n)"


class ModuleDict(Module):
    """A dictionary of modules, all of them registered; it has no ``forward``.

    Args:
        modules: A mapping of names and modules, or pairs of them.

    Example::

        >>> import plugrad
        >>> from plugrad import nn
        >>> heads = nn.ModuleDict({"a": nn.Linear(2, 1), "b": nn.Identity()})
        >>> heads["b"]
        Identity()
        >>> list(heads)
        ['a', 'b']
    """

    def __init__(self, modules: Any = None) -> None:
        super().__init__()
        if modules is not None:
            self.update(modules)

    def __getitem__(self, key: str) -> Any:
        return self._modules[key]

    def __setitem__(self, key: str, module: Module) -> None:
        self.add_module(key, module)

    def __delitem__(self, key: str) -> None:
        del self._modules[key]

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __contains__(self, key: str) -> bool:
        return key in self._modules

    def clear(self) -> None:
        """Take all modules out."""
        self._modules.clear()

    def pop(self, key: str) -> Any:
        """Take out and return the module with this name."""
        module = self[key]
        del self[key]
        return module

    def keys(self) -> KeysView[str]:
        """The names."""
        return self._modules.keys()

    def items(self) -> ItemsView[str, Module | None]:
        """The pairs of name and module."""
        return self._modules.items()

    def values(self) -> ValuesView[Module | None]:
        """The modules."""
        return self._modules.values()

    def update(self, modules: Any) -> None:
        """Add modules, replacing those whose names are there already.

        Args:
            modules: A mapping of names and modules, or pairs of them.

        Raises:
            TypeError: Neither a mapping nor iterable, or an element is not.
            ValueError: An element is not a pair.
        """
        for key, module in pairs("ModuleDict", "ModuleDict", modules):
            self[key] = module


def pairs(kind: str, caller: str, source: Any, ordered: bool = True) -> Iterator[tuple[str, Any]]:
    """The pairs of name and member in the argument of an ``update``, checked one by one.

    Args:
        kind: The container's name in messages about elements.
        caller: The same in the message about the whole, where PyTorch spells it otherwise.
        source: The argument.
        ordered: Keep the order of plain mappings; else sort them by name.
    """
    if not isinstance(source, Iterable):
        raise TypeError(
            f"{caller}.update should be called with an iterable of key/value pairs, but got " + type(source).__name__
        )
    if isinstance(source, Mapping) and not (ordered or isinstance(source, OrderedDict)):
        yield from sorted(source.items())
    elif isinstance(source, (Mapping, Module)):
        yield from source.items()
    else:
        for i, pair in enumerate(source):
            if not isinstance(pair, Iterable):
                raise TypeError(f"{kind} update sequence element #{i} should be Iterable; is{type(pair).__name__}")
            if len(pair) != 2:  # type: ignore[arg-type]  # as PyTorch: what has no len raises here
                raise ValueError(
                    f"{kind} update sequence element #{i} has length {len(pair)}; 2 is required"  # type: ignore[arg-type]  # as above
                )
            yield pair[0], pair[1]  # type: ignore[index]  # as above
