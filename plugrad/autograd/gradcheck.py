"""plugrad.autograd.gradcheck: derivatives against finite differences."""

from plugrad.testing.gradcheck import GradcheckError as GradcheckError
from plugrad.testing.gradcheck import gradcheck as gradcheck
from plugrad.testing.gradcheck import gradgradcheck as gradgradcheck

__all__ = ["GradcheckError", "gradcheck", "gradgradcheck"]
