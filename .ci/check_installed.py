"""What is installed is whole and nothing more: typed, with the demo's example and the conformance kit, small."""

from importlib.metadata import distribution

# Half of it docstrings with examples that are run, of five hundred public functions; a tenth are the CUDA backend and
# the conformance kit. The wheel itself is under 1 MB.
LIMIT = 3_500_000  # bytes

# Without the bytecode, which Python writes and not the wheel.
files = {str(path): path.locate() for path in distribution("plugrad").files or () if path.suffix != ".pyc"}
size = sum(path.stat().st_size for path in files.values())
missing = {
    "plugrad/py.typed", "plugrad_pytest.py", "plugrad/testing/conformance/test_all_ops.py",
    "plugrad/_examples/digits.py",
    "plugrad/backends/cupy/kernels/common.cuh", "plugrad/backends/cupy/kernels/softmax.cu",
} - files.keys()  # fmt: skip
strangers = sorted(
    name
    for name in files
    if not name.startswith(("plugrad/", "plugrad-", "plugrad_pytest.py"))
    and not name.endswith(("bin/plugrad", "Scripts/plugrad.exe"))
)

print(f"{len(files)} files, {size:,} bytes")
if missing or strangers or size > LIMIT:
    raise SystemExit(f"missing: {sorted(missing)}, not plugrad's: {strangers}, limit: {LIMIT:,} bytes")
