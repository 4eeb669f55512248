"""What every test shares: no picture opens a window, and properties are tried on the same examples every time.

More and other examples: ``HYPOTHESIS_PROFILE=thorough pytest``.
"""

import os

import pytest
from hypothesis import settings

os.environ["MPLBACKEND"] = "Agg"

pytest_plugins = ["browser_fixtures"]

# No deadline: the first example may have to wait for the compiler.
settings.register_profile("repeatable", derandomize=True, deadline=None, database=None, print_blob=True)
settings.register_profile("thorough", deadline=None, max_examples=2_000, print_blob=True)
settings.register_profile("few", derandomize=True, deadline=None, database=None, max_examples=15)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stand-in for the model."""
    import tiny_model

    tiny_model.install(monkeypatch.setattr)
