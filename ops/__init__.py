"""The operator's commands for a deployed environment.

`.venv/bin/python -m ops VERB --env dev`, or `make VERB`.
Everything is found through the outputs of the environment's stack; there is nothing to remember or to copy.
"""
