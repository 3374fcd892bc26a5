"""Backends by name: listed cheaply, loaded one at a time at first use, failures kept with their cause.

Nothing here runs at import. ``resolve`` is called once per device; ops find their namespace on the device.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
import threading
from collections.abc import Callable
from importlib.machinery import PathFinder
from typing import Any, Final

from plugrad.core.backend import API_VERSION, Backend
from plugrad.core.device import device
from plugrad.core.errors import BackendError
from plugrad.core.namespace import Differentiable, Namespace

BACKENDS_GROUP: Final = "plugrad.backends"
KERNELS_GROUP: Final = "plugrad.kernels"

# Backends that ship with plugrad: backend name -> (its device types, the module of its hooks). They need no scan.
BUILTIN: Final = {
    "numpy": (("cpu",), "plugrad.backends.numpy.plugin"),
    "cupy": (("cuda",), "plugrad.backends.cupy.plugin"),
}
_BUILTIN_DEVICES: Final = {kind: name for name, (kinds, _) in BUILTIN.items() for kind in kinds}

_lock = threading.RLock()
_loaded: dict[str, Backend] = {}
_namespaces: dict[str, Namespace] = {}
_by_device_type: dict[str, Backend] = {}
_failures: dict[str, BaseException] = {}


def disabled() -> set[str]:
    """Names in PLUGRAD_DISABLE_BACKENDS, separated by commas."""
    return {name.strip() for name in os.environ.get("PLUGRAD_DISABLE_BACKENDS", "").split(",") if name.strip()}


def _entry_points(group: str) -> list[Any]:
    """Entry points of a group, from metadata only; none is loaded."""
    from importlib.metadata import entry_points

    return list(entry_points(group=group))


def _named_by_any_distribution(group: str) -> bool:
    """Whether the metadata of any distribution contains a group's name.

    It decides whether ``_entry_points`` is worth asking: for that, importlib.metadata and all that it needs are
    imported and every distribution is read, which takes longer than the rest of loading NumPy's backend.
    """
    finders = [f for f in sys.meta_path if hasattr(f, "find_distributions")]
    if finders != [PathFinder]:
        return True
    wanted = group.encode()
    for folder in sys.path:
        try:
            entries = list(os.scandir(folder or "."))
        except FileNotFoundError:
            continue
        except OSError:  # a zip file, say
            return True
        for entry in entries:
            if entry.name.endswith((".dist-info", ".egg-info")):
                try:
                    with open(os.path.join(entry.path, "entry_points.txt"), "rb") as file:
                        if wanted in file.read():
                            return True
                except OSError:
                    continue
    return False


def _distribution(entry_point: Any) -> str:
    """What the entry point belongs to, for messages."""
    dist = entry_point.dist
    return f"{dist.name} {dist.version}" if dist is not None else "an unknown distribution"


def installed() -> dict[str, str]:
    """Backend names and the distribution each comes from; loads none of them."""
    found = {name: "plugrad" for name in BUILTIN if importlib.util.find_spec(BUILTIN[name][1].rpartition(".")[0])}
    for entry_point in _entry_points(BACKENDS_GROUP):
        # Two distributions that claim one name are both shown; loading the name explains.
        origin = _distribution(entry_point)
        known = found.get(entry_point.name)
        found[entry_point.name] = origin if known in (None, origin) else f"{known}, {origin}"
    for name in _loaded:
        found.setdefault(name, "registered by hand")
    return found


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
        if name in disabled():
            raise BackendError(
                f"backend '{name}' is disabled\nHint: PLUGRAD_DISABLE_BACKENDS="
                f"{os.environ['PLUGRAD_DISABLE_BACKENDS']!r} names it; remove it there to use it."
            )
        module, origin = _find_plugin(name)
        try:
            backend = _backend_of(name, module(), origin)
        except BaseException as error:
            _failures[name] = error
            if isinstance(error, BackendError) or not isinstance(error, Exception):
                raise
            raise BackendError(
                f"backend '{name}' of {origin} failed to load: {type(error).__name__}: {error}\n"
                f"Hint: uninstall or repair {origin}, or set PLUGRAD_DISABLE_BACKENDS={name}."
            ) from error
        _failures.pop(name, None)
        _register(backend)
        return backend


def why_unusable(backend: Backend) -> str | None:
    """Why a loaded backend can't be used here, or None. A backend that fails to answer is unusable for that reason."""
    try:
        return backend.unavailable_reason()
    except Exception as error:
        return f"unavailable_reason() raised {type(error).__name__}: {error}"


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
    claims = [e for e in _entry_points(BACKENDS_GROUP) if e.name == name] if name != "numpy" else []
    if name in BUILTIN:
        claims = [e for e in claims if e.value != BUILTIN[name][1]]
    distributions = sorted({_distribution(e) for e in claims})
    if name in BUILTIN and not claims:
        return (lambda: importlib.import_module(BUILTIN[name][1])), "plugrad"
    if name in BUILTIN:
        distributions.insert(0, "plugrad")
    if len(distributions) > 1:
        raise BackendError(
            f"backend '{name}' is claimed by {len(distributions)} distributions: {', '.join(distributions)}\n"
            f"Hint: uninstall all but one of them."
        )
    if not claims:
        known = ", ".join(sorted(installed())) or "none"
        raise BackendError(
            f"backend '{name}' is not installed (installed: {known})\n"
            f"Hint: install the distribution that provides it, or register one with plugrad.register_backend()."
        )
    return claims[0].load, distributions[0]


