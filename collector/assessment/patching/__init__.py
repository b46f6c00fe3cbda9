"""Patches below the applications: what applies to a line of stemcells, its stages, and who held them."""
