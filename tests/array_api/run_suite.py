"""Run the standard's public suite, github.com/data-apis/array-api-tests, on plugrad.array_api, where there is a clone.

The environment variable ARRAY_API_TESTS names its folder. Arguments go to pytest. Tests of the list of expected failures
that pass are shown: their line goes, unless they fail with other examples.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def main(arguments: list[str]) -> int:
    named = os.environ.get("ARRAY_API_TESTS")
    if not named:
        print("ARRAY_API_TESTS names no clone of github.com/data-apis/array-api-tests: the suite is not run")
        return 0
    folder = Path(named)
    if not (folder / "array_api_tests").is_dir():
        print(f"ARRAY_API_TESTS={named} is no clone of github.com/data-apis/array-api-tests")
        return 2
    # In one word: a path of its own would make pytest look for its settings where this file is.
    xfails = f"--xfails-file={HERE / 'suite_xfails.txt'}"
    command = [sys.executable, "-m", "pytest", "array_api_tests", xfails, "-rfEX"]
    settings = {"ARRAY_API_TESTS_MODULE": "plugrad.array_api", "ARRAY_API_TESTS_VERSION": "2024.12"}
    return subprocess.run(
        [*command, "--disable-deadline", *arguments], cwd=folder, env={**os.environ, **settings}
    ).returncode


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
