"""repr of Tensors, as PyTorch prints them.

The digits of all elements are chosen together: whole numbers end in a dot, other floats have four decimals,
and where the magnitudes differ too much all are in scientific notation. Of a large tensor only the edges are
shown, and only they are copied to the host.
"""

from __future__ import annotations

import math
from typing import Any

from plugrad.core import dtypes


class _Options:
    __slots__ = ("edgeitems", "linewidth", "precision", "sci_mode", "threshold")

    def __init__(self) -> None:
        self.precision = 4
        self.threshold: float = 1000
        self.edgeitems = 3
        self.linewidth = 80
        self.sci_mode: bool | None = None


_options = _Options()

# precision, threshold, edgeitems, linewidth
_PROFILES = {"default": (4, 1000, 3, 80), "short": (2, 1000, 2, 80), "full": (4, math.inf, 3, 80)}


def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """Set how tensors are printed. What is not given stays, except ``sci_mode``.

    Args:
        precision: Digits after the decimal point; 4 by default.
        threshold: Tensors of more elements are summarised; 1000 by default.
        edgeitems: Elements shown at each end of a summarised dimension; 3 by default.
        linewidth: Characters per line; 80 by default.
        profile: ``"default"``, ``"short"`` or ``"full"``: presets, applied first.
        sci_mode: Whether to use scientific notation. None: where magnitudes ask for it.

    Raises:
        ValueError: if there is no such profile.

    Example::

        >>> import plugrad
        >>> plugrad.set_printoptions(precision=2)
        >>> plugrad.tensor([1.12345])
        tensor([1.12])
        >>> plugrad.set_printoptions(profile="default")
    """
    if profile is not None:
        if profile not in _PROFILES:
            raise ValueError(f"profile must be one of {', '.join(_PROFILES)}, not {profile!r}")
        _options.precision, _options.threshold, _options.edgeitems, _options.linewidth = _PROFILES[profile]
    if precision is not None:
        _options.precision = precision
    if threshold is not None:
        _options.threshold = threshold
    if edgeitems is not None:
        _options.edgeitems = edgeitems
    if linewidth is not None:
        _options.linewidth = linewidth
    _options.sci_mode = sci_mode


class _Format:
    """How one number is written: chosen for all numbers of a tensor (or of its real or imaginary part)."""

    __slots__ = ("floating", "scientific", "whole", "width")

    def __init__(self, numbers: list[Any], floating: bool) -> None:
        self.floating = floating
        self.whole = True
        self.scientific = False
        self.width = 1
        if not floating:
            self.width = max([len(str(x)) for x in numbers], default=1)
            return
        finite = [x for x in numbers if x != 0 and math.isfinite(x)]
        if not finite:
            return
        largest = max([abs(x) for x in finite])
        smallest = min([abs(x) for x in finite])
        self.whole = all([x.is_integer() for x in finite])
        if _options.sci_mode is not None:
            self.scientific = _options.sci_mode
        else:
            # A ratio can overflow, which is more than 1000 too.
            ratio = largest / smallest if smallest * 1e300 > largest else math.inf
            self.scientific = ratio > 1000.0 or largest > 1.0e8 or smallest < 1.0e-4
        self.width = max([len(self._digits(x)) for x in finite])

    def _digits(self, x: float) -> str:
        if self.scientific:
            return f"{x:.{_options.precision}e}"
        if self.whole:
            return f"{x:.0f}." if math.isfinite(x) else f"{x:.0f}"
        return f"{x:.{_options.precision}f}"

    def __call__(self, x: Any) -> str:
        return (self._digits(x) if self.floating else str(x)).rjust(self.width)


