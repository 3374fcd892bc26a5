"""``@op``: an op's definition, its derivative, and what tests need to know, in one block.

    @op(node="Mul")
    def multiply(xp, x1, x2):
        return xp.multiply(x1, x2)

    multiply.vjp(x1=lambda xp, g, x2: g * x2,
                 x2=lambda xp, g, x1: g * x1)

The decorated function becomes a plain function on Tensors. Signatures are read here, once, at import; a rule that
names something that does not exist fails here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from plugrad.core import dispatch, dispatch_fixed, faults, saving
from plugrad.core.namespace import DEFINITIONS, FUNCTIONS, WHOLE
from plugrad.core.node import Edge, Node
from plugrad.core.sources import GENERAL, INPUT, OUTPUT, PLAIN

#: Every op by its name. The test suite walks it, so that no op goes untested.
OPS: Final[dict[str, Op]] = {}

_Rule = Callable[..., Any]


class Op:
    """What is known of one op: the definition, the rules, what they save, and the facts for tests.

    Attributes:
        name: The op's name, also in every namespace.
        definition: The generic definition, a function of (xp, arrays..., options).
        inputs: Names of the array inputs, in order.
        options: Names of the keyword-only options.
        rules: Per input, the rule as a function of (xp, g, saved), or None.
        joint: One rule that returns the gradients of all inputs, or None.
        saves: What the rules name, in the order in which nodes save it.
        keep: For every set of inputs that need a gradient (a bit mask), which of ``saves`` it takes.
        facts: For tests: ``domain``, ``kinks``, ``samples`` ...
    """

    def __init__(self, definition: Callable[..., Any], name: str, node: str, settings: dict[str, Any]) -> None:
        code = definition.__code__
        self.definition = definition
        self.name = name
        self.inputs: tuple[str, ...] = code.co_varnames[1 : code.co_argcount]
        self.options: tuple[str, ...] = code.co_varnames[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]
        if {"g", "y", "needs"} & {*self.inputs, *self.options}:
            raise TypeError(f"op '{name}': inputs and options can't be named g, y or needs; rules use these names")
        self.places = {n: i for i, n in enumerate(self.inputs)}
        # A sequence of arrays (concat) is an input named `arrays`.
        self.variadic: int | None = self.places.get("arrays")
        self.required = len(self.inputs) - len(definition.__defaults__ or ())
        self.takes_dtype = "dtype" in self.options
        self.called: str = settings["called"] or name
        self.promote: str = settings["promote"]
        self.refuse: Callable[..., None] | None = settings["refuse"]
        self.rescue: Callable[..., Any] | None = settings["rescue"]
        self.exempt: frozenset[str] = frozenset(settings["exempt"])
        self.fixed: frozenset[str] = frozenset(settings["fixed"])
        self.residuals: int = settings["residuals"]
        self.result: str = settings["result"]
        self.view: bool = settings["view"]
        self.constant: bool = settings["constant"]
        self.undefined: bool = settings["undefined"]
        self.elementwise: bool | None = settings["elementwise"]
        self.linear: str = settings["linear"]
        self.batch: Any = settings["batch"]
        self.facts: dict[str, Any] = settings["facts"]
        self.rules: tuple[_Rule | None, ...] = (None,) * len(self.inputs)
        self.joint: _Rule | None = None
        self.composite = not (self.constant or self.undefined)
        self.saves: tuple[str, ...] = ()
        #: For each of ``saves``: what it is, and which input or output.
        self.sources: tuple[tuple[int, int], ...] = ()
        self._users: list[int] = []
        #: The functions that make its nodes; see recorders.py.
        self.recorders: dict[tuple[int, int], Any] = {}
        #: keep() of every mask, for the elementwise forms.
        self.keeps: list[tuple[bool, ...]] = []
        if self.elementwise is None:
            # Products of matrices and vectors have this form too; they take arrays of one dtype only.
            self.elementwise = dispatch.is_elementwise(self) and self.promote != "equal"
        self.node_class: type[OpNode] = self._node_class(node)
        # PyTorch has other names for some ops with a number as their first or second operand.
        self.number_first = self._node_class(settings["number_first"]) if settings["number_first"] else self.node_class
        self.number_second = (
            self._node_class(settings["number_second"]) if settings["number_second"] else self.node_class
        )

    def _node_class(self, node: str) -> type[OpNode]:
        name = node if node == "CopySlices" or node[-1].isdigit() else node + "Backward0"
        return type(name, (OpNode,), {"__slots__": (), "op": self, "__module__": "plugrad.autograd"})

    def vjp(self, **rules: _Rule | None) -> None:
        """Give the derivative: for each differentiable array input one rule, keyed by the input's name.

        A rule's parameters say what is saved: ``g`` the incoming gradient (a tuple where there are several outputs),
        ``y`` the output (``y0``, ``y1``: one of several), an input's name its value, ``<input>_shape`` only its
        shape, ``<input>_dtype`` its dtype, an option's name that option, ``needs`` which inputs need a gradient,
        ``xp`` the namespace.
        ``joint=`` gives one rule that returns a tuple of the gradients of all inputs.

        Raises:
            TypeError: if a rule is keyed by, or names, what the op does not have.
        """
        self.composite = False
        self.joint = rules.pop("joint", None)
        unknown = set(rules) - set(self.inputs)
        if unknown:
            raise TypeError(f"op '{self.name}' has no array input {sorted(unknown)}; it has {self.inputs}")
        # Elementwise ops save in a fixed order (inputs, output), so that the hot path needs no loop.
        elementwise = dispatch.is_elementwise(self)
        named: dict[str, int] = dict.fromkeys((*self.inputs, "y"), 0) if elementwise else {}
        pending: list[tuple[int, _Rule, tuple[str, ...]]] = []
        everything = (1 << len(self.inputs)) - 1
        for i, name in enumerate(self.inputs):
            rule = rules.get(name)
            if rule is not None:
                pending.append((i, rule, self._read(rule, named, 1 << i)))
        if self.joint is not None:
            pending.append((-1, self.joint, self._read(self.joint, named, everything)))
        self.saves = tuple(named)
        self.sources = tuple([self._source(name) for name in named])
        self._users = list(named.values())
        bound: list[_Rule | None] = [None] * len(self.inputs)
        for i, rule, names in pending:
            adapter = _bind(rule, tuple(self.saves.index(n) for n in names))
            if i < 0:
                self.joint = adapter
            else:
                bound[i] = adapter
        self.rules = tuple(bound)
        places = None
        if self.joint is None and self.variadic is None and None in bound:
            places = tuple([i for i, rule in enumerate(bound) if rule is not None])
        for node_class in {self.node_class, self.number_first, self.number_second}:
            node_class.pull = staticmethod(_puller(self))
            node_class.places = places
            saving.show_saved(self, node_class, self._users)
        if elementwise:
            self.keeps = [self.keep(mask) for mask in range(everything + 1)]
            assert len(self.saves) == len(self.inputs) + 1, f"op '{self.name}' is elementwise and saves {self.saves}"

    def _source(self, name: str) -> tuple[int, int]:
        """How ``saving`` finds what stands under a name of ``saves``."""
        if name in self.places:
            return (GENERAL, 0) if self.variadic is not None else (INPUT, self.places[name])
        if name == "y" or (name[0] == "y" and name[1:].isdigit()):
            return OUTPUT, int(name[1:] or 0)
        return (GENERAL, 0) if name.endswith("_dtype") else (PLAIN, 0)

    def _read(self, rule: _Rule, named: dict[str, int], mask: int) -> tuple[str, ...]:
        """The names a rule asks for after xp and g, noted in ``named`` with the inputs that they serve."""
        code = rule.__code__
        names = code.co_varnames[: code.co_argcount]
        if names[:2] != ("xp", "g"):
            raise TypeError(f"op '{self.name}': a rule's first parameters must be xp, g; got {names}")
        allowed = {"y", "needs", *self.inputs, *self.options, *(f"{n}_shape" for n in self.inputs)}
        allowed |= {f"{n}_dtype" for n in self.inputs}
        for name in names[2:]:
            if name not in allowed and not (name[0] == "y" and name[1:].isdigit()):
                raise TypeError(f"op '{self.name}': a rule names '{name}', which is no input, option or output")
            named[name] = named.get(name, 0) | mask
        return names[2:]

    def saves_input(self, i: int) -> bool:
        """Whether any rule needs the values of input ``i``."""
        return self.inputs[i] in self.saves and self._users[self.saves.index(self.inputs[i])] != 0

    def keep(self, mask: int) -> tuple[bool, ...]:
        """Which of ``saves`` are needed where the inputs in ``mask`` need a gradient."""
        return tuple([bool(users & mask) for users in self._users])


def _bind(rule: _Rule, picks: tuple[int, ...]) -> _Rule:
    """A rule as a function of (xp, g, saved). Closures by number: a star call costs twice as much."""
    if not picks:
        return lambda xp, g, saved: rule(xp, g)
    if len(picks) == 1:
        (i,) = picks
        return lambda xp, g, saved: rule(xp, g, saved[i])
    if len(picks) == 2:
        i, j = picks
        return lambda xp, g, saved: rule(xp, g, saved[i], saved[j])
    return lambda xp, g, saved: rule(xp, g, *[saved[k] for k in picks])


def _puller(op: Op) -> _Rule:
    """(edges, xp, g, saved) -> gradients, with None where an input needs none."""
    rules = op.rules
    joint = op.joint
    if op.variadic is not None:
        return _variadic_puller(op)
    if joint is not None:
        return lambda edges, xp, g, saved: joint(xp, g, saved)
    if len(rules) == 1 and rules[0] is not None:
        rule = rules[0]
        return lambda edges, xp, g, saved: (rule(xp, g, saved),)
    if len(rules) == 2 and rules[0] is not None and rules[1] is not None:
        rule1, rule2 = rules[0], rules[1]

        def pull(edges: tuple[Edge, ...], xp: Any, g: Any, saved: tuple[Any, ...]) -> tuple[Any, Any]:
            edge1, edge2 = edges
            return (
                None if edge1 is None else rule1(xp, g, saved),
                None if edge2 is None else rule2(xp, g, saved),
            )

        return pull
    return lambda edges, xp, g, saved: [
        None if edge is None or rule is None else rule(xp, g, saved) for edge, rule in zip(edges, rules, strict=True)
    ]


def _variadic_puller(op: Op) -> _Rule:
    """As _puller, where one input is a sequence: its rule returns a list, and the result is flat."""
    position = op.variadic
    joint = op.joint
    rules = op.rules

    def pull(edges: tuple[Edge, ...], xp: Any, g: Any, saved: tuple[Any, ...]) -> list[Any]:
        groups = dispatch.nested(op, edges)
        if joint is not None:
            grads = joint(xp, g, saved)
        else:
            grads = [
                None if rule is None or group is None else rule(xp, g, saved)
                for rule, group in zip(rules, groups, strict=True)
            ]
        flat: list[Any] = []
        for i, (grad, group) in enumerate(zip(grads, groups, strict=True)):
            if i != position:
                flat.append(grad)
            else:
                flat.extend([None] * len(group) if grad is None else grad)
        return flat

    return pull


def plain_function(op: Op) -> Any:
    """The function on Tensors of an op, in the form that its signature allows."""
    return dispatch_fixed.function(op) if dispatch_fixed.applies(op) else dispatch.function(op)


def _undefined(name: str) -> _Rule:
    def rule(xp: Any, g: Any) -> Any:
        raise RuntimeError(f"derivative for aten::{name} is not implemented")

    return rule


class OpNode(Node):
    """The node of a recorded op: runs the op's rules."""

    __slots__ = ()
    op: Op
    pull: Any

    def gradients(self, edges: tuple[Edge, ...], g: Any) -> Any:
        saved = self.saved
        versions = self.versions
        # check_saved(), spelled out for the usual one saved tensor: this is the hot loop.
        if versions and (versions[0][0] != versions[1] or len(versions) > 3):
            saved = self.check_saved()
        try:
            return self.pull(edges, self.device.xp, g, saved)
        except Exception as error:
            faults.note(error, self.op.name, self.device, gradient=True)
            raise

    def gradient_tensors(self, edges: tuple[Edge, ...], g: Any) -> Any:
        return self.pull(edges, self.device.ops, g, saving.saved_tensors(self, self.check_saved(unpack=False)))

    def unpack_saved(self) -> tuple[Any, ...]:
        return saving.unpacked(self)

    def refuse_modified(self, which: int) -> None:
        saving.refuse_modified(self, which)


