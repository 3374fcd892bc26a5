"""One function on two backends, op by op: which op is the first that departs."""

from __future__ import annotations

import base64
import copy
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

from plugrad.core import autograd, random, registry
from plugrad.core.device import device as Device
from plugrad.core.dtypes import NAMES
from plugrad.core.namespace import FUNCTIONS
from plugrad.core.op import OPS
from plugrad.core.tensor import Tensor
from plugrad.testing.recording import Call, Held, Recorder, given, held

# As torch.testing.assert_close has them, by the number of bytes of a real number.
_TOLERANCES: Final = {8: (1e-7, 1e-7), 4: (1.3e-6, 1e-5), 2: (1.6e-2, 1e-3)}


class BackendReport:
    """What ``compare_backends`` found.

    Attributes:
        ok: Whether nothing departs.
        devices: The two devices as strings.
        compared: How many op calls were compared, in forward and in backward.
        kind: "forward" where an op's result departs, "gradient" where its derivative does, "whole" where only the
            function's results or gradients do; "" where nothing does.
        op: The first op that departs, or None.
        within: Of a derivative that departs, the op in its rule that does, where one does.
        inputs: The op's arguments, arrays as NumPy's.
        options: The op's options.
        grads: Where a derivative departs, the gradients of the op's results that came in.
        results: What the two backends gave: each a tuple of NumPy arrays, or the exception that was raised.
        snippet: A script that shows the difference by itself.
    """

    def __init__(self, devices: tuple[str, str], compared: int) -> None:
        self.devices = devices
        self.compared = compared
        self.kind = ""
        self.op: str | None = None
        self.within: str | None = None
        self.inputs: tuple[Any, ...] = ()
        self.options: dict[str, Any] = {}
        self.grads: tuple[Any, ...] | None = None
        self.results: tuple[Any, Any] = ((), ())
        self.snippet = ""

    @property
    def ok(self) -> bool:
        return not self.kind

    def __repr__(self) -> str:
        a, b = self.devices
        if self.ok:
            return f"<BackendReport: {a} and {b} agree in {self.compared} op calls>"
        what = {
            "forward": f"the result of {self.op}() departs",
            "gradient": f"the gradient of {self.op}() departs",
            "whole": "the function's results depart, though no op does: rounding adds up, or it takes another way",
        }[self.kind]
        inside = f", in {self.within}() of its rule" if self.within else ""
        shown = [f"{name}: {_shown(found)}" for name, found in zip(self.devices, self.results, strict=True)]
        return "\n".join([f"<BackendReport: {what}{inside}, after {self.compared} op calls that agree", *shown, ">"])


def _shown(result: Any) -> str:
    return repr(result) if isinstance(result, Exception) else ", ".join([repr(r) for r in result])


def compare_backends(
    fn: Callable[..., Any],
    inputs: Sequence[Any],
    a: str,
    b: str,
    rtol: float | None = None,
    atol: float | None = None,
) -> BackendReport:
    """Run a function on two backends op by op, and name the first op whose result, or else whose gradient, departs.

    The function runs on device ``a``. Each op that it calls is then computed on ``b`` from the very same values, so
    that rounding does not add up and a difference is the op's own. Where all results agree, gradients are compared
    likewise, in the order of backward. Last, the function runs on ``b`` as a whole.

    Args:
        fn: A function of tensors that returns a tensor or several, or a module, whose parameters are then copied to
            both devices.
        inputs: Its arguments: NumPy's arrays, which require a gradient where they are of floating point, and tensors,
            which do if they did; others are passed on.
        a: The device whose results are right: ``"cpu"``.
        b: The device in question.
        rtol: Relative tolerance. By default as the dtype: 1.3e-6 in float32, 1e-7 in float64.
        atol: Absolute tolerance; by default 1e-5 in float32, 1e-7 in float64.

    Returns:
        A report; ``report.ok`` says whether everything agrees. It raises nothing where something does not.

    Example::

        >>> import numpy, plugrad
        >>> from plugrad.testing import compare_backends
        >>> compare_backends(lambda x: x.tanh().sum(), [numpy.ones(3)], "cpu", "cpu")
        <BackendReport: cpu and cpu agree in 4 op calls>
    """
    here, there = registry.resolve(a), registry.resolve(b)
    report = BackendReport((str(here), str(there)), 0)
    tolerances = rtol, atol
    recorder, whole = _run(fn, inputs, here)
    count = recorder.forward
    for call in recorder.calls[:count]:
        found = _replayed(call, there)
        if not _alike(call.results, found, tolerances):
            return _filled(report, "forward", call, (call.results, found))
        report.compared += 1
    for call in recorder.walked:
        inner = Recorder(here)
        expected, found = _gradients(call, here, inner), _gradients(call, there)
        if not _alike(expected, found, tolerances):
            for step in inner.calls:
                if not _alike(step.results, _replayed(step, there), tolerances):
                    report.within = step.op
                    break
            return _filled(report, "gradient", call, (expected, found))
        report.compared += 1
    try:
        other: Any = _run(fn, inputs, there)[1]
    except Exception as error:
        other = error
    # Rounding adds up over many ops.
    wide = [None if t is None else 100 * t for t in tolerances]
    if not _alike(whole, other, tuple(wide), 100):
        report.kind, report.results = "whole", (_arrays(whole), _arrays(other))
    return report


