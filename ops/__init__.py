"""The operator's verbs: run, look, rewind, pause, mend. `python -m ops VERB --env dev`, or `make VERB ENV=dev`.

Everything is found from the outputs of the environment's stack; nothing has to be remembered or copied.
"""
