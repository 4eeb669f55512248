"""What every test shares: no picture opens a window, and properties are tried on the same examples every time.

More and other examples: ``HYPOTHESIS_PROFILE=thorough pytest``.
"""

import os

from hypothesis import settings

os.environ["MPLBACKEND"] = "Agg"

# No deadline: the first example may have to wait for the compiler.
settings.register_profile("repeatable", derandomize=True, deadline=None, database=None, print_blob=True)
settings.register_profile("thorough", deadline=None, max_examples=2_000, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))
