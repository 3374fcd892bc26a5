"""dtypes for array libraries whose dtypes are NumPy's: NumPy itself, and CuPy."""

from __future__ import annotations

import importlib
from typing import Any, Final

import numpy as np

from plugrad.core import dtypes
from plugrad.core.dtypes import dtype as DType
from plugrad.core.errors import BackendError


class _Dtypes(dict[DType, Any]):
    """NumPy's dtypes by plugrad's; bfloat16 is ml_dtypes', which is imported when it is asked for."""

    def __missing__(self, key: DType) -> Any:
        if key is not dtypes.bfloat16:
            raise KeyError(key)
        try:
            raw = np.dtype(importlib.import_module("ml_dtypes").bfloat16)
        except ImportError as error:
            raise BackendError(
                f"bfloat16 is ml_dtypes' on the host, and ml_dtypes can't be imported: {error}\n"
                'Hint: pip install "plugrad[bfloat16]".'
            ) from error
        self[key] = raw
        OF_RAW[raw] = key
        return raw

    def __contains__(self, key: object) -> bool:
        return key is dtypes.bfloat16 or dict.__contains__(self, key)


RAW: Final = _Dtypes({d: np.dtype(d.name) for d in dtypes.ALL if d is not dtypes.bfloat16})
OF_RAW: Final[dict[Any, DType]] = {raw: d for d, raw in RAW.items()}

#: The complex dtype of each real one.
COMPLEX: Final[dict[Any, Any]] = {np.dtype("f4"): np.dtype("c8"), np.dtype("f8"): np.dtype("c16")}

_KINDS: Final = {
    "bool": "b", "signed integer": "i", "unsigned integer": "u", "integral": "iu", "real floating": "f",
    "complex floating": "c", "numeric": "iufc",
}  # fmt: skip


def isdtype(dtype: Any, kind: Any) -> bool:
    """np.isdtype, which is CuPy's too, takes a microsecond, and knows no dtype of another package."""
    code = _KINDS.get(kind) if isinstance(kind, str) else None
    if dtype.kind == "V":
        # bfloat16.
        return code is not None and "f" in code
    return bool(np.isdtype(dtype, kind)) if code is None else dtype.kind in code
