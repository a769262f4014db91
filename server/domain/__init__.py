"""The rules of Doorstep: facts and `now` in, a decision or an error out.

Standard library only, no clock, no random, no I/O; the tablet's companion imports it too.
"""
