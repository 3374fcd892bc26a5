"""Backends by name: listed cheaply, loaded one at a time at first use, failures kept with their cause.

Nothing here runs at import. ``resolve`` is called once per device; ops find their namespace on the device.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from plugrad.core import debug, plugins
from plugrad.core import device as _device
from plugrad.core.backend import Backend
from plugrad.core.device import device
from plugrad.core.errors import BackendError
from plugrad.core.namespace import OWN, Differentiable, Namespace

# Backends that ship with plugrad: backend name -> (its device types, the module of its hooks). They need no scan.
BUILTIN: Final = {
    "numpy": (("cpu",), "plugrad.backends.numpy.plugin"),
    "cupy": (("cuda",), "plugrad.backends.cupy.plugin"),
}
#: What is said of backends that no distribution's entry point led to.
BY_HAND: Final = "no distribution (registered by hand)"
_BUILTIN_DEVICES: Final = {kind: name for name, (kinds, _) in BUILTIN.items() for kind in kinds}

_lock = threading.RLock()
_loaded: dict[str, Backend] = {}
#: Those of which one of several devices was used.
_of_several: dict[str, Backend] = {}
_namespaces: dict[str, Namespace] = {}
_by_device_type: dict[str, Backend] = {}
_failures: dict[str, BaseException] = {}
#: Where each backend was last seen to come from: it may be gone when it is wanted.
_origins: dict[str, str] = {}


def installed() -> dict[str, str]:
    """Backend names and the distribution each comes from; loads none of them."""
    found = {name: OWN for name in BUILTIN if importlib.util.find_spec(BUILTIN[name][1].rpartition(".")[0])}
    claims: dict[str, set[str]] = {}
    for entry_point in plugins.entry_points(plugins.BACKENDS_GROUP):
        if entry_point.name in BUILTIN:
            continue
        # Two distributions that claim one name are both shown; loading the name explains.
        claims.setdefault(entry_point.name, set()).add(plugins.distribution(entry_point))
    found.update({name: ", ".join(sorted(claims[name])) for name in claims})
    _origins.update(found)
    for name in _loaded:
        found.setdefault(name, _origins[name])
    return found


def ignored() -> list[str]:
    """What is installed, or asked for, and has no effect, each with the reason; for ``plugrad backends``."""
    kernels = plugins.entry_points(plugins.KERNELS_GROUP)
    names = {*installed(), *(e.name for e in kernels)}
    disabled = plugins.disabled()
    found = [f"PLUGRAD_DISABLE_BACKENDS names '{name}', which is not installed" for name in disabled - names]
    found += [
        f"{plugins.distribution(e)} claims the name '{e.name}', which is plugrad's own: it is not loaded"
        for e in plugins.entry_points(plugins.BACKENDS_GROUP)
        if e.name in BUILTIN
    ]
    for e in kernels:
        what = f"kernels '{e.name}' of {plugins.distribution(e)}"
        if e.name in disabled:
            found.append(f"{what} are disabled: PLUGRAD_DISABLE_BACKENDS names them")
        elif e.name.partition(".")[0] not in names:
            found.append(f"{what} are for a backend that is not installed")
    return sorted(found)


def origin(name: str) -> str:
    """The distribution, with its version, that a backend comes from."""
    return _origins.get(name, "an unknown distribution")


def load(name: str) -> Backend:
    """The backend of this name, loaded and registered at the first call.

    Raises:
        BackendError: if it is not installed, blocked, refused, or failed to load (then chained to the cause).
    """
    found = _loaded.get(name)
    if found is not None:
        return found
    with _lock:
        if name in _loaded:
            return _loaded[name]
        if name in plugins.disabled():
            source = installed().get(name)
            raise BackendError(
                f"backend '{name}'{f' of {source}' if source else ''} is disabled\nHint: PLUGRAD_DISABLE_BACKENDS="
                f"{os.environ['PLUGRAD_DISABLE_BACKENDS']!r} names it; remove it there to use it."
            )
        module, source = _find_plugin(name)
        _origins[name] = source
        try:
            backend = _backend_of(name, module(), source)
            _register(backend, source)
        except (Exception, SystemExit) as error:
            _failures[name] = error
            if isinstance(error, BackendError) and source in str(error):
                raise
            raise BackendError(
                f"backend '{name}' of {source} failed to load: {type(error).__name__}: {error}\n"
                f"Hint: uninstall or repair {source}, or set PLUGRAD_DISABLE_BACKENDS={name}."
            ) from error
        _failures.pop(name, None)
        return backend


def namespace_of(name: str) -> Namespace:
    """The completed namespace of a backend that is loaded: what its devices compute with."""
    return _namespaces[load(name).name]


def why_unusable(backend: Backend) -> str | None:
    """Why a loaded backend can't be used here, or None. A backend that fails to answer is unusable for that reason."""
    return _unusable(backend)[0]


