"""Where the small reference tables stand: in the project's folder, or in the package where that is all there is."""

from __future__ import annotations

from pathlib import Path

_PROJECT = Path(__file__).parents[2] / "results" / "reference"
_PACKAGED = Path(__file__).with_name("reference_tables")

#: ``results/reference``, which a package carries along.
REFERENCE = _PROJECT if _PROJECT.is_dir() else _PACKAGED
