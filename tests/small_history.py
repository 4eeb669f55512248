"""A small history that tests read, change and fit."""

TEXT = """
title = "A small history"
place = "Ruritania"
caseload = "uk-refused-2005"
policy = "uk-2002-2015"
until = 2007-01-01
households = 400

[unknown.ruritania_stock]
path = "caseload.households"
low = 155000
high = 283500

[[row]]
id = "R_2005"
what = "departures"
route = "assisted"
from = 2005-01-03
to = 2006-01-02
value = 3235
sampling = "poisson"
use = "calibrate"
mark = "primary"
source = "a ministry"

[[row]]
id = "R_2006"
what = "departures"
route = "assisted"
from = 2006-01-02
to = 2007-01-01
value = 5340
use = "validate"

[[row]]
id = "R_RATIO"
what = "departures"
route = "assisted"
from = 2005-01-03
to = 2006-01-02
origins = ["Iraq"]
over = "R_2005"
value = 0.2
use = "validate"

[[row]]
id = "R_STOCK"
what = "stock"
count = "households"
at = 0

[[row]]
id = "R_GONE"
what = "out of contact"
count = "households"
at = 52
over = "R_STOCK"
value = 0.1
sampling = { binomial = 116 }
use = "validate"

[[not_represented]]
id = "R_OTHER"
why = "nobody counted it"
"""