def _unusable(backend: Backend) -> tuple[str | None, Exception | None]:
    """Why a backend can't be used, and the exception that it raised instead of saying so."""
    asked = "unavailable_reason()"
    try:
        reason = backend.unavailable_reason()
        if reason is None:
            asked = "device_count()"
            for kind in backend.devices:
                backend.device_count(kind)
        return None if reason is None else str(reason), None
    except Exception as error:
        return f"{asked} raised {type(error).__name__}: {error}", error


def failure(name: str) -> BaseException | None:
    """Why ``load(name)`` failed last, or None."""
    return _failures.get(name)


def devices() -> list[device]:
    """Every device that can be used here, of all installed backends. It loads them."""
    found = []
    for name in sorted(installed()):
        try:
            backend = load(name)
        except BackendError:
            continue
        if why_unusable(backend) is not None:
            continue
        for kind in backend.devices:
            if backend.capabilities.several_devices:
                found += [resolve(device(kind, i)) for i in range(backend.device_count(kind))]
            else:
                found.append(resolve(kind))
    return found


def _find_plugin(name: str) -> tuple[Callable[[], Any], str]:
    """How to import the module of a backend's hooks, and where it comes from."""
    if name in BUILTIN:
        # Whoever else claims the name is not asked: `ignored` says so.
        return (lambda: importlib.import_module(BUILTIN[name][1])), OWN
    claims = [e for e in plugins.entry_points(plugins.BACKENDS_GROUP) if e.name == name]
    distributions = sorted({plugins.distribution(e) for e in claims})
    if len(claims) > 1:
        raise BackendError(
            f"backend '{name}' is claimed by {len(claims)} distributions: {', '.join(distributions)}\n"
            f"Hint: uninstall all but one of them."
        )
    if not claims:
        before = _origins.get(name)
        if before is not None:
            raise BackendError(
                f"backend '{name}' of {before} was there before and is not installed any more\n"
                f"Hint: install {before.partition(' ')[0]} again, and start anew."
            )
        known = ", ".join(sorted(installed())) or "none"
        raise BackendError(
            f"backend '{name}' is not installed (installed: {known})\n"
            f"Hint: install the distribution that provides it, or register one with plugrad.register_backend()."
        )
    return claims[0].load, distributions[0]


def _backend_of(name: str, module: Any, origin: str) -> Backend:
    """Ask one plugin's hook for its backend, and check what it answers before anything is registered."""
    plugins.check_api(getattr(module, "plugrad_api", None), f"backend '{name}' of {origin}")
    backend = plugins.call_hook(name, module, "plugrad_backend", {})
    return plugins.checked(name, backend, origin)


def _register(backend: Backend, source: str) -> None:
    for kind in backend.devices:
        owner = _by_device_type.get(kind)
        if owner is not None:
            raise BackendError(
                f"device type '{kind}' of backend '{backend.name}' of {source} is already served by backend "
                f"'{owner.name}' of {origin(owner.name)}"
            )
        reserved = _BUILTIN_DEVICES.get(kind)
        if reserved is not None and reserved != backend.name:
            raise BackendError(
                f"device type '{kind}' belongs to plugrad's backend '{reserved}', not to '{backend.name}' of {source}"
            )
    kernels, sources = plugins.kernels_of(backend, _failures)
    _namespaces[backend.name] = Namespace(
        backend.name, backend.namespace, kernels, dtypes=backend.dtypes, source=source, sources=sources
    )
    _origins[backend.name] = source
    _loaded[backend.name] = backend
    for kind in backend.devices:
        _by_device_type[kind] = backend


