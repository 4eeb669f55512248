"""Libraries that the visitors' threads come to use, imported before anybody comes.

What a thread imports for the first time is half made for the others meanwhile; Reacton and Altair, which look
libraries up in ``sys.modules`` while they draw, then fail.  ``tests/page/test_imports.py`` says what is missing.
"""

import altair
import pandas
import pycountry
import scipy.special
import scipy.stats
import vl_convert

EARLY = (altair, pandas, pycountry, scipy.special, scipy.stats, vl_convert)
