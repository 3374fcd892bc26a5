"""Recorders: for an op and those of its inputs that need a gradient, the function that makes its node.

What a node saves, where its edges lead and which in-place changes count follow from the op's rules, which are read at
import. To find it out at every call, name by name, took 1 to 5 us. So a recorder is straight code, written and
compiled when an op is first recorded with these inputs. Of the softmax it is

    def record(x0, a0, y0, out, options, device):
        edges = (x0.edge or (x0, None), )
        v0 = out.version
        if v0 is None: raise RuntimeError(INFERENCE_SAVED)
        versions = (v0, v0[0], 0, )
        kind = node_class
        node = kind(edges, (y0, options['axis'], ), versions, None, device)
        out.tracked = True
        out.edge = (node, 0)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from plugrad.core.errors import INFERENCE_SAVED, with_hint
from plugrad.core.value import Value

if TYPE_CHECKING:
    from plugrad.core.op import Op

#: From one array to one: record(x, raw, raw output, output, options, device).
ONE: Final = 0
#: From several arrays to one, perhaps with residuals: record(arrays, raws, raw outputs, output, options, device). A
#: sequence of arrays stands in its place in a tuple.
MANY: Final = 1
#: To several outputs: the same with a tuple of outputs.
SEVERAL: Final = 2

# Residuals get gradients in double backward alone; None stands for those that got none.
_RESIDUALS = ((None, None, False),) * 4


def recorder(op: Op, mask: int, form: int) -> Callable[..., None]:
    """The recorder of an op whose inputs in a bit mask need a gradient, in one of the three forms."""
    found = op.recorders.get((mask, form))
    if found is None:
        found = op.recorders[mask, form] = _compiled(op, mask, form)
    return found


def _compiled(op: Op, mask: int, form: int) -> Callable[..., None]:
    lines, known = _Writer(op, mask, form).written()
    exec(compile("\n    ".join(lines), f"<recorder of {op.name}>", "exec"), known)
    made: Callable[..., None] = known["record"]
    return made


class _Writer:
    """Writes a recorder's code.

    Attributes:
        code: Its lines.
        known: The objects that it names.
    """

    def __init__(self, op: Op, mask: int, form: int) -> None:
        self.op = op
        self.form = form
        self.tracked = [bool(mask >> i & 1) for i in range(len(op.inputs))]
        self.known: dict[str, Any] = {
            "Value": Value, "INFERENCE_SAVED": INFERENCE_SAVED, "node_class": op.node_class,
            "defaults": op.definition.__kwdefaults__ or {}, "residuals": _RESIDUALS[: op.residuals],
        }  # fmt: skip
        self.code: list[str] = []
        self.versions: list[str] = []
        self.begun = False
        for name, tracked in zip(op.inputs, self.tracked, strict=True):
            if tracked and name in op.fixed:
                _refuse_gradient(op, name)

    def written(self) -> tuple[list[str], dict[str, Any]]:
        """The lines, and what they name."""
        op, form, code = self.op, self.form, self.code
        inputs = range(len(op.inputs))
        if form == ONE:
            code.append("def record(x0, a0, y0, out, options, device):")
        else:
            code.append("def record(args, raws, ys, out, options, device):")
            code.append(f"{''.join([f'x{i}, ' for i in inputs])}= args")
            code.append(f"{''.join([f'a{i}, ' for i in inputs])}= raws")
        kept = op.keep(sum([1 << i for i in inputs if self.tracked[i]]))
        # What is saved may name the edges.
        code.append(f"edges = ({''.join([self._edge(i) + ', ' for i in inputs])})")
        saved = [self._saved(k, what) if kept[k] else "None" for k, what in enumerate(op.saves)]
        self._flush()
        shapes = "None" if form == ONE else f"({''.join([self._shape(i) + ', ' for i in inputs])})"
        if op.number_second is not op.node_class and form == MANY:
            self.known["number_second"] = op.number_second
            second = " and ".join([f"not isinstance(x{i}, Value)" for i in inputs[1:]])
            code.append(f"kind = number_second if {second} else node_class")
        else:
            code.append("kind = node_class")
        code.append(f"node = kind(edges, ({''.join([s + ', ' for s in saved])}), versions, {shapes}, device)")
        if form == SEVERAL:
            code.append("if len(out) > 1:")
            code.append("    node.outputs = tuple([(tuple(o.raw.shape), o.dtype, o.dtype.is_inexact) for o in out])")
            code.append("for i, o in enumerate(out):")
            code.append("    if o.dtype.is_inexact:")
            code.append("        o.tracked = True")
            code.append("        o.edge = (node, i)")
        else:
            if op.residuals:
                code.append("node.outputs = ((tuple(out.raw.shape), out.dtype, True), *residuals)")
            code.append("out.tracked = True")
            code.append("out.edge = (node, 0)")
        return code, self.known

    def _edge(self, i: int) -> str:
        if i == self.op.variadic:
            return f"*[(x.edge or (x, None)) if isinstance(x, Value) and x.tracked else None for x in x{i}]"
        return f"x{i}.edge or (x{i}, None)" if self.tracked[i] else "None"

    def _shape(self, i: int) -> str:
        if i == self.op.variadic:
            return f"*[x.raw.shape if isinstance(x, Value) and x.tracked else None for x in x{i}]"
        return f"a{i}.shape" if self.tracked[i] else "None"

    def _saved(self, k: int, what: str) -> str:
        """The expression of one thing that is saved; the lines that note its versions are written."""
        op = self.op
        if what in op.places:
            i = op.places[what]
            if i == op.variadic:
                self._note_each(f"x{i}", k)
            else:
                self._note(f"x{i}", f"v{k}", k, sure=self.tracked[i])
            return f"a{i}"
        if what[0] == "y" and (what == "y" or what[1:].isdigit()):
            return self._output(k, what)
        if what == "needs":
            return "tuple([e is not None for e in edges])" if op.variadic is not None else str(tuple(self.tracked))
        if what.endswith("_shape"):
            i = op.places[what[:-6]]
            if i == op.variadic:
                return f"[tuple(a.shape) for a in a{i}]"
            return f"a{i}.shape" if self.form == ONE else f"tuple(a{i}.shape)"
        if what.endswith("_dtype"):
            return f"a{op.places[what[:-6]]}.dtype"
        if what in (op.definition.__kwdefaults__ or {}):
            return f"options[{what!r}] if {what!r} in options else defaults[{what!r}]"
        return f"options[{what!r}]"

    def _output(self, k: int, what: str) -> str:
        i = int(what[1:] or 0)
        if self.form == SEVERAL:
            if what != "y":
                self._note(f"out[{i}]", f"v{k}", k)
                return f"ys[{i}]"
            self._note_each("out", k)
            return "(ys if len(ys) > 1 else ys[0])"
        if i == 0:
            self._note("out", f"v{k}", k)
        return "y0" if self.form == ONE else f"ys[{i}]"

    def _note(self, x: str, v: str, k: int, sure: bool = True) -> None:
        """Note the version of a tensor; what is not surely one may be a number."""
        if not sure:
            self._flush()
            self.code.append(f"if isinstance({x}, Value):")
        indent = "" if sure else "    "
        self.code.append(f"{indent}{v} = {x}.version")
        self.code.append(f"{indent}if {v} is None: raise RuntimeError(INFERENCE_SAVED)")
        if sure:
            self.versions.append(f"{v}, {v}[0], {k}, ")
        else:
            self.code.append(f"    versions += ({v}, {v}[0], {k})")

    def _note_each(self, xs: str, k: int) -> None:
        self._flush()
        self.code.append(f"for x in {xs}:")
        self.code.append("    if isinstance(x, Value):")
        self.code.append("        if x.version is None: raise RuntimeError(INFERENCE_SAVED)")
        self.code.append(f"        versions += (x.version, x.version[0], {k})")

    def _flush(self) -> None:
        """Write down the versions noted so far."""
        if self.versions or not self.begun:
            self.code.append(f"versions {'+=' if self.begun else '='} ({''.join(self.versions)})")
            self.begun = True
            self.versions = []


def _refuse_gradient(op: Op, name: str) -> None:
    text = (
        f"The function '{op.called}' is not differentiable with respect to argument '{name}'. "
        "This input cannot have requires_grad True."
    )
    raise RuntimeError(with_hint(text, f"pass {name}.detach()."))