class _Whole(Recorder):
    """A recorder that knows where forward ended."""

    forward = 0


def _run(fn: Callable[..., Any], inputs: Sequence[Any], where: Device) -> tuple[_Whole, tuple[Any, ...]]:
    """Run a function and its backward on a device: all calls, and its results and the gradients of its inputs."""
    function: Any = copy.deepcopy(fn).to(where) if hasattr(fn, "parameters") and hasattr(fn, "to") else fn
    tensors = [_tensor(x, where) for x in inputs]
    leaves = [x for x in tensors if isinstance(x, Tensor) and x.requires_grad]
    leaves += list(function.parameters()) if function is not fn else []
    state = random.get_rng_state()
    recorder = _Whole(where)
    try:
        random.manual_seed(0)
        with recorder:
            outputs = _tuple(function(*tensors))
            recorder.forward = len(recorder.calls)
            found = [y for y in outputs if isinstance(y, Tensor) and y.requires_grad]
            seeds = [_seed(y) for y in found]
            grads = autograd.grad(found, leaves, seeds, allow_unused=True) if found and leaves else ()
    finally:
        random.set_rng_state(state)
    values = [y for y in (*outputs, *grads) if isinstance(y, Tensor)]
    return recorder, tuple([held(y.detach().raw, where.backend) for y in values])


def _tensor(x: Any, where: Device) -> Any:
    if isinstance(x, Tensor):
        return x.detach().to(where).requires_grad_(x.requires_grad)
    if isinstance(x, np.ndarray):
        found = Tensor(given(Held(x, NAMES[x.dtype.name]), where), where, NAMES[x.dtype.name])
        return found.requires_grad_(found.dtype.is_inexact)
    return x


def _seed(y: Tensor) -> Tensor:
    """An incoming gradient of unlike numbers, the same on every device."""
    size = int(np.prod(tuple(y.shape), dtype=int))
    values = (0.5 + np.cos(np.arange(size))).reshape(tuple(y.shape)).astype("float32")
    return Tensor(given(Held(values, y.dtype), y.device), y.device, y.dtype)


def _tuple(y: Any) -> tuple[Any, ...]:
    return tuple(y) if isinstance(y, (tuple, list)) else (y,)


def _replayed(call: Call, where: Device) -> Any:
    """What an op gives on a device for the arguments of a call, or what it raises."""
    token = where.backend.silence()
    try:
        options = {k: given(v, where) for k, v in call.options.items()}
        y = _tuple(getattr(where.xp, call.op)(*given(call.args, where), **options))
        return tuple([held(r, where.backend) for r in (y[:1] if OPS[call.op].residuals else y)])
    except Exception as error:
        return error
    finally:
        where.backend.unsilence(token)


def _gradients(call: Call, where: Device, recorder: Recorder | None = None) -> Any:
    """The gradients of a call's arguments on a device, for the gradient that came in; or what is raised."""
    op = OPS[call.op]

    def tensor(value: Any, fixed: bool) -> Any:
        if isinstance(value, list | tuple) and not isinstance(value, Held):
            return [tensor(v, fixed) for v in value]
        if not isinstance(value, Held):
            return value
        made = Tensor(given(value, where), where, value.dtype)
        return made.requires_grad_() if value.dtype.is_inexact and not fixed else made

    try:
        args = [tensor(v, n in op.fixed) for v, n in zip(call.args, op.inputs, strict=False)]
        leaves = [x for arg in args for x in (arg if isinstance(arg, list) else [arg]) if isinstance(x, Tensor)]
        leaves = [x for x in leaves if x.requires_grad]
        outputs = _tuple(FUNCTIONS[call.op](*args, **call.options))
        pairs = [
            (y, Tensor(given(g, where), where, g.dtype))
            for y, g in zip(outputs, call.grads or (), strict=False)
            if g is not None and y.requires_grad
        ]
        if recorder is None:
            grads = autograd.grad([y for y, _ in pairs], leaves, [g for _, g in pairs], allow_unused=True)
        else:
            with recorder:
                grads = autograd.grad([y for y, _ in pairs], leaves, [g for _, g in pairs], allow_unused=True)
        return tuple([None if g is None else held(g.raw, where.backend) for g in grads])
    except Exception as error:
        return error


