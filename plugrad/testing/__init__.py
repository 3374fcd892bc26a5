"""Tools for tests: gradient checks, and the kit with which backends are proved."""

from plugrad.testing.comparison import BackendReport as BackendReport
from plugrad.testing.comparison import compare_backends as compare_backends
from plugrad.testing.gradcheck import GradcheckError as GradcheckError
from plugrad.testing.gradcheck import gradcheck as gradcheck
from plugrad.testing.gradcheck import gradgradcheck as gradgradcheck
