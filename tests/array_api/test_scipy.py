"""SciPy's functions that are written for the standard, differentiated: code that knows nothing of plugrad."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

pytest.importorskip("scipy", minversion="1.15")

# SciPy reads the variable when it is imported: hence another process.
CODE = """
import scipy.integrate, scipy.optimize, scipy.special, scipy.stats
import plugrad

functions = [
    scipy.special.logsumexp, scipy.special.softmax, scipy.stats.gmean, scipy.stats.hmean, scipy.stats.skew,
    scipy.stats.kurtosis, scipy.stats.variation, scipy.integrate.trapezoid, scipy.optimize.rosen,
]
for function in functions:
    x = plugrad.tensor([1.0, 2.0, 4.0], dtype=plugrad.float64, requires_grad=True)
    y = function(x)
    assert isinstance(y, plugrad.Tensor), function
    assert plugrad.autograd.gradcheck(function, x), function
    print(function.__name__)
"""


def test_functions_of_scipy_are_differentiable():
    run = subprocess.run(
        [sys.executable, "-c", CODE], env={**os.environ, "SCIPY_ARRAY_API": "1"}, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
    assert len(run.stdout.split()) == 9
