"""Drills: what somebody practises who runs Doorstep, done by a machine, with figures."""
