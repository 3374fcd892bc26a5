"""Backends and kernel plugins that fail: each says which distribution it was, chained to the cause, and hurts nobody.

The distributions of one group of cases lie in one folder and fail in one interpreter, one after the other; each case
is a test that looks at its own line.
"""

from __future__ import annotations

import json
import textwrap

import pytest

from tests.support.installed import Site

#: A backend on NumPy's arrays; `{body}` stands in the class, `{options}` among what it is made with.
BACKEND = """
import numpy as np, plugrad
from plugrad.backends.array_api import ArrayAPIBackend, Capabilities

class Mine(ArrayAPIBackend):
{body}

@plugrad.hookimpl
def plugrad_backend():
    return Mine(name="{name}", namespace=np, devices=("{name}",), capabilities=Capabilities(views=False))
"""

PRELUDE = """
import json, warnings, plugrad
from plugrad.core import registry

def told(case, call):
    found = {"case": case, "type": None}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            found["result"] = call()
        except BaseException as error:
            notes = list(getattr(error, "__notes__", ()))
            found |= {"type": type(error).__name__, "text": str(error), "notes": notes, "cause": repr(error.__cause__)}
    found["warnings"] = [str(w.message) for w in caught]
    # Nobody else is hurt.
    assert (plugrad.tensor([1.0, 2.0]) * 2).tolist() == [2.0, 4.0]
    print(json.dumps(found))
"""


def backend(name, body="pass", tail=""):
    return BACKEND.format(name=name, body=textwrap.indent(textwrap.dedent(body), "    ")) + textwrap.dedent(tail)


def outcomes(site, code, **environment):
    """What each call of ``told`` in the code came to."""
    done = site.run(PRELUDE + textwrap.dedent(code), **environment)
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return {line.pop("case"): line for line in lines}


# Loading: what the plugin does, the type of the error that is chained, and what is said.
LOADING = {
    "import-error": ("raise ImportError('libx.so.1: cannot open')", "ImportError", "failed to load: ImportError: libx"),
    "exit": ("raise SystemExit(3)", "SystemExit", "failed to load: SystemExit: 3"),
    "syntax": ("def broken(:", "SyntaxError", "failed to load: SyntaxError"),
    "hook": (
        "import plugrad\n@plugrad.hookimpl\ndef plugrad_backend():\n    return {}['missing']",
        "KeyError",
        "failed to load: KeyError: 'missing'",
    ),
    "kernels": (
        backend("kernels", "def kernels(self): raise OSError('no compiler')"),
        "OSError",
        "failed to load: OSError: no compiler",
    ),
    "letters": (
        backend("letters").replace('devices=("letters",)', 'devices="letters"'),
        None,
        "devices must be a tuple of device types, not 'letters'",
    ),
    "bare": (
        "import plugrad\nclass Bare(plugrad.Backend):\n    name = 'bare'\n    devices = ('bare',)\n"
        "@plugrad.hookimpl\ndef plugrad_backend():\n    return Bare()",
        None,
        "has no namespace and no dtypes",
    ),
    "thief": (backend("thief").replace('devices=("thief",)', 'devices=("cuda",)'), None, "device type 'cuda'"),
    "future": ("plugrad_api = (9, 0)\n" + backend("future"), None, "was made for plugrad_api 9.0, this plugrad has"),
    "empty": (backend("empty").replace("namespace=np", "namespace=plugrad.core"), None, ""),
}


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    site = Site(tmp_path_factory.mktemp("loading"))
    for name, (source, _, _) in LOADING.items():
        site.install(f"plugrad-{name}", name, source, version="1.2")
    code = "".join(f"told({name!r}, lambda: plugrad.zeros(2, device={name!r}))\n" for name in LOADING)
    code += "told('devices', lambda: [str(d) for d in registry.devices()])\n"
    code += "told('listed', lambda: registry.installed())\n"
    code += "told('kept', lambda: type(registry.failure('import-error')).__name__)\n"
    return outcomes(site, code)


@pytest.mark.parametrize("name", LOADING)
def test_a_backend_that_does_not_load(loaded, name):
    _, cause, text = LOADING[name]
    found = loaded[name]
    assert found["type"] == "BackendError"
    assert f"plugrad-{name} 1.2" in found["text"]
    assert text in found["text"]
    if cause is not None:
        assert found["cause"].startswith(cause)
        assert f"PLUGRAD_DISABLE_BACKENDS={name}" in found["text"]


