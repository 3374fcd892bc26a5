"""Ops of a fixed number of arrays with options (where, linear, losses): the general form made faster.

What the rules save is worked out once for every set of inputs that need gradients. An op may have
residuals: outputs after the first that only its rules see.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plugrad.core import dispatch
from plugrad.core.errors import INFERENCE_SAVED, with_hint
from plugrad.core.modes import mode
from plugrad.core.node import Edge
from plugrad.core.promote import common_device, wrong_type
from plugrad.core.value import Value

if TYPE_CHECKING:
    from plugrad.core.op import Op

#: What to save: a step is one of these and the number or name of what is meant.
_NOTHING, _INPUT, _OPTION, _SHAPE, _OUTPUT, _DTYPE, _NEEDS = range(7)

# Residuals get gradients in double backward alone; None stands for those that got none.
_RESIDUALS = ((None, None, False),) * 4

_Recipe = tuple[tuple[int, Any], ...]


def applies(op: Op) -> bool:
    """Whether an op has this form."""
    return op.variadic is None and not op.view and len(op.inputs) > 1 and not dispatch.is_elementwise(op)


def function(op: Op) -> Any:
    """The plain function of such an op."""
    name = op.name
    inputs = op.inputs
    count = len(inputs)
    promotes = op.promote != "none"
    # Which inputs take part in promotion.
    takes_part = tuple([promotes and n not in op.exempt for n in inputs])
    choosy = op.promote == "float" or op.refuse is not None
    recipes: dict[int, _Recipe] = {}

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
        if not plain or device is None or (choosy and not (dtype is not None and dtype.is_inexact)):
            args, raws, device = _prepared(op, args)
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
            if promotes:
                raise dispatch.explained(error, tuple(raws)) from error
            raise
        ys = y if y.__class__ is tuple or y.__class__ is list else (y,)
        if len(ys) > 1 and not op.residuals:
            return dispatch.wrap_several(op, args, args, tuple(raws), ys, options, device, bool(record))
        y = ys[0]
        out = dispatch.Tensor(y, device, device.backend.dtype_of(y))
        if record and out.dtype.is_inexact:
            recipe = recipes.get(mask)
            if recipe is None:
                recipe = recipes[mask] = _recipe(op, mask)
            _record(op, args, raws, ys, out, options, device, recipe)
        return out

    return fixed


def _prepared(op: Op, args: tuple[Any, ...]) -> tuple[tuple[Any, ...], list[Any], Any]:
    """The arguments on one device and promoted, and their raw arrays; or PyTorch's error."""
    values = [x for x in args if isinstance(x, Value)]
    if not values:
        raise wrong_type(op.called, op.inputs[0], 1, args[0])
    device = common_device(op.name, values)
    if op.promote != "none":
        args = dispatch.promoted_inputs(op, args)
    elif op.refuse is not None and not values[0].dtype.is_inexact:
        op.refuse(values[0].dtype, args)
    return args, [x.raw if isinstance(x, Value) else x for x in args], device


def _recipe(op: Op, mask: int) -> _Recipe:
    """What to save where the inputs in ``mask`` need a gradient."""
    steps: list[tuple[int, Any]] = []
    for i, name in enumerate(op.inputs):
        if mask >> i & 1 and name in op.fixed:
            text = (
                f"The function '{op.called}' is not differentiable with respect to argument '{name}'. "
                "This input cannot have requires_grad True."
            )
            raise RuntimeError(with_hint(text, f"pass {name}.detach()."))
    for what, kept in zip(op.saves, op.keep(mask), strict=True):
        if not kept:
            steps.append((_NOTHING, None))
        elif what in op.places:
            steps.append((_INPUT, op.places[what]))
        elif what == "y" or (what[0] == "y" and what[1:].isdigit()):
            steps.append((_OUTPUT, int(what[1:] or 0)))
        elif what == "needs":
            steps.append((_NEEDS, None))
        elif what.endswith("_shape"):
            steps.append((_SHAPE, op.places[what[:-6]]))
        elif what.endswith("_dtype"):
            steps.append((_DTYPE, op.places[what[:-6]]))
        else:
            steps.append((_OPTION, what))
    return tuple(steps)


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
    edges: list[Edge] = []
    shapes: list[Any] = []
    for x, a in zip(args, raws, strict=True):
        if isinstance(x, Value) and x.tracked:
            edges.append(x.edge or (x, None))
            shapes.append(a.shape)
        else:
            edges.append(None)
            shapes.append(None)
    defaults = op.definition.__kwdefaults__ or {}
    saved: list[Any] = []
    versions: tuple[Any, ...] = ()
    for step, which in recipe:
        if step == _INPUT:
            x = args[which]
            if isinstance(x, Value):
                version = x.version
                if version is None:
                    raise RuntimeError(INFERENCE_SAVED)
                versions += (version, version[0], len(saved))
            saved.append(raws[which])
        elif step == _NOTHING:
            saved.append(None)
        elif step == _OPTION:
            saved.append(options[which] if which in options else defaults[which])
        elif step == _SHAPE:
            saved.append(tuple(raws[which].shape))
        elif step == _OUTPUT:
            if which == 0:
                versions += (out.version, out.version[0], len(saved))
            saved.append(ys[which])
        elif step == _DTYPE:
            saved.append(raws[which].dtype)
        else:
            saved.append(tuple([e is not None for e in edges]))
    node_class = op.node_class
    if op.number_second is not node_class and not any([isinstance(x, Value) for x in args[1:]]):
        node_class = op.number_second
    node = node_class(tuple(edges), tuple(saved), versions, tuple(shapes), device)
    if len(ys) > 1:
        node.outputs = ((tuple(out.raw.shape), out.dtype, True), *_RESIDUALS[: len(ys) - 1])
    out.tracked = True
    out.edge = (node, 0)
