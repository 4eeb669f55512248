"""The page of two policies lives in `experiments.page`; ``solara run abm.browser.app`` goes on serving it."""

from experiments.page.app import Layout, Page  # noqa: TID251  (an address that people have)

__all__ = ["Layout", "Page"]