def test_backends_that_do_not_load_are_listed_and_left_out(loaded):
    assert loaded["devices"]["result"] == ["cpu"]
    assert all(loaded["listed"]["result"][name] == f"plugrad-{name} 1.2" for name in LOADING)
    assert loaded["kept"]["result"] == "ImportError"


# Presence: backends that load, and fail to say whether they can be used.
PRESENCE = {
    "reason": ("def unavailable_reason(self): return 1 / 0", "unavailable_reason() raised ZeroDivisionError"),
    "count": (
        "def device_count(self, kind):\n    if 'capabilities' not in vars(self): return 1\n"
        "    raise OSError('no driver')",
        "device_count() raised OSError: no driver",
    ),
    "unplugged": ("def unavailable_reason(self): return 'no card in the slot'", "no card in the slot"),
}


@pytest.fixture(scope="module")
def present(tmp_path_factory):
    site = Site(tmp_path_factory.mktemp("presence"))
    for name, (body, _) in PRESENCE.items():
        site.install(f"plugrad-{name}", name, backend(name, body), version="1.2")
    code = "".join(f"told({name!r}, lambda: plugrad.zeros(2, device={name!r}))\n" for name in PRESENCE)
    code += f"told('why', lambda: {{n: registry.why_unusable(registry.load(n)) for n in {list(PRESENCE)!r}}})\n"
    code += "told('devices', lambda: [str(d) for d in registry.devices()])\n"
    code += "from plugrad import cli\ntold('table', lambda: cli.main(['backends']))\n"
    return outcomes(site, code)


@pytest.mark.parametrize("name", PRESENCE)
def test_a_backend_that_can_not_be_used_says_so_without_raising(present, name):
    text = PRESENCE[name][1]
    assert text in present["why"]["result"][name]
    found = present[name]
    assert found["type"] == "BackendError"
    assert f"device '{name}' can't be used: {text}" in found["text"]
    assert f"plugrad-{name} 1.2" in found["text"]
    assert (found["cause"] == "None") == (name == "unplugged")
    assert present["devices"]["result"] == ["cpu"]
    assert present["table"]["result"] == 0


# Kernels that raise: the call, the type of the error, and what its note says.
BODY = """
def kernels(self):
    def fail(*args, **options):
        raise ValueError("the card is on fire")
    def first(*args, **options): return fail(*args, **options)
    def second(*args, **options): return fail(*args, **options)
    return {
        "exp": first, "cos": second, "multiply": lambda a, b: fail(), "sum": lambda *a, **o: fail(), "where": lambda *a, **o: fail(),
        "concat": lambda *a, **o: fail(), "sgd_step": lambda *a, **o: fail(), "place_": lambda *a, **o: fail(),
    }
"""
HEAD = "in op '{}' on backend 'hot' of plugrad-hot 1.2"
IN_GRADIENT = "in op '{}', in its gradient, on backend 'hot' of plugrad-hot 1.2"
KERNELS = {
    "unary": ("x.exp()", HEAD.format("exp") + ": the kernel 'exp' of plugrad-hot 1.2 raised this"),
    "binary": ("x * x", HEAD.format("multiply") + ": the kernel 'multiply' of plugrad-hot 1.2 raised this"),
    "reduction": ("x.sum()", HEAD.format("sum") + ": the kernel 'sum' of plugrad-hot 1.2 raised this"),
    "several": ("plugrad.cat([x, x])", HEAD.format("concat") + ": the kernel 'concat' of plugrad-hot 1.2 raised this"),
    "options": (
        "plugrad.where(x > 0, x, x)",
        HEAD.format("where") + ": the kernel 'where' of plugrad-hot 1.2 raised this",
    ),
    "in place": ("x.clone().exp_()", HEAD.format("exp") + ": the kernel 'exp' of plugrad-hot 1.2 raised this"),
    "within another": ("x.softmax(0)", HEAD.format("softmax") + ": the kernel 'exp' of plugrad-hot 1.2 raised this"),
    "gradient": (
        "x.clone().requires_grad_().sin().backward(x)",
        IN_GRADIENT.format("sin") + ": the kernel 'cos' of plugrad-hot 1.2 raised this",
    ),
    "vmap": (
        "plugrad.func.vmap(plugrad.exp)(x)",
        HEAD.format("exp") + ": the kernel 'exp' of plugrad-hot 1.2 raised this",
    ),
}


