"""A year of a municipality of 1,200, and a reckoning of its letters that knows nothing of the code that makes them.

`municipality` says who there is, `life` lets people act through the real actions, `picture` reads plain rows after each
turn of the clock, `reasons` says what holds then, and `reckoning` what should have been written and told.
"""
