"""The assets, one module per zone of the graph."""
