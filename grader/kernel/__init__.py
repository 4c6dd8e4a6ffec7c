"""The trusted half of the process boundary: starting kernels, running cells, asking for values, noticing death."""