@pytest.fixture(scope="module")
def hot(tmp_path_factory):
    site = Site(tmp_path_factory.mktemp("hot"))
    site.install("plugrad-hot", "hot", backend("hot", BODY), version="1.2")
    code = "x = plugrad.tensor([1.0, 2.0], device='hot')\n"
    code += "".join(f"told({case!r}, lambda: {call})\n" for case, (call, _) in KERNELS.items())
    code += "told('cpu', lambda: plugrad.ones(2) @ plugrad.ones(3))\n"
    return outcomes(site, code)


@pytest.mark.parametrize("case", KERNELS)
def test_a_kernel_that_raises_is_named_in_a_note(hot, case):
    found = hot[case]
    assert (found["type"], found["text"]) == ("ValueError", "the card is on fire")
    assert found["notes"] == [KERNELS[case][1]]


def test_nothing_is_said_of_what_plugrad_itself_raises(hot):
    assert hot["cpu"]["type"] == "RuntimeError"
    assert hot["cpu"]["notes"] == []


# Kernels that return what they should not, under the debug switch.
WRONG = """
def kernels(self):
    return {
        "exp": lambda x: np.exp(x)[:1], "sin": lambda x: np.sin(x).astype("float64"), "cos": lambda x: None,
        "softmax": lambda x, **o: [x], "sum": lambda x, **o: 3.0, "linalg_qr": lambda x, **o: (x,),
        "tanh": lambda x: np.tanh(x),
    }

def synchronize(self, index=None):
    if Mine.fault is not None:
        fault, Mine.fault = Mine.fault, None
        raise fault

fault = None
"""
PROMISES = {
    "shape": ("x.exp()", "op 'exp'", "returned an array of shape [1] where the op has [2]"),
    "dtype": ("x.sin()", "op 'sin'", "returned an array of plugrad.float64 where the op has plugrad.float32"),
    "nothing": ("x.cos()", "op 'cos'", "returned NoneType, which is no array of the backend"),
    "number": ("x.sum()", "op 'sum'", "returned float, which is no array of the backend"),
    "too few": ("plugrad.linalg.qr(x.reshape(2, 1))", "op 'linalg_qr'", "returned 1 arrays where the op has 2"),
    "within another": ("plugrad.special.expit(x).logit().exp()", "op 'exp'", "shape [1] where the op has [2]"),
}


@pytest.fixture(scope="module")
def wrong(tmp_path_factory):
    site = Site(tmp_path_factory.mktemp("wrong"))
    site.install("plugrad-wrong", "wrong", backend("wrong", WRONG), version="1.2")
    code = "x = plugrad.tensor([1.0, 2.0], device='wrong')\n"
    code += "told('off', lambda: type(x.exp().raw).__name__)\n"
    code += "plugrad.set_debug_enabled(True)\n"
    code += "".join(f"told({case!r}, lambda: {call})\n" for case, (call, _, _) in PROMISES.items())
    code += """
told('right', lambda: x.tanh().tolist())
def late():
    type(x.device.backend).fault = OverflowError("misaligned address")
    return x.tanh()
told('late', late)
plugrad.set_debug_enabled(False)
told('again', lambda: [x.exp().shape, plugrad.is_debug_enabled()])
"""
    return {"": outcomes(site, code), "env": outcomes(
        site, "x = plugrad.tensor([1.0, 2.0], device='wrong')\ntold('shape', lambda: x.exp())\n", PLUGRAD_DEBUG="1"
    )}  # fmt: skip


@pytest.mark.parametrize("case", PROMISES)
def test_the_debug_switch_checks_what_kernels_return(wrong, case):
    found = wrong[""][case]
    _, *texts = PROMISES[case]
    assert found["type"] == "BackendError"
    assert all(text in found["text"] for text in (*texts, "on backend 'wrong'", "the kernel of plugrad-wrong 1.2"))


def test_the_debug_switch_can_be_set_by_the_environment_and_turned_off(wrong):
    assert wrong["env"]["shape"]["type"] == "BackendError"
    assert wrong[""]["off"]["result"] == "ndarray"
    assert wrong[""]["right"]["type"] is None
    assert wrong[""]["again"]["result"] == [[1], False]


