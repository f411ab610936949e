"""Saltmere Constabulary, a force that is not: the files that a real force would be sent, made from a seed.

It imports only `codes`, `errors` and the published contracts of `records.suppliers`, and nothing but the command line
imports it: what it plants is found, or not, by the ordinary commands alone.
"""
