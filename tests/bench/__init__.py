"""`make bench`: how fast the worker is, how much it takes, and whether the budgets are met.

The sandbox servers run in this process; the worker, and the loop and the bare client that it is compared with, are
processes of their own, with the same servers and the same latency.

`rounds` measures the four kinds of change, `start` the CPU before the first call, `growth` how cost grows, `image` the
size of a built image; `budgets` judges. `real` replaces the sandbox's Moodle by a real one.
"""
