"""Plugins as they are installed: their entry points, their hooks, and what is wrong with them. Loads none by itself."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable, Mapping
from importlib.machinery import PathFinder
from typing import Any, Final

from plugrad.core.backend import API_VERSION, Backend
from plugrad.core.errors import BackendError
from plugrad.core.namespace import Namespace

BACKENDS_GROUP: Final = "plugrad.backends"
KERNELS_GROUP: Final = "plugrad.kernels"


def disabled() -> set[str]:
    """Names in PLUGRAD_DISABLE_BACKENDS, separated by commas."""
    return {name.strip() for name in os.environ.get("PLUGRAD_DISABLE_BACKENDS", "").split(",") if name.strip()}


def entry_points(group: str) -> list[Any]:
    """Entry points of a group, from metadata only; none is loaded."""
    from importlib import metadata

    try:
        return list(metadata.entry_points(group=group))
    except Exception:
        # Somebody's metadata can't be read. That is no reason not to find the others.
        found: dict[str, list[Any]] = {}
        for dist in metadata.distributions():
            try:
                found.setdefault(dist.name, list(dist.entry_points.select(group=group)))
            except Exception:
                continue
        return [entry_point for several in found.values() for entry_point in several]


def named_by_any_distribution(group: str) -> bool:
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


def distribution(entry_point: Any) -> str:
    """What the entry point belongs to, for messages."""
    dist = entry_point.dist
    try:
        # A distribution that is half gone has neither.
        name, version = dist.metadata["Name"], dist.metadata["Version"]
    except Exception:
        name = version = None
    return (
        f"{name} {version or '(version unknown)'}"
        if name
        else f"a distribution without metadata (it names {entry_point.value})"
    )


def checked(name: str, backend: object, origin: str) -> Backend:
    """What a hook answered or a user registers, if it is a backend."""
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
    kinds = getattr(backend, "devices", None)
    if not isinstance(kinds, tuple) or not kinds or not all(isinstance(kind, str) for kind in kinds):
        raise BackendError(
            f"backend '{name}' of {origin}: devices must be a tuple of device types, not {kinds!r}\n"
            f"Hint: write devices=('{name}',)."
        )
    missing = [part for part in ("namespace", "dtypes") if not hasattr(backend, part)]
    if missing:
        raise BackendError(
            f"backend '{name}' of {origin} has no {' and no '.join(missing)}\n"
            f"Hint: help(plugrad.Backend) has the contract."
        )
    return backend


def check_api(version: Any, what: str) -> None:
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


def call_hook(name: str, module: Any, hook: str, arguments: dict[str, Any]) -> Any:
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


def kernels_of(
    backend: Backend, failures: dict[str, BaseException]
) -> tuple[dict[str, Callable[..., Any]], dict[str, str]]:
    """The backend's kernels, then those that kernel plugins add, and where these come from.

    A plugin that fails costs only its own, and its error is put among ``failures``. Where two have a kernel for one
    op, the one whose name sorts first wins.
    """
    kernels = dict(backend.kernels())
    sources: dict[str, str] = {}
    claims: dict[str, list[Any]] = {}
    for entry_point in entry_points(KERNELS_GROUP) if named_by_any_distribution(KERNELS_GROUP) else ():
        if entry_point.name.partition(".")[0] == backend.name and entry_point.name not in disabled():
            claims.setdefault(entry_point.name, []).append(entry_point)
    for name in sorted(claims):
        origin = ", ".join(sorted(distribution(e) for e in claims[name]))
        try:
            if len(claims[name]) > 1:
                raise BackendError("one name must be of one distribution")
            # A namespace of its own, so that what a plugin falls back to stays what was there before it.
            earlier = Namespace(backend.name, backend.namespace, dict(kernels), dtypes=backend.dtypes)
            added = _added_kernels(claims[name][0], backend.name, earlier, origin)
        except (Exception, SystemExit) as error:
            failures[name] = error
            warnings.warn(
                f"kernels '{name}' of {origin} failed to load and are not used: {type(error).__name__}: {error}",
                UserWarning,
                stacklevel=2,
            )
            continue
        failures.pop(name, None)
        for op in added:
            if op not in sources:
                kernels[op] = added[op]
                sources[op] = origin
    return kernels, sources


def _added_kernels(entry_point: Any, backend: str, earlier: Namespace, origin: str) -> dict[str, Callable[..., Any]]:
    """What one kernel plugin adds."""
    module = entry_point.load()
    check_api(getattr(module, "plugrad_api", None), f"kernels '{entry_point.name}' of {origin}")
    answer = call_hook(entry_point.name, module, "plugrad_kernels", {"backend": backend, "earlier": earlier})
    if not isinstance(answer, Mapping):
        raise BackendError(f"plugrad_kernels() returned {type(answer).__name__}, not a mapping of op names to kernels")
    added = dict(answer)
    wrong = [str(op) for op, kernel in added.items() if not isinstance(op, str) or not callable(kernel)]
    if wrong:
        raise BackendError(f"plugrad_kernels() returned what is no kernel: {', '.join(wrong)}")
    return added
