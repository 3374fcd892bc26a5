"""Plugins as they are installed: found, loaded, refused. Each case runs in an interpreter of its own."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from importlib.metadata import entry_points

import pytest

from tests.support.installed import Site

GOOD = """
import numpy, plugrad
from plugrad.backends.array_api import ArrayAPIBackend

@plugrad.hookimpl
def plugrad_backend():
    return ArrayAPIBackend(name="{name}", namespace=numpy, devices=("{name}",))
"""

USE = "import plugrad; print((plugrad.tensor([1.0, 2.0], device='{name}') * 2).tolist())"
CPU = "import plugrad; print((plugrad.tensor([1.0, 2.0]) * 2).tolist())"


@pytest.fixture
def site(tmp_path):
    return Site(tmp_path)


def works(site, code=CPU, **environment):
    done = site.run(code, **environment)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[2.0, 4.0]"
    return done


def refused(site, code, *texts, **environment):
    """The code fails, its error says all this, and the CPU still works."""
    done = site.run(code, **environment)
    assert done.returncode != 0
    for text in texts:
        assert text in done.stderr, done.stderr
    works(site, **environment)


def test_an_installed_backend_is_found_and_used(site):
    site.install("plugrad-mylib", "mylib", GOOD.format(name="mylib"))
    works(site, USE.format(name="mylib"))


def test_installed_is_listed_without_loading(site):
    site.install("plugrad-mylib", "mylib", "raise SystemExit('loaded')", version="3.1")
    done = site.run("from plugrad.core import registry; print(registry.installed()['mylib'])")
    assert done.stdout.strip() == "plugrad-mylib 3.1"


def test_a_plugin_that_raises_at_import_hurts_nobody_else(site):
    site.install("plugrad-bad", "bad", "raise ImportError('libbad.so.1: cannot open shared object file')")
    site.install("plugrad-mylib", "mylib", GOOD.format(name="mylib"))
    works(site, USE.format(name="mylib"))
    refused(
        site, USE.format(name="bad"), "BackendError: backend 'bad' of plugrad-bad 1.0 failed to load: ImportError",
        "libbad.so.1", "The above exception was the direct cause", "PLUGRAD_DISABLE_BACKENDS=bad",
    )  # fmt: skip


def test_a_failure_is_kept_with_its_cause(site):
    site.install("plugrad-bad", "bad", "raise ImportError('why')")
    code = """
        import plugrad
        from plugrad.core import registry
        for _ in range(2):
            try:
                registry.load("bad")
            except plugrad.BackendError as error:
                print(type(error.__cause__).__name__, registry.failure("bad"))
    """
    assert site.run(code).stdout.splitlines() == ["ImportError why"] * 2


def test_two_distributions_with_one_name(site):
    site.install("first", "mylib", GOOD.format(name="mylib"))
    site.install("second", "mylib", GOOD.format(name="mylib"))
    refused(
        site, USE.format(name="mylib"), "backend 'mylib' is claimed by 2 distributions: first 1.0, second 1.0",
        "uninstall all but one",
    )  # fmt: skip


def test_nobody_takes_the_name_of_a_builtin_backend(site):
    site.install("impostor", "numpy", "raise SystemExit('loaded')")
    works(site)
    done = site.run("from plugrad.core import registry; print(registry.load('numpy').__class__.__module__)")
    assert done.stdout.strip() == "plugrad.backends.numpy.backend"


def test_nobody_takes_a_builtin_device(site):
    site.install("plugrad-mylib", "mylib", GOOD.format(name="mylib").replace('devices=("mylib",)', 'devices=("cpu",)'))
    code = "from plugrad.core import registry; registry.load('mylib')"
    refused(site, code, "device type 'cpu'", "'mylib'")


@pytest.mark.parametrize(
    ("version", "text"),
    [
        ("(2, 0)", "was made for plugrad_api 2.0, this plugrad has 1.0\nHint: upgrade plugrad."),
        ("(1, 9)", "was made for plugrad_api 1.9"),
        ("(0, 1)", "Hint: upgrade the plugin."),
        ("'1.0'", "plugrad_api must be a pair of integers"),
    ],
)
def test_a_plugin_for_another_contract_is_refused(site, version, text):
    site.install("plugrad-mylib", "mylib", f"plugrad_api = {version}\n" + GOOD.format(name="mylib"))
    refused(site, USE.format(name="mylib"), "plugrad-mylib 1.0", text)


def test_a_hook_that_asks_for_what_does_not_exist(site):
    site.install(
        "plugrad-mylib", "mylib", GOOD.format(name="mylib").replace("plugrad_backend()", "plugrad_backend(gpu)")
    )
    refused(site, USE.format(name="mylib"), "plugrad-mylib 1.0", "gpu", "PluginValidationError")


def test_a_plugin_without_the_hook(site):
    site.install("plugrad-mylib", "mylib", "x = 1")
    refused(site, USE.format(name="mylib"), "implements no plugrad_backend()", "@plugrad.hookimpl")


def test_a_plugin_that_returns_something_else(site):
    source = "import plugrad\n@plugrad.hookimpl\ndef plugrad_backend():\n    return 42\n"
    site.install("plugrad-mylib", "mylib", source)
    refused(site, USE.format(name="mylib"), "plugrad-mylib 1.0", "returned int, not a plugrad.Backend")


def test_a_backend_that_calls_itself_otherwise(site):
    site.install("plugrad-mylib", "mylib", GOOD.format(name="other"))
    refused(site, USE.format(name="mylib"), "backend 'mylib' of plugrad-mylib 1.0 calls itself 'other'")


def test_a_backend_that_is_installed_but_unusable_says_why(site):
    source = GOOD.format(name="mylib") + textwrap.dedent(
        """
        class Unplugged(ArrayAPIBackend):
            def unavailable_reason(self):
                return "no card in the slot"

        @plugrad.hookimpl
        def plugrad_backend():
            return Unplugged(name="mylib", namespace=numpy, devices=("mylib",))
        """
    )
    site.install("plugrad-mylib", "mylib", source)
    refused(site, USE.format(name="mylib"), "device 'mylib' can't be used: no card in the slot")


def test_a_backend_that_fails_to_say_whether_it_is_usable(site):
    source = GOOD.format(name="mylib").replace(
        "@plugrad", "ArrayAPIBackend.unavailable_reason = lambda self: 1 / 0\n@plugrad"
    )
    site.install("plugrad-mylib", "mylib", source)
    refused(site, USE.format(name="mylib"), "unavailable_reason() raised ZeroDivisionError")


def test_a_backend_that_is_not_installed(site):
    refused(site, USE.format(name="mylib"), "device type at start of device string: mylib", "plugrad backends")
    code = "from plugrad.core import registry; registry.load('mylib')"
    refused(site, code, "backend 'mylib' is not installed (installed: ")


def test_disabled_by_the_environment(site):
    site.install("plugrad-mylib", "mylib", GOOD.format(name="mylib"))
    refused(
        site, "import plugrad; from plugrad.core import registry; registry.load('mylib')", "backend 'mylib' of plugrad-mylib 1.0 is disabled",
        PLUGRAD_DISABLE_BACKENDS="mylib, other",
    )  # fmt: skip


def test_kernels_for_somebody_elses_backend(site):
    source = """
        import plugrad

        def exp(x):
            print("mine")
            return x

        @plugrad.hookimpl
        def plugrad_kernels(backend):
            return {"exp": exp} if backend == "numpy" else {}
    """
    site.install("fast-exp", "numpy.exp", source, group="plugrad.kernels")
    done = site.run("import plugrad; print(plugrad.tensor([1.0]).exp().tolist())")
    assert done.stdout.split() == ["mine", "[1.0]"], done.stderr


def test_kernels_that_fail_cost_only_themselves(site):
    site.install("bad-kernels", "numpy.bad", "raise ImportError('no compiler')", group="plugrad.kernels")
    done = works(site)
    assert (
        "kernels 'numpy.bad' of bad-kernels 1.0 failed to load and are not used: ImportError: no compiler"
        in done.stderr
    )


def test_importing_loads_no_plugin_and_scans_no_metadata(site):
    site.install("plugrad-bad", "bad", "print('loaded')")
    code = """
        import importlib.metadata as m
        def scan(*args, **kwargs):
            raise AssertionError("metadata was scanned")
        m.entry_points = m.distributions = scan
        import plugrad, sys
        print(sorted({"numpy", "pluggy", "plugrad_bad"} & set(sys.modules)))
    """
    done = site.run(code)
    assert done.stdout.strip() == "[]", done.stderr


@pytest.mark.parametrize("as_zip", [False, True])
def test_the_first_tensor_reads_metadata_only_where_somebody_adds_kernels(site, as_zip):
    """A folder is searched for the group's name; what is no folder may hide one."""
    site.install("plugrad-other", "other", "print('loaded')")
    code = f"""
        import sys
        if {as_zip}:
            import zipfile
            zipfile.ZipFile({str(site.folder / "empty.zip")!r}, "w").close()
            sys.path.append({str(site.folder / "empty.zip")!r})
        sys.modules.pop("importlib.metadata", None)
        import plugrad
        plugrad.zeros(2)
        print("importlib.metadata" in sys.modules, "plugrad_other" in sys.modules)
    """
    # A plugin of kernels may be installed where the tests run.
    expected = as_zip or bool(entry_points(group="plugrad.kernels"))
    assert site.run(code).stdout.split() == [str(expected), "False"]


def test_the_core_alone_loads_no_array_library():
    code = "import plugrad.core, plugrad.core.tensor, sys; print(sorted({'numpy', 'cupy', 'torch'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_registered_by_hand(site):
    code = """
        import numpy, plugrad
        from plugrad.backends.array_api import ArrayAPIBackend
        backend = ArrayAPIBackend(name="mine", namespace=numpy, devices=("mine",))
        plugrad.register_backend(backend)
        print((plugrad.tensor([1.0, 2.0], device="mine") * 2).tolist())
        try:
            plugrad.register_backend(backend)
        except plugrad.BackendError as error:
            assert "already registered" in str(error)
        else:
            raise AssertionError
    """
    works(site, code)


def test_two_threads_load_one_backend_once(site):
    site.install(
        "plugrad-mylib", "mylib", "print('loading')\nimport time\ntime.sleep(0.1)\n" + GOOD.format(name="mylib")
    )
    code = """
        import threading, plugrad
        threads = [threading.Thread(target=plugrad.tensor, args=([1.0],), kwargs={"device": "mylib"}) for _ in range(8)]
        [t.start() for t in threads]
        [t.join() for t in threads]
    """
    done = site.run(code)
    assert done.stdout.split() == ["loading"], done.stderr
