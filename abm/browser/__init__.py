"""The page: two policies side by side on the same households.

``returns serve`` or ``solara run experiments.page.app`` opens it; ``solara run abm.browser.mesa_page`` opens
Mesa's own stock page on the same model.  Needs the extra ``browser``.

A change of the set-up runs the whole horizon at once.  What happened is sent to the browser as compact
text and played there; nothing is driven from Python frame by frame.
"""