def test_what_fails_later_is_named_under_the_debug_switch(wrong):
    """The device reports a fault when it is waited for: without the switch that may be many ops later."""
    found = wrong[""]["late"]
    assert (found["type"], found["text"]) == ("OverflowError", "misaligned address")
    assert found["notes"] == [
        "in op 'tanh' on backend 'wrong' of plugrad-wrong 1.2: the kernel 'tanh' of plugrad-wrong 1.2 raised this"
    ]


@pytest.fixture
def site(tmp_path):
    return Site(tmp_path)


def test_a_backend_that_disappears_between_listing_and_use(site):
    """Uninstalled while the process runs: whole, only its module, or only half of its metadata; in use, it goes on."""
    for name in ("whole", "module", "half", "used"):
        site.install(f"plugrad-{name}", name, backend(name), version="1.2")
    code = f"""
        import pathlib, shutil
        folder = pathlib.Path({str(site.folder)!r})
        x = plugrad.tensor([1.0, 2.0], device="used")
        listed = registry.installed()
        assert set(listed) >= {{"whole", "module", "half", "used"}}
        for name in ("whole", "used"):
            shutil.rmtree(folder / f"plugrad_{{name}}-1.2.dist-info")
            (folder / f"plugrad_{{name}}.py").unlink()
        (folder / "plugrad_module.py").unlink()
        (folder / "plugrad_half-1.2.dist-info" / "METADATA").unlink()
        (folder / "plugrad_half.py").unlink()
        for name in ("whole", "module", "half"):
            told(name, lambda: plugrad.zeros(2, device=name))
            told(name + " by its name", lambda: registry.load(name))
        told("used", lambda: ((x * 2).tolist(), plugrad.zeros(1, device="used").tolist()))
    """
    found = outcomes(site, code)
    assert found["whole by its name"]["type"] == "BackendError"
    assert "'whole' of plugrad-whole 1.2 was there before and is not installed" in found["whole by its name"]["text"]
    assert "plugrad-whole 1.2" in found["whole"]["text"] + found["whole"]["cause"]
    assert "backend 'module' of plugrad-module 1.2 failed to load: ModuleNotFoundError" in found["module"]["text"]
    assert found["module"]["cause"].startswith("ModuleNotFoundError")
    assert "plugrad_half" in found["half"]["text"]
    assert found["half"]["type"] == "BackendError"
    assert found["used"]["result"] == [[2.0, 4.0], [0.0]]


def test_metadata_that_can_not_be_read_hides_nobody_else(site):
    site.install("plugrad-good", "good", backend("good"))
    site.install("plugrad-torn", "torn", backend("torn"))
    (site.folder / "plugrad_torn-1.0.dist-info" / "entry_points.txt").write_text("[plugrad.backends]\ntorn\n")
    found = outcomes(site, "told('good', lambda: plugrad.ones(2, device='good').tolist())\n")
    assert found["good"]["result"] == [1.0, 1.0], found


def test_names_that_two_distributions_or_plugrad_claim(site):
    site.install("first", "mylib", backend("mylib"), version="1.0")
    site.install("second", "mylib", backend("mylib"), version="2.0")
    for name in ("numpy", "cupy"):
        site.install(f"not-{name}", name, "raise SystemExit('loaded')", version="3.0")
    code = """
        told("two", lambda: plugrad.zeros(2, device="mylib"))
        told("listed", registry.installed)
        told("ignored", registry.ignored)
        told("own", lambda: type(registry.load("numpy")).__module__)
        told("cupy", lambda: type(registry.load("cupy")).__module__)
    """
    found = outcomes(site, code)
    assert "backend 'mylib' is claimed by 2 distributions: first 1.0, second 2.0" in found["two"]["text"]
    assert found["listed"]["result"]["mylib"] == "first 1.0, second 2.0"
    assert found["own"]["result"] == "plugrad.backends.numpy.backend"
    assert found["cupy"]["result"] == "plugrad.backends.cupy.backend"
    for name in ("numpy", "cupy"):
        assert (
            f"not-{name} 3.0 claims the name '{name}', which is plugrad's own: it is not loaded"
            in found["ignored"]["result"]
        )