class _Writer:
    """Writes nested lists with one format, or two for complex numbers."""

    __slots__ = ("imaginary", "per_element", "real")

    def __init__(self, real: _Format, imaginary: _Format | None) -> None:
        self.real = real
        self.imaginary = imaginary
        # Between elements stand a comma and a space; an imaginary part ends in j.
        self.per_element = real.width + 2 + (0 if imaginary is None else imaginary.width + 1)

    def number(self, x: Any) -> str:
        if self.imaginary is None:
            return self.real(x)
        imaginary = (self.imaginary(x.imag) + "j").lstrip()
        sign = "" if imaginary[0] in "+-" else "+"
        return self.real(x.real) + sign + imaginary

    def write(self, data: Any, shape: tuple[int, ...], indent: int, summarised: bool) -> str:
        """``data`` has the edges only where a dimension of ``shape`` is summarised."""
        if not shape:
            return self.number(data)
        cut = summarised and shape[0] > 2 * _options.edgeitems
        if len(shape) == 1:
            items = [self.number(x) for x in data]
            if summarised and not _options.edgeitems:
                items = ["..."]
            elif cut:
                items.insert(_options.edgeitems, " ...")
            per_line = max(1, (_options.linewidth - indent) // self.per_element)
            lines = [", ".join(items[i : i + per_line]) for i in range(0, len(items), per_line)]
            return "[" + (",\n" + " " * (indent + 1)).join(lines) + "]"
        parts = [self.write(x, shape[1:], indent + 1, summarised) for x in data]
        if cut:
            parts.insert(_options.edgeitems, "...")
        return "[" + ("," + "\n" * (len(shape) - 1) + " " * (indent + 1)).join(parts) + "]"


def _flat(data: Any, ndim: int) -> list[Any]:
    if ndim == 0:
        return [data]
    for _ in range(ndim - 1):
        data = [x for row in data for x in row]
    found: list[Any] = data
    return found


def _edges(raw: Any, xp: Any) -> Any:
    """The elements that a summary shows: of every long dimension the first and the last few."""
    edge = _options.edgeitems
    for axis, n in enumerate(raw.shape):
        if n > 2 * edge:
            before = (slice(None),) * axis
            after = (slice(None),) * (len(raw.shape) - axis - 1)
            first, last = raw[(*before, slice(0, edge), *after)], raw[(*before, slice(n - edge, n), *after)]
            raw = xp.concat((first, last), axis=axis) if edge else first
    return raw


def _contents(x: Any, indent: int) -> str:
    shape = tuple(x.raw.shape)
    summarised = math.prod(shape) > _options.threshold
    raw = _edges(x.raw, x.device.xp) if summarised else x.raw
    data = x.device.backend.to_host(raw).tolist()
    numbers = _flat(data, len(shape))
    if x.dtype.is_complex:
        writer = _Writer(_Format([z.real for z in numbers], True), _Format([z.imag for z in numbers], True))
    else:
        writer = _Writer(_Format(numbers, x.dtype.is_floating_point), None)
    return writer.write(data, shape, indent, summarised)


def format_tensor(x: Any) -> str:
    """The repr of a Tensor."""
    if x.device.depth:
        described: str = x.device.backend.described(x, x.device.depth)
        return described
    cls = type(x)
    # Tensor, Parameter and Buffer are all plain tensors to the reader.
    prefix = "tensor(" if cls.__module__.partition(".")[0] == "plugrad" else f"{cls.__name__}("
    indent = len(prefix)
    suffixes = []
    if x.device.type != "cpu":
        suffixes.append(f"device='{x.device}'")
    shape = tuple(x.raw.shape)
    default = dtypes.get_default_dtype()
    if 0 in shape:
        text = "[]"
        if len(shape) != 1:
            suffixes.append(f"size={shape}")
        # No element tells that it is not of the default dtype.
        if x.dtype is not default:
            suffixes.append(f"dtype={x.dtype}")
    else:
        text = _contents(x, indent)
        if not _options.edgeitems:
            suffixes.append(f"size={shape}")
        if x.dtype not in (default, default.to_complex(), dtypes.int64, dtypes.bool_):
            suffixes.append(f"dtype={x.dtype}")
    try:
        place = x.grad_fn
    except RuntimeError:  # a view that was outdated by a change of its base
        suffixes.append("grad_fn=<Invalid>")
    else:
        if place is not None:
            suffixes.append(f"grad_fn=<{type(place).__name__}>")
        elif x.tracked:
            suffixes.append("requires_grad=True")
    return _with_suffixes(prefix + text, suffixes, indent)


def _with_suffixes(text: str, suffixes: list[str], indent: int) -> str:
    """Append suffixes, on a new line where the last one is full."""
    parts = [text]
    length = len(text) - text.rfind("\n") + 1
    for suffix in suffixes:
        # Measured with PyTorch's shorter name, so that lines break where PyTorch's do.
        size = len(suffix.replace("=plugrad.", "=torch."))
        if length + size + 2 > _options.linewidth:
            parts.append(",\n" + " " * indent + suffix)
            length = indent + size
        else:
            parts.append(", " + suffix)
            length += size + 2
    return "".join(parts) + ")"
