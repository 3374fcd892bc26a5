"""Ops of a fixed number of arrays with options (where, linear, losses): the general form made faster.

What the rules save is worked out once for every set of inputs that need gradients. An op may have
residuals: outputs after the first that only its rules see.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from plugrad.core import dispatch, faults
from plugrad.core.dtypes import bfloat16
from plugrad.core.errors import INFERENCE_SAVED, with_hint
from plugrad.core.levels import together
from plugrad.core.modes import mode
from plugrad.core.node import Edge
from plugrad.core.promote import common_device, wrong_type
from plugrad.core.value import Value

if TYPE_CHECKING:
    from plugrad.core.op import Op

# Residuals get gradients in double backward alone; None stands for those that got none.
_RESIDUALS = ((None, None, False),) * 4


def applies(op: Op) -> bool:
    """Whether an op has this form."""
    return op.variadic is None and not op.view and len(op.inputs) > 1 and not dispatch.is_elementwise(op)


def function(op: Op, whole: bool = False) -> Any:
    """The plain function of such an op; ``whole``: one that returns a tuple with the residuals."""
    name = op.name
    inputs = op.inputs
    count = len(inputs)
    promotes = op.promote != "none"
    # Which inputs take part in promotion.
    takes_part = tuple([promotes and n not in op.exempt for n in inputs])
    choosy = op.promote == "float" or op.refuse is not None
    recipes: dict[int, _Recipe] = {}
    widens = dispatch.widens_halves(op)

    def fixed(*args: Any, **options: Any) -> Any:
        if len(args) != count:
            args = dispatch.bound(op, args, options)
        device: Any = None
        dtype = None
        plain = True
        # The category that a number asks for: a float wants a floating dtype, an int an integer one at least.
        wanted = 0
        raws = []
        mask = 0
        bit = 1
        for x, takes in zip(args, takes_part, strict=True):
            if isinstance(x, Value):
                if device is None:
                    device = x.device
                elif x.device is not device:
                    plain = False
                if takes:
                    if dtype is None:
                        dtype = x.dtype
                    elif x.dtype is not dtype:
                        plain = False
                if x.tracked:
                    mask |= bit
                raws.append(x.raw)
            else:
                if takes and x is not None:
                    if x.__class__ is float:
                        wanted = 2
                    elif x.__class__ is int:
                        wanted = wanted or 1
                    else:
                        plain = False
                raws.append(x)
            bit += bit
        if dtype is None:
            plain = plain and not wanted
        elif wanted > dtype.category:
            plain = False
        if not plain or device is None or (choosy and not (dtype is not None and dtype.is_floating_point)):
            args, raws, device = _prepared(op, args)
            dtype = next((x.dtype for x in reversed(args) if isinstance(x, Value)), None)
        if dtype is bfloat16 and widens:
            return dispatch.widened(fixed, args, options)
        record = mask and mode() > 0 and not op.constant
        if record and op.composite:
            return op.definition(device.ops, *args, **options)
        try:
            y = getattr(device.xp, name)(
                *raws, **(dispatch.raw_options(options, device) if op.takes_dtype else options)
            )
        except Warning as warning:
            y = dispatch.again(warning, op, device, tuple(raws), options)
        except Exception as error:
            faults.note(error, name, device)
            if promotes:
                raise dispatch.explained(error, tuple(raws)) from error
            raise
        several = y.__class__ is tuple or y.__class__ is list
        ys = y if several else (y,)
        if several and not op.residuals:
            return dispatch.wrap_several(op, args, args, tuple(raws), ys, options, device, bool(record))
        y = ys[0]
        out = dispatch.Tensor(y, device, device.backend.dtype_of(y))
        if record and out.dtype.is_inexact:
            recipe = recipes.get(mask)
            if recipe is None:
                recipe = recipes[mask] = _Recipe(op, mask)
            _record(op, args, raws, ys, out, options, device, recipe)
        return (out, *_residuals(out, ys, device)) if whole else out

    return fixed


def _residuals(out: Any, ys: Any, device: Any) -> list[Any]:
    """The outputs after the first as Tensors of the same node."""
    found = []
    for i in range(1, len(ys)):
        residual = dispatch.Tensor(ys[i], device, device.backend.dtype_of(ys[i]))
        if out.edge is not None and residual.dtype.is_inexact:
            residual.tracked = True
            residual.edge = (out.edge[0], i)
        found.append(residual)
    return found


def _prepared(op: Op, args: tuple[Any, ...]) -> tuple[tuple[Any, ...], list[Any], Any]:
    """The arguments on one device and promoted, and their raw arrays; or PyTorch's error."""
    values = [x for x in args if isinstance(x, Value)]
    if not values:
        raise wrong_type(op.called, op.inputs[0], 1, args[0])
    device = common_device(op.name, values)
    if device.depth:
        args = tuple(together(args))
        values = [x for x in args if isinstance(x, Value)]
    if op.promote != "none":
        args = dispatch.promoted_inputs(op, args)
    elif op.refuse is not None and not values[0].dtype.is_floating_point:
        op.refuse(values[0].dtype, args)
    return args, [x.raw if isinstance(x, Value) else x for x in args], device