def _backend_of(name: str, module: Any, origin: str) -> Backend:
    """Ask one plugin's hook for its backend, and check what it answers before anything is registered."""
    _check_api(getattr(module, "plugrad_api", None), f"backend '{name}' of {origin}")
    backend = _call_hook(name, module, "plugrad_backend", {})
    return _checked(name, backend, origin)


def _checked(name: str, backend: object, origin: str) -> Backend:
    if not isinstance(backend, Backend):
        raise BackendError(
            f"backend '{name}' of {origin}: plugrad_backend() returned {type(backend).__name__}, not a "
            f"plugrad.Backend\nHint: return ArrayAPIBackend(...) or an instance of your subclass of plugrad.Backend."
        )
    if backend.name != name:
        raise BackendError(
            f"backend '{name}' of {origin} calls itself '{backend.name}'\n"
            f"Hint: the entry point's name and the backend's name must be the same."
        )
    return backend


def _check_api(version: Any, what: str) -> None:
    """Refuse a plugin made for another contract; one that states none is taken to be made for this one."""
    if version is None:
        return
    if not (isinstance(version, tuple) and len(version) == 2 and all(isinstance(n, int) for n in version)):
        raise BackendError(f"{what}: plugrad_api must be a pair of integers such as {API_VERSION}, not {version!r}")
    if version[0] != API_VERSION[0] or version[1] > API_VERSION[1]:
        advice = "upgrade plugrad" if version > API_VERSION else "upgrade the plugin"
        raise BackendError(
            f"{what} was made for plugrad_api {version[0]}.{version[1]}, this plugrad has "
            f"{API_VERSION[0]}.{API_VERSION[1]}\nHint: {advice}."
        )


def _call_hook(name: str, module: Any, hook: str, arguments: dict[str, Any]) -> Any:
    """Call one plugin's hook. A manager of its own, so that no other plugin can break or answer the call."""
    import pluggy

    from plugrad.core import hookspecs

    manager = pluggy.PluginManager("plugrad")
    manager.add_hookspecs(hookspecs)
    manager.register(module, name=name)
    answers = getattr(manager.hook, hook)(**arguments)
    if len(answers) != 1:
        raise BackendError(
            f"plugin '{name}' ({getattr(module, '__name__', module)!s}) implements no {hook}()\n"
            f"Hint: decorate a function of that name with @plugrad.hookimpl."
        )
    return answers[0]


def _kernels_of(backend: Backend) -> dict[str, Callable[..., Any]]:
    """The backend's kernels, then those that kernel plugins add; a plugin that fails costs only its own."""
    kernels = dict(backend.kernels())
    for entry_point in _entry_points(KERNELS_GROUP) if _named_by_any_distribution(KERNELS_GROUP) else ():
        target = entry_point.name.partition(".")[0]
        if target != backend.name or entry_point.name in disabled():
            continue
        origin = _distribution(entry_point)
        try:
            module = entry_point.load()
            _check_api(getattr(module, "plugrad_api", None), f"kernels '{entry_point.name}' of {origin}")
            kernels.update(_call_hook(entry_point.name, module, "plugrad_kernels", {"backend": backend.name}))
        except Exception as error:
            import warnings

            _failures[entry_point.name] = error
            warnings.warn(
                f"kernels '{entry_point.name}' of {origin} failed to load and are not used: "
                f"{type(error).__name__}: {error}",
                UserWarning,
                stacklevel=2,
            )
    return kernels


def _register(backend: Backend) -> None:
    for kind in backend.devices:
        owner = _by_device_type.get(kind)
        if owner is not None:
            raise BackendError(
                f"device type '{kind}' of backend '{backend.name}' is already served by backend '{owner.name}'"
            )
        reserved = _BUILTIN_DEVICES.get(kind)
        if reserved is not None and reserved != backend.name:
            raise BackendError(f"device type '{kind}' belongs to plugrad's backend '{reserved}', not '{backend.name}'")
    _namespaces[backend.name] = Namespace(backend.name, backend.namespace, _kernels_of(backend), dtypes=backend.dtypes)
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
        if backend.name in _loaded or backend.name in BUILTIN:
            raise BackendError(f"a backend named '{backend.name}' is already registered")
        _register(_checked(backend.name, backend, "register_backend()"))


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
        reason = why_unusable(backend)
        if reason is not None:
            raise BackendError(f"device '{found}' can't be used: {reason}")
        count = backend.device_count(found.type)
        several = backend.capabilities.several_devices
        if found.index is None and several:
            return resolve(device(found.type, 0))
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
        found.xp = namespace.on(lambda function: backend.on_device(function, index))
        return found


def _backend_for(kind: str) -> Backend:
    """The backend that serves a device type: plugrad's own, the one of that name, or one that says so when loaded."""
    known = _by_device_type.get(kind)
    if known is not None:
        return known
    if kind in _BUILTIN_DEVICES:
        return load(_BUILTIN_DEVICES[kind])
    others = installed()
    if kind in others:
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
