"""How fast it is, beside its peers: `python -m benchmarks` (see docs/performance.md). Linux only."""