_ONE_ARGUMENT = """    Args:
        input: A tensor.

    Shape:
        - Output: the input's.

"""
_TWO_ARGUMENTS = """    Args:
        input: A tensor or a number.
        other: A tensor or a number.

    Shape:
        - Output: what input and other broadcast to.

"""


def _documentation(op: Op) -> str | None:
    """The definition's docstring. Public elementwise ops, those with an example, have these sections in common."""
    doc: str | None = op.definition.__doc__
    if doc is None or not dispatch.is_elementwise(op):
        return doc
    sections = _ONE_ARGUMENT if len(op.inputs) == 1 else _TWO_ARGUMENTS
    return doc.replace("    Example::", sections + "    Example::", 1)


def op(
    *,
    node: str | None = None,
    number_first: str | None = None,
    number_second: str | None = None,
    called: str | None = None,
    promote: str = "same",
    refuse: Callable[..., None] | None = None,
    rescue: Callable[..., Any] | None = None,
    exempt: tuple[str, ...] = (),
    fixed: tuple[str, ...] = (),
    residuals: int = 0,
    result: str = "same",
    view: bool = False,
    constant: bool = False,
    undefined: bool = False,
    elementwise: bool | None = None,
    linear: str = "",
    generic: bool = True,
    batch: Callable[..., Any] | str | None = None,
    **facts: Any,
) -> Callable[[Callable[..., Any]], Any]:
    """Make an op of its generic definition.

    Args:
        node: PyTorch's name of the node; ``Backward0`` is added unless it ends in a digit. The capitalized op name by
            default.
        number_first: The same where the first operand is a number and PyTorch has another name for it.
        number_second: The same for the second operand.
        called: PyTorch's name of the op, for messages. The op's own by default.
        promote: ``"same"``: array inputs are cast to their common dtype. ``"float"``: and integers to the default
            floating dtype. ``"equal"``: they must have one dtype. ``"none"``: they stay as they are.
        refuse: A function of the dtype that the op is to compute in and of its operands, that raises PyTorch's error
            for what PyTorch does not have. Asked where that dtype is none of floating point, or operands differ.
        rescue: A second definition, for integers that a library's own function refuses.
        exempt: Array inputs that take no part in promotion, such as indices and masks.
        fixed: Array inputs that PyTorch does not differentiate: they must not require a gradient.
        residuals: How many outputs after the first are for the rules alone. They are not returned. In ``g`` their
            gradient is None, but in double backward.
        result: dtype of the result of elementwise ops: ``"same"`` as computed in, ``"bool"``, ``"real"`` or
            ``"complex"`` of the same precision.
        view: The result may share memory with the first input.
        constant: No gradient flows (comparisons, argmax); the result never requires one.
        undefined: PyTorch has no derivative: backward raises.
        elementwise: Each element of the result depends on one element of each input, broadcast together. Worked out
            for ops of one or two arrays without options; to be said for others. Such an op is batched by adding an
            axis, and its rule is its forward-mode derivative too.
        generic: Whether the definition computes the op. Where it does not, a backend must have a kernel.
        linear: For forward mode. ``"all"``: linear in all inputs with a rule together (sum, concat). ``"each"``: in
            each of them separately (matmul). Where neither is said, the derivative comes from the rule.
        batch: How vmap adds an axis in front. ``"axis"``: the option ``axis`` counts on. ``"stack"``: the op is of the
            last axes, and those before them, which broadcast, get one more. A function of (op's function, batched
            arrays, options): see core/transforms/batched.py. None: through the generic definition.
        facts: For the tests: ``domain``, ``kinks``, ``samples`` and others; plugrad.testing explains them.

    Returns:
        A decorator that returns a plain function on Tensors, with ``.vjp`` to give the derivative.
    """
    settings = {
        "number_first": number_first, "number_second": number_second,
        "called": called, "promote": promote, "refuse": refuse, "rescue": rescue, "exempt": exempt,
        "fixed": fixed, "residuals": residuals, "result": result, "view": view, "constant": constant,
        "undefined": undefined, "elementwise": elementwise, "linear": linear, "batch": batch, "facts": facts,
    }  # fmt: skip
    if linear not in ("", "all", "each"):
        raise TypeError(f"linear must be 'all' or 'each', not {linear!r}")

    def decorate(definition: Callable[..., Any]) -> Any:
        name = definition.__name__.rstrip("_")
        info = Op(definition, name, node or "".join(w.capitalize() for w in name.split("_")), settings)
        OPS[name] = info
        if generic:
            DEFINITIONS[name] = definition
        function = plain_function(info)
        function.__name__ = function.__qualname__ = name
        function.__doc__ = _documentation(info)
        function.__module__ = definition.__module__
        function.op = info
        function.vjp = info.vjp
        FUNCTIONS[name] = function
        if info.residuals:
            WHOLE[name] = dispatch_fixed.function(info, whole=True)
        if undefined:
            info.vjp(**dict.fromkeys(info.inputs, _undefined(name)))
        return function

    return decorate
