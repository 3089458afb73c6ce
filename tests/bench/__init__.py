"""`make bench`: how fast the worker is, how much it takes, and whether the budgets are met.

The two systems are the sandbox's, served by this process; the worker, the naive loop and the bare client that it is
compared with are processes of their own and find the same servers with the same latency.

`rounds` measures the four kinds of change, `start` the CPU before the first call, `growth` how cost grows, `image` the
size of an image that is there, `budgets` judges. `real` puts a Moodle of one's own in the sandbox's place.
"""
