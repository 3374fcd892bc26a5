"""Names, parameters and defaults of the namespace, against array-api-strict's; and what it says of itself."""

from __future__ import annotations

import importlib
import inspect
import math
import subprocess
import sys

import array_api_strict as strict
import numpy as np
import pytest

import plugrad
import plugrad.array_api as xp
from tests.array_api.test_conformance import STANDARD
from tests.conftest import load_plugin

KEYWORD = (inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)

# The version after has made the axis a required positional argument.
DEFAULTS_OF_2024 = {("expand_dims", "axis"): 0}


def agree(ours, theirs, name):
    """Whatever may be passed to the standard's function may be passed to ours, and means the same."""
    mine = inspect.signature(ours).parameters
    wanted = inspect.signature(theirs).parameters
    places = list(mine)
    for place, (key, parameter) in enumerate(wanted.items()):
        assert key in mine, f"{name}() has no parameter {key}"
        found = mine[key]
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY:
            assert found.kind in KEYWORD
        elif parameter.kind is inspect.Parameter.VAR_POSITIONAL:
            assert found.kind is parameter.kind
        else:
            assert found.kind in POSITIONAL
            assert places[place] == key
            if parameter.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD:
                assert found.kind in KEYWORD
        default = DEFAULTS_OF_2024.get((name, key), parameter.default)
        if type(default).__name__ == "Undef":
            default = None
        assert found.default == default
    for key, parameter in mine.items():
        assert key in wanted or parameter.default is not parameter.empty, f"{name}() needs {key}"


@pytest.mark.parametrize("name", [n for n in STANDARD if hasattr(xp, n)])
def test_signature(name):
    agree(getattr(xp, name), getattr(strict, name), name)


def test_only_names_of_the_standard_are_public():
    public = {name for name in vars(xp) if name.isidentifier() and not name.startswith("_")}
    assert public <= {name for name in strict.__all__ if not name.startswith("_")}


@pytest.mark.parametrize("name", [n for n in STANDARD if hasattr(xp, n)])
def test_documented(name):
    text = inspect.getdoc(getattr(xp, name))
    assert text
    assert text.partition("\n\n")[0].endswith(".")
    for parameter in inspect.signature(getattr(xp, name)).parameters:
        assert f"{parameter}:" in text, f"{name}() does not say what {parameter} is"


def test_constants_and_dtypes():
    assert (xp.e, xp.pi, xp.inf, xp.newaxis) == (math.e, math.pi, math.inf, None)
    assert math.isnan(xp.nan)
    assert xp.__array_api_version__ == "2024.12"
    for name in ("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"):
        assert getattr(xp, name).name == name
    for name in ("float32", "float64", "complex64", "complex128"):
        assert getattr(xp, name) is getattr(plugrad, name)


def test_the_namespace_of_a_tensor():
    x = plugrad.ones(2)
    assert x.__array_namespace__() is xp
    assert plugrad.array_api is xp
    for version in ("2021.12", "2022.12", "2023.12", "2024.12"):
        assert x.__array_namespace__(api_version=version) is xp
    with pytest.raises(ValueError, match="follows no version"):
        x.__array_namespace__(api_version="2031.12")


def test_the_namespace_of_a_tensor_elsewhere():
    load_plugin("strict")
    x = plugrad.ones(2, device="strict:1")
    namespace = x.__array_namespace__()
    assert namespace is (x + 1).__array_namespace__()
    assert namespace.zeros(2).device is x.device
    assert namespace.asarray([1.0]).device is x.device
    assert namespace.add is xp.add
    assert namespace.linalg is xp.linalg
    assert namespace.__array_api_version__ == "2024.12"
    assert namespace.__array_namespace_info__().default_device() is x.device
    assert repr(namespace) == "<plugrad.array_api on strict:1>"
    with plugrad.device("strict:1"):
        assert x.__array_namespace__() is xp


def test_extensions_can_be_imported():
    for name in ("linalg", "fft"):
        assert importlib.import_module(f"plugrad.array_api.{name}") is getattr(xp, name)
    code = "import plugrad.array_api.linalg as l; from plugrad.array_api import fft; assert l.matmul"
    subprocess.run([sys.executable, "-c", code], check=True)


class TestInfo:
    info = xp.__array_namespace_info__()

    def test_capabilities(self):
        found = self.info.capabilities()
        assert found["boolean indexing"] is True
        assert found["data-dependent shapes"] is True
        assert found["max dimensions"] == np.__array_namespace_info__().capabilities()["max dimensions"]

    def test_devices(self):
        assert self.info.default_device() == plugrad.device("cpu")
        assert self.info.default_device() in self.info.devices()
        for device in self.info.devices():
            assert xp.ones(2, device=device).device is device

    def test_default_dtypes(self):
        assert self.info.default_dtypes() == {
            "real floating": xp.float32,
            "complex floating": xp.complex64,
            "integral": xp.int64,
            "indexing": xp.int64,
        }
        assert self.info.default_dtypes(device="cpu") == self.info.default_dtypes()
        assert xp.asarray(1.0).dtype is self.info.default_dtypes()["real floating"]

    def test_dtypes(self):
        found = self.info.dtypes()
        assert sorted(found) == sorted(strict.__array_namespace_info__().dtypes())
        assert all(getattr(xp, name) is dtype for name, dtype in found.items())
        assert sorted(self.info.dtypes(kind="integral", device="cpu")) == [
            "int16", "int32", "int64", "int8", "uint16", "uint32", "uint64", "uint8",
        ]  # fmt: skip
        assert list(self.info.dtypes(kind=("bool", "complex floating"))) == ["bool", "complex64", "complex128"]
