"""Kernels and the state they work on: numpy and Numba only, no Gymnasium."""
