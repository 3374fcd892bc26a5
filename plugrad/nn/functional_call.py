"""Calling a module with other parameters and buffers than its own: what function transforms differentiate by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from plugrad.core import ops
from plugrad.core.errors import with_hint

if TYPE_CHECKING:
    from plugrad.core.tensor import Tensor
    from plugrad.nn.module import Module

# The definitions of ops are written in an untyped language.
_ops: Any = ops


def functional_call(
    module: Module,
    parameter_and_buffer_dicts: Mapping[str, Tensor] | Sequence[Mapping[str, Tensor]],
    args: Any = None,
    kwargs: Mapping[str, Any] | None = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> Any:
    """Call a module with the tensors that are given, by name, in place of its parameters and buffers.

    Args:
        module: The module; it is as before afterwards.
        parameter_and_buffer_dicts: The tensors by their names in ``module.state_dict()``, or a sequence of such
            dictionaries.
        args: The arguments of the call: a tuple, or a single one.
        kwargs: Its keyword arguments.
        tie_weights: Whether a tensor that stands under several names is replaced under all of them.
        strict: Whether all names must be given, and no others.

    Returns:
        What the module returns.

    Raises:
        RuntimeError: with ``strict``, if a name is missing or unknown.
        ValueError: if a name is given twice, or tied names get different tensors.
        TypeError: if what is given is no tensor.

    Example::

        >>> import plugrad
        >>> from plugrad.func import functional_call, grad
        >>> net = plugrad.nn.Linear(2, 1, bias=False)
        >>> x = plugrad.tensor([[1.0, 2.0]])
        >>> grad(lambda w: functional_call(net, {"weight": w}, (x,)).sum())(plugrad.zeros(1, 2))
        tensor([[1., 2.]])
    """
    given = _merged(parameter_and_buffer_dicts)
    owners = _owners(module)
    if tie_weights:
        given = _tied(given, owners)
    _check(module, given, owners, strict)
    arguments = () if args is None else args if isinstance(args, tuple) else (args,)
    with _replaced(owners, given):
        return module(*arguments, **(kwargs or {}))


def _merged(dicts: Any) -> dict[str, Any]:
    if isinstance(dicts, Mapping):
        return dict(dicts)
    if not isinstance(dicts, (list, tuple)):
        raise ValueError(
            f"Expected parameter_and_buffer_dicts to be a dict, or a list/tuple of dicts, but got {type(dicts)}"
        )
    if not all([isinstance(d, Mapping) for d in dicts]):
        raise ValueError("Expected all elements of parameter_and_buffer_dicts to be dictionaries")
    merged: dict[str, Any] = {}
    for d in dicts:
        for name, tensor in d.items():
            if name in merged:
                raise ValueError(f"{name} appears in multiple dictionaries; behavior of functional call is ambiguous")
            merged[name] = tensor
    return merged


def _owners(module: Module) -> dict[str, tuple[dict[str, Any], str]]:
    """For every parameter and buffer: the dictionary that holds it, and its key there."""
    found: dict[str, tuple[dict[str, Any], str]] = {}
    for prefix, part in module.named_modules(remove_duplicate=False):
        for holder in (part._parameters, part._buffers):
            for name, tensor in holder.items():
                if tensor is not None:
                    found[f"{prefix}.{name}" if prefix else name] = (holder, name)
    return found


def _tied(given: dict[str, Any], owners: dict[str, tuple[dict[str, Any], str]]) -> dict[str, Any]:
    """``given`` with all names of the tensors that it names."""
    names: dict[int, list[str]] = {}
    for name, (holder, key) in owners.items():
        names.setdefault(id(holder[key]), []).append(name)
    result = dict(given)
    for same in names.values():
        chosen = [n for n in same if n in given]
        if len(chosen) > 1 and len({id(given[n]) for n in chosen}) > 1:
            raise ValueError(
                with_hint(
                    f"functional_call got multiple values for keys {sorted(same)}, which are tied. Consider using "
                    "tie_weights=False",
                    "give one of them.",
                )
            )
        if chosen:
            result.update(dict.fromkeys(same, given[chosen[0]]))
    return result


def _check(module: Module, given: dict[str, Any], owners: dict[str, Any], strict: bool) -> None:
    for name, tensor in given.items():
        if not hasattr(tensor, "raw"):
            raise TypeError(f"{tensor!r} is not an instance of plugrad.Tensor\nHint: it was given for '{name}'.")
    if not strict:
        return
    problems = []
    unexpected, missing = sorted(set(given) - set(owners)), sorted(set(owners) - set(given))
    if unexpected:
        problems.append(f"Unexpected key(s): {', '.join(map(repr, unexpected))}.")
    if missing:
        problems.append(f"Missing key(s): {', '.join(map(repr, missing))}.")
    if problems:
        raise RuntimeError(
            "Error(s) in reparametrizing for {}:\n\t{}".format(module._get_name(), "\n\t".join(problems))
        )


@contextmanager
def _replaced(owners: dict[str, tuple[dict[str, Any], str]], given: dict[str, Any]) -> Iterator[None]:
    before = []
    try:
        for name, tensor in given.items():
            if name in owners:
                holder, key = owners[name]
                before.append((holder, key, holder[key]))
                holder[key] = tensor
        yield
    finally:
        for holder, key, tensor in reversed(before):
            holder[key] = tensor


def stack_module_state(models: Sequence[Module]) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Stack the parameters and the buffers of modules of one kind, so that ``vmap`` can run all of them at once.

    Args:
        models: Modules of the same class, in the same mode.

    Returns:
        ``(parameters, buffers)``, dictionaries by name.

    Shape:
        ``(len(models), *shape)`` for each.

    Raises:
        RuntimeError: if there are none, or they differ in class or mode.

    Example::

        >>> import plugrad
        >>> nets = [plugrad.nn.Linear(3, 2) for _ in range(4)]
        >>> parameters, buffers = plugrad.func.stack_module_state(nets)
        >>> parameters["weight"].shape
        plugrad.Size([4, 2, 3])
    """
    if not models:
        raise RuntimeError("stack_module_state: Expected at least one model, got 0.")
    if len({m.training for m in models}) > 1:
        raise RuntimeError("stack_module_state: Expected all models to have the same training/eval mode.")
    if len({type(m) for m in models}) > 1:
        raise RuntimeError("stack_module_state: Expected all models to be of the same class.")
    parameters = {name: _stacked([dict(m.named_parameters())[name] for m in models])
                  for name, _ in models[0].named_parameters()}  # fmt: skip
    buffers = {name: _stacked([dict(m.named_buffers())[name] for m in models])
               for name, _ in models[0].named_buffers()}  # fmt: skip
    return parameters, buffers


def _stacked(tensors: list[Any]) -> Any:
    """New leaves, as PyTorch's are: training the stack does not train the modules."""
    stack = _ops.stack([t.detach() for t in tensors], axis=0)
    return stack.requires_grad_(tensors[0].requires_grad) if tensors[0].requires_grad else stack
