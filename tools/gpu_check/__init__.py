"""Everything about the CuPy backend that only a GPU can show: ``python -m tools.gpu_check``.

It checks, measures beside PyTorch where that is installed with CUDA, and writes a dated report into docs/gpu. With
``--dry`` it runs all of its own code at tiny sizes over the stand-in for CuPy, on any machine: that shows that the tool
works, and nothing about a GPU.
"""