def test_kernel_plugins_that_fail_cost_only_their_own_kernels(site):
    def kernels(answer):
        return f"import plugrad\n@plugrad.hookimpl\ndef plugrad_kernels(backend):\n    return {answer}\n"

    good = "{'exp': lambda x: x * 0 + 7}"
    plugins = {
        "bad": ("numpy.bad", "raise ImportError('no compiler')"),
        "exits": ("numpy.exits", "raise SystemExit(1)"),
        "future": ("numpy.future", "plugrad_api = (9, 0)\n" + kernels(good)),
        "list": ("numpy.list", kernels("['exp']")),
        "uncallable": ("numpy.uncallable", kernels("{'exp': 3}")),
        "raises": ("numpy.raises", kernels("{}['missing']")),
        "hookless": ("numpy.hookless", "x = 1"),
        "twin-a": ("numpy.twin", kernels(good)),
        "twin-b": ("numpy.twin", kernels(good)),
        "blocked": ("numpy.blocked", kernels("{'exp': lambda x: x * 0 + 8}")),
        "good": ("numpy.good", kernels(good)),
        "later": ("numpy.later", kernels("{'exp': lambda x: x * 0 + 9, 'cos': lambda x: 1 / 0}")),
        "lost": ("nobody.good", kernels(good)),
    }
    for name, (entry, source) in plugins.items():
        site.install(f"kernels-{name}", entry, source, group="plugrad.kernels", version="0.1")
    code = """
        told("first", lambda: plugrad.tensor([1.0]).exp().tolist())
        told("failed", lambda: sorted(n for n in registry._failures if n.startswith("numpy.")))
        told("raises", lambda: plugrad.tensor([1.0]).cos())
        told("ignored", registry.ignored)
    """
    found = outcomes(site, code, PLUGRAD_DISABLE_BACKENDS="numpy.blocked, nonesuch")
    assert found["first"]["result"] == [7.0]
    warnings = found["first"]["warnings"]
    for name, text in {
        "bad": "ImportError: no compiler", "exits": "SystemExit: 1", "future": "was made for plugrad_api 9.0",
        "list": "returned list, not a mapping", "uncallable": "returned what is no kernel: exp",
        "raises": "KeyError: 'missing'", "hookless": "implements no plugrad_kernels()",
    }.items():  # fmt: skip
        (said,) = [w for w in warnings if f"'numpy.{name}'" in w and "are not used" in w]
        assert f"of kernels-{name} 0.1 failed to load" in said
        assert text in said
    (said,) = [w for w in warnings if "'numpy.twin'" in w]
    assert "kernels-twin-a 0.1, kernels-twin-b 0.1" in said
    assert len(warnings) == 8
    failed = ("bad", "exits", "future", "list", "uncallable", "raises", "hookless", "twin")
    assert found["failed"]["result"] == sorted(f"numpy.{name}" for name in failed)
    assert found["raises"]["type"] == "ZeroDivisionError"
    assert found["raises"]["notes"] == [
        "in op 'cos' on backend 'numpy' of plugrad: the kernel 'cos' of kernels-later 0.1 raised this"
    ]
    ignored = found["ignored"]["result"]
    assert "kernels 'numpy.blocked' of kernels-blocked 0.1 are disabled: PLUGRAD_DISABLE_BACKENDS names them" in ignored
    assert "kernels 'nobody.good' of kernels-lost 0.1 are for a backend that is not installed" in ignored
    assert "PLUGRAD_DISABLE_BACKENDS names 'nonesuch', which is not installed" in ignored


def test_a_disabled_backend_is_listed_and_says_who_disabled_it(site):
    site.install("plugrad-mylib", "mylib", "raise SystemExit('loaded')", version="1.2")
    code = """
        from plugrad import cli
        told("use", lambda: plugrad.zeros(2, device="mylib"))
        told("devices", lambda: [str(d) for d in registry.devices()])
        cli.main(["backends"])
    """
    done = site.run(PRELUDE + textwrap.dedent(code), PLUGRAD_DISABLE_BACKENDS="mylib")
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert "backend 'mylib' of plugrad-mylib 1.2 is disabled" in found[0]["text"]
    assert found[1]["result"] == ["cpu"]
    assert "mylib is unusable: backend 'mylib' of plugrad-mylib 1.2 is disabled" in done.stdout
