"""Figures, ledgers and exports: what the shop knows of itself, counted by the worker and read by pages."""
