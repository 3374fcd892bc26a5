"""What is installed: backends, kernel plugins, and where each op of a backend comes from."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from plugrad._version import __version__
from plugrad.core import plugins, registry
from plugrad.core.backend import Backend
from plugrad.core.errors import BackendError
from plugrad.core.namespace import OWN
from plugrad.core.op import OPS


class BackendRow(NamedTuple):
    """One installed backend.

    Attributes:
        name: Its name.
        distribution: What installed it; several, with commas, where they claim one name.
        version: The distribution's version, or "-".
        devices: Its devices as device strings.
        status: "usable" or "unusable".
        reason: Why it is unusable, with the cause; else "".
    """

    name: str
    distribution: str
    version: str
    devices: tuple[str, ...]
    status: str
    reason: str


class KernelPluginRow(NamedTuple):
    """One installed kernel plugin.

    Attributes:
        name: Its entry point's name, ``<backend>.<anything>``.
        distribution: What installed it.
        version: The distribution's version, or "-".
        status: "used" or "not used".
        kernels: How many of its kernels are in use.
        reason: Why none is used; else "".
    """

    name: str
    distribution: str
    version: str
    status: str
    kernels: int
    reason: str


class OpRow(NamedTuple):
    """Where one op of a backend comes from.

    Attributes:
        op: The op's name.
        kind: "kernel", "library", "generic", or "missing".
        source: The distribution whose kernel it is, "the library's function", or "plugrad's definition".
    """

    op: str
    kind: str
    source: str


def list_backends() -> list[BackendRow]:
    """Every installed backend, by name; loads them all.

    Example::

        >>> from plugrad.testing import inventory
        >>> [row.devices for row in inventory.list_backends() if row.name == "numpy"]
        [('cpu',)]
    """
    found = []
    for name, origin in sorted(registry.installed().items()):
        devices, reason = _state(name)
        status = "unusable" if reason else "usable"
        found.append(BackendRow(name, *_split(origin), devices, status, reason))
    return found


def _state(name: str) -> tuple[tuple[str, ...], str]:
    """A backend's devices, and why it can't be used, or an empty text."""
    try:
        backend = registry.load(name)
        reason = registry.why_unusable(backend)
        return tuple(backend.devices if reason else _device_names(backend)), reason or ""
    except BackendError as error:
        return (), str(error)


def _device_names(backend: Backend) -> Iterator[str]:
    for kind in backend.devices:
        count = backend.device_count(kind)
        if backend.capabilities.several_devices:
            yield from (f"{kind}:{index}" for index in range(count))
        else:
            yield kind


def _split(origin: str) -> tuple[str, str]:
    """A distribution's name and its version."""
    if origin == OWN:
        return OWN, __version__
    name, _, version = origin.rpartition(" ")
    # Several that claim one name, and what was registered by hand, have none.
    return (name, version) if name and " " not in name else (origin, "-")


def list_kernel_plugins() -> list[KernelPluginRow]:
    """Every installed kernel plugin, by name; loads the backends that they are for."""
    found = []
    disabled, known = plugins.disabled(), registry.installed()
    for entry_point in sorted(plugins.entry_points(plugins.KERNELS_GROUP), key=lambda e: str(e.name)):
        name, origin = entry_point.name, plugins.distribution(entry_point)
        target = name.partition(".")[0]
        count, reason = 0, ""
        if name in disabled:
            reason = "PLUGRAD_DISABLE_BACKENDS names it"
        elif target not in known:
            reason = f"backend '{target}' is not installed"
        else:
            count, reason = _used(name, target, origin)
        found.append(KernelPluginRow(name, *_split(origin), "used" if count else "not used", count, reason))
    return found


def _used(name: str, target: str, origin: str) -> tuple[int, str]:
    """How many kernels of a plugin are used, or why none is."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of this plugin's failure, which is told here
        try:
            xp = registry.namespace_of(target)
        except BackendError as error:
            return 0, f"backend '{target}' is unusable: {error}"
    failure = registry.failure(name)
    if failure is not None:
        return 0, f"{type(failure).__name__}: {failure}"
    count = sum([origin in xp.distribution(op) for op in xp.kernels()])
    return count, "" if count else "it has none that no other plugin has"


def list_ops(name: str) -> list[OpRow]:
    """For every op, whether a backend has it native, and whose it is.

    Args:
        name: The backend's name.

    Raises:
        BackendError: if the backend can't be loaded; the text says why.

    Example::

        >>> from plugrad.testing import inventory
        >>> next(row for row in inventory.list_ops("numpy") if row.op == "softmax").kind
        'kernel'
    """
    xp = registry.namespace_of(name)
    found = []
    for op in sorted(OPS):
        kind = xp.origin(op) or "missing"
        source = {"kernel": xp.distribution(op), "library": "the library's function", "generic": "plugrad's definition"}
        found.append(OpRow(op, kind, source.get(kind, "nobody")))
    return found


def as_table(rows: Sequence[Sequence[str]]) -> str:
    """Rows of cells, the first a heading, in columns of equal width."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    return "\n".join(line.rstrip() for line in lines)


def backends_text() -> str:
    """What ``plugrad backends`` prints."""
    backends, added = list_backends(), list_kernel_plugins()
    rows = [("backend", "distribution", "version", "devices", "status")]
    rows += [(b.name, b.distribution, b.version, ", ".join(b.devices) or "-", b.status) for b in backends]
    parts = [as_table(rows)]
    if added:
        rows = [("kernels", "distribution", "version", "for", "status")]
        for k in added:
            rows.append((k.name, k.distribution, k.version, k.name.partition(".")[0],
                         f"{k.kernels} used" if k.kernels else k.status))  # fmt: skip
        parts.append(as_table(rows))
    reasons = [f"{b.name} is unusable: {b.reason}" for b in backends if b.reason]
    reasons += [f"kernels {k.name} are not used: {k.reason}" for k in added if k.reason]
    reasons += [line for line in registry.ignored() if not any([k.name in line for k in added])]
    if reasons:
        parts.append("\n".join(reason.replace("\n", "\n    ") for reason in reasons))
    return "\n\n".join(parts)


def described(row: BackendRow) -> str:
    """What ``plugrad backends NAME`` prints of one backend: its row, its capabilities and its dtypes."""
    backend = registry.load(row.name)
    capabilities = backend.capabilities
    names = [n for n in capabilities.__slots__ if isinstance(getattr(capabilities, n), bool)]
    lines = [
        f"{row.name} of {row.distribution} {row.version}: {row.status}",
        f"devices       {', '.join(row.devices) or '-'}",
        f"dtypes        {', '.join([str(d).rpartition('.')[2] for d in backend.dtypes])}",
        f"capabilities  {', '.join([n if getattr(capabilities, n) else f'no {n}' for n in sorted(names)])}",
    ]
    return "\n".join([*lines, *([row.reason] if row.reason else [])])


def ops_text(name: str) -> str:
    """What ``plugrad backends NAME --kernels`` prints.

    Raises:
        BackendError: if the backend can't be loaded.
    """
    found = list_ops(name)
    counts = [f"{sum(row.kind == kind for row in found)} {word}" for kind, word in _KINDS.items()]
    rows = [("op", "native", "from"), *[(r.op, _NATIVE[r.kind], r.source) for r in found]]
    return f"{as_table(rows)}\n\n{len(found)} ops: {', '.join(counts)}"


_KINDS = {"kernel": "kernels", "library": "of the library", "generic": "generic", "missing": "missing"}
_NATIVE = {"kernel": "kernel", "library": "library", "generic": "no, generic", "missing": "missing"}
