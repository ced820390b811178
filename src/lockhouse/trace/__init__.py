"""Traces: what an answer was decided by, so that the next run can tell that nothing of it changed.

A trace is a list of questions (what is in this file, is there such a folder, what does this variable hold) and one
digest over all their answers. Where the same questions have the same answers, what was decided then is decided still,
and nothing has to be parsed to know it. Where one answer differs, or anything is unclear, a trace says nothing at all:
the content is judged anew.

Nothing here imports more than a start of Python has loaded already, but for hashlib.
"""
