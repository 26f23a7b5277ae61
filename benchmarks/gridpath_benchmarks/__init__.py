"""The benchmark: suites of scenarios and agents, run, scored against exact optimal paths, and reported.

Importing this package imports nothing else; the parts are `suite`, `runner`, `evaluation`, `store`, `metrics`,
`statistics`, `table` and `report`.
"""
