"""The operator's verbs: check, run, look, take back, rewind, pause, mend.

`.venv/bin/python -m ops VERB --env dev`, or `make VERB`.
Everything is found from the outputs of the environment's stack; nothing has to be remembered or copied.
"""