class _Recipe:
    """What a node saves where the inputs in ``mask`` need a gradient.

    Everything that could be saved is put in a row, and ``pick`` takes from it.
    """

    __slots__ = ("options", "outputs", "pick", "shaped", "tracked", "typed", "versioned")

    def __init__(self, op: Op, mask: int) -> None:
        count = len(op.inputs)
        #: The inputs that need a gradient.
        self.tracked = [i for i in range(count) if mask >> i & 1]
        for i in self.tracked:
            if op.inputs[i] in op.fixed:
                _refuse_gradient(op, op.inputs[i])
        kept = [what for what, keep in zip(op.saves, op.keep(mask), strict=True) if keep]
        #: Which inputs, outputs, options (with their defaults), shapes and dtypes are in the row.
        self.outputs = 1 + op.residuals
        defaults = op.definition.__kwdefaults__ or {}
        self.options = [(name, defaults.get(name)) for name in op.options if name in kept]
        self.shaped = [i for i, name in enumerate(op.inputs) if name + "_shape" in kept]
        self.typed = [i for i, name in enumerate(op.inputs) if name + "_dtype" in kept]
        row = [*op.inputs, *(f"y{i}" for i in range(self.outputs)), "", "needs"]
        row += [name for name, _ in self.options]
        row += [op.inputs[i] + "_shape" for i in self.shaped] + [op.inputs[i] + "_dtype" for i in self.typed]
        places = [row.index("y0" if what == "y" else what) if what in kept else row.index("") for what in op.saves]
        #: Takes what is saved from the row.
        self.pick = _picker(places)
        #: (place in the row, place among what is saved) of inputs and of the first output: they can be changed.
        self.versioned = [(i, k) for k, i in enumerate(places) if i <= count]


def _picker(places: list[int]) -> Callable[[list[Any]], tuple[Any, ...]]:
    if len(places) > 1:
        return itemgetter(*places)
    if places:
        (place,) = places
        return lambda row: (row[place],)
    return lambda row: ()


def _refuse_gradient(op: Op, name: str) -> None:
    text = (
        f"The function '{op.called}' is not differentiable with respect to argument '{name}'. "
        "This input cannot have requires_grad True."
    )
    raise RuntimeError(with_hint(text, f"pass {name}.detach()."))


def _record(
    op: Op,
    args: tuple[Any, ...],
    raws: list[Any],
    ys: Any,
    out: Any,
    options: dict[str, Any],
    device: Any,
    recipe: _Recipe,
) -> None:
    """Record a node whose visible output is ``out``."""
    edges: list[Edge] = [None] * len(args)
    shapes: list[Any] = [None] * len(args)
    for i in recipe.tracked:
        x = args[i]
        edges[i] = x.edge or (x, None)
        shapes[i] = raws[i].shape
    row = [*raws, *ys, None, tuple([e is not None for e in edges])]
    if recipe.options:
        row += [options.get(name, default) for name, default in recipe.options]
    if recipe.shaped:
        row += [tuple(raws[i].shape) for i in recipe.shaped]
    if recipe.typed:
        row += [raws[i].dtype for i in recipe.typed]
    versions: tuple[Any, ...] = ()
    for i, k in recipe.versioned:
        x = out if i == len(args) else args[i]
        if isinstance(x, Value):
            version = x.version
            if version is None:
                raise RuntimeError(INFERENCE_SAVED)
            versions += (version, version[0], k)
    node_class = op.node_class
    if op.number_second is not node_class and not any([isinstance(x, Value) for x in args[1:]]):
        node_class = op.number_second
    node = node_class(tuple(edges), recipe.pick(row), versions, tuple(shapes), device)
    if len(ys) > 1:
        node.outputs = ((tuple(out.raw.shape), out.dtype, True), *_RESIDUALS[: len(ys) - 1])
    out.tracked = True
    out.edge = (node, 0)