def _alike(expected: Any, found: Any, tolerances: tuple[Any, ...], factor: float = 1.0) -> bool:
    """Whether two results are alike: the same shapes and dtypes, and values within the tolerances."""
    if isinstance(expected, Exception) or isinstance(found, Exception):
        return type(expected) is type(found)
    if isinstance(expected, (tuple, list)) and not isinstance(expected, Held):
        return len(expected) == len(found) and all(
            [_alike(x, y, tolerances, factor) for x, y in zip(expected, found, strict=True)]
        )
    if not isinstance(expected, Held) or not isinstance(found, Held):
        return bool(expected == found)
    if expected.dtype is not found.dtype or expected.values.shape != found.values.shape:
        return False
    if not expected.dtype.is_inexact:
        return bool(np.array_equal(expected.values, found.values))
    digits = _TOLERANCES[expected.dtype.itemsize // (2 if expected.dtype.is_complex else 1)]
    rtol, atol = [factor * d if t is None else t for d, t in zip(digits, tolerances, strict=True)]
    scale = float(np.max(np.abs(expected.values[np.isfinite(expected.values)]), initial=1.0))
    return bool(np.allclose(found.values, expected.values, rtol=rtol, atol=atol * scale, equal_nan=True))


def _arrays(value: Any) -> Any:
    """Without dtypes of plugrad's: NumPy's arrays."""
    if isinstance(value, Held):
        return value.values
    return type(value)([_arrays(v) for v in value]) if type(value) in (tuple, list) else value


def _filled(report: BackendReport, kind: str, call: Call, results: tuple[Any, Any]) -> BackendReport:
    report.kind, report.op, report.options = kind, call.op, call.options
    report.inputs, report.results = _arrays(tuple(call.args)), (_arrays(results[0]), _arrays(results[1]))
    report.grads = _arrays(call.grads) if kind == "gradient" else None
    report.snippet = _snippet(report, call)
    return report


def _snippet(report: BackendReport, call: Call) -> str:
    """A script that calls the op alone on both devices."""
    lines = [
        "import base64", "", "import numpy as np", "", "import plugrad", "from plugrad.core.namespace import FUNCTIONS",
        "", "", "def array(text, dtype, shape):",
        "    return np.frombuffer(base64.b64decode(text), dtype=dtype).reshape(shape).copy()", "", "",
        f"inputs = {_literal(list(call.args))}", f"for device in {report.devices!r}:",
        "    def tensor(x, device=device):",
        "        if isinstance(x, list):", "            return [tensor(v) for v in x]",
        "        return plugrad.tensor(x, device=device) if isinstance(x, np.ndarray) else x", "",
        "    args = [tensor(x) for x in inputs]",
    ]  # fmt: skip
    options = ", ".join([f"{k}={v!r}" for k, v in call.options.items()])
    called = f"FUNCTIONS[{call.op!r}](*args{', ' + options if options else ''})"
    if report.kind == "forward":
        lines.append(f"    print(device, {called})")
        return "\n".join(lines) + "\n"
    fixed = [i for i, n in enumerate(OPS[call.op].inputs) if n in OPS[call.op].fixed]
    lines += [
        "    flat = [t for i, x in enumerate(args) for t in (x if isinstance(x, list) else [x])",
        f"            if isinstance(t, plugrad.Tensor) and t.dtype.is_inexact and i not in {fixed!r}]",
        "    leaves = [t.requires_grad_() for t in flat]",
        f"    y = {called}",
        f"    grads = {_literal(list(call.grads or ()))}",
        "    outputs = y if isinstance(y, (tuple, list)) else (y,)",
        "    pairs = [(y, tensor(g)) for y, g in zip(outputs, grads) if g is not None]",
        "    found = plugrad.autograd.grad([y for y, _ in pairs], leaves, [g for _, g in pairs], allow_unused=True)",
        "    print(device, found)",
    ]
    return "\n".join(lines) + "\n"


def _literal(value: Any) -> str:
    """Python's text for arguments: small arrays to be read, large ones as bytes."""
    if isinstance(value, Held):
        values = np.ascontiguousarray(value.values)
        if values.size <= 64 and np.all(np.isfinite(values)):
            return f"np.array({values.tolist()!r}, dtype={values.dtype.name!r}).reshape({value.values.shape!r})"
        text = base64.b64encode(values.tobytes()).decode()
        return f"array({text!r}, {values.dtype.name!r}, {value.values.shape!r})"
    if type(value) in (tuple, list):
        return f"[{', '.join([_literal(v) for v in value])}]"
    return repr(value)