def register_backend(backend: Backend) -> None:
    """Register a backend by hand, without an entry point.

    Args:
        backend: The backend; its device strings are usable from now on.

    Raises:
        BackendError: if its name or a device type of it is taken.
    """
    with _lock:
        if getattr(backend, "name", None) in (*_loaded, *BUILTIN):
            raise BackendError(f"a backend named '{backend.name}' is already registered")
        _register(plugins.checked(getattr(backend, "name", "?"), backend, BY_HAND), BY_HAND)


def resolve(where: str | device) -> device:
    """The device of this name with its backend loaded; what every Tensor holds.

    Raises:
        RuntimeError: with PyTorch's text, if no installed backend has such a device.
        BackendError: if its backend can't be loaded or used; the reason is in the text and chained.
    """
    found = device(where)
    if found.xp is not None:
        return found
    with _lock:
        backend = _backend_for(found.type)
        reason, cause = _unusable(backend)
        if reason is not None:
            whose = f"it is of backend '{backend.name}' of {origin(backend.name)}."
            raise BackendError(
                f"device '{found}' can't be used: {reason}" + ("" if "\nHint: " in reason else f"\nHint: {whose}")
            ) from cause
        count = backend.device_count(found.type)
        several = backend.capabilities.several_devices
        if found.index is None and several:
            accelerator = backend.accelerator
            return resolve(device(found.type, accelerator.current_device() if accelerator is not None else 0))
        if found.index is not None and found.index >= count:
            raise RuntimeError(
                f"invalid device ordinal\nHint: device '{found}' was asked for, and backend '{backend.name}' has "
                f"{count}."
            )
        if found.index is not None and not several:
            # The only device has one name, so that its tensors mix.
            return resolve(device(found.type))
        found.backend = backend
        found.ops = Differentiable(found)
        namespace, index = _namespaces[backend.name], found.index
        # Also the only device of a backend may be another than its library's default.
        guard = (lambda function: backend.guarded(function, index)) if several else None
        if several and count > 1 and backend.accelerator is not None:
            _of_several[backend.name] = backend
            _device.switch, _device.kept = _switch, _kept
        found.xp = debug.namespace(namespace.on(lambda function: backend.on_device(function, index), guard), found)
        return found


def _switch(where: device) -> None:
    accelerator = where.root.backend.accelerator
    if accelerator is not None:
        accelerator.set_device(where.root.index or 0)


@contextmanager
def _kept() -> Iterator[None]:
    # Those that are in use: one that can't be used here has no current device.
    before = [
        (b.accelerator, b.accelerator.current_device()) for b in _of_several.values() if b.accelerator is not None
    ]
    try:
        yield
    finally:
        for accelerator, index in before:
            accelerator.set_device(index)


def backend_of(kind: str) -> Backend:
    """The backend that serves a device type, loaded, whether it can be used here or not.

    Raises:
        RuntimeError: if no installed backend has such devices.
        BackendError: if it can't be loaded.
    """
    with _lock:
        return _backend_for(kind)


def _backend_for(kind: str) -> Backend:
    """The backend that serves a device type: plugrad's own, the one of that name, or one that says so when loaded."""
    known = _by_device_type.get(kind)
    if known is not None:
        return known
    if kind in _BUILTIN_DEVICES:
        return load(_BUILTIN_DEVICES[kind])
    others = installed()
    if kind in others or kind in _origins:
        backend = load(kind)
        if kind in backend.devices:
            return backend
    # No entry point has the device type's name: the owner may be one with several device types.
    causes: list[Exception] = []
    for name in sorted(set(others) - set(BUILTIN) - set(_loaded)):
        try:
            load(name)
        except BackendError as error:
            causes.append(error)
        if kind in _by_device_type:
            return _by_device_type[kind]
    types = sorted({*_BUILTIN_DEVICES, *_by_device_type, *(n for n in others if n not in BUILTIN)})
    raise RuntimeError(
        f"Expected one of {', '.join(types)} device type at start of device string: {kind}\n"
        f"Hint: `plugrad backends` lists what is installed."
    ) from (causes[0] if causes else None)


debug.bind(lambda: resolve("cpu"))
