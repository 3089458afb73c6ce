"""The app as it is, deployed to an emulator of AWS, and run there: `make test-e2e`.

What happens, once a session (`conftest.py`): ministack starts on a free port of loopback, in a virtual environment of
its own because it pins its own botocore. `make bootstrap` and `make deploy`, the commands that an engineer types, bring
the environment of `environment.toml` into it. The operator's part, the values of the two secrets, is done. The real
process (`python -m worker`) runs with exactly the variables of the deployed task definition, between the sandbox's
BambooHR and Moodle. A parameter changes and `make deploy` runs again. Every kind of end of the task goes through the
deployed rules, and a queue that is subscribed to the topic shows what an operator would read. `make pause` pauses it,
a deploy of another schedule enables the schedule again, whose run then does nothing, and `make resume` ends the pause.

A second environment of the same account begins as the templates of version 1.0.0 (the folder `former`), with a state
and secrets of its own, is paused, and is upgraded by `make deploy`. At the end `make destroy` removes both.

A task that an operator's command starts runs the worker as a process (`process_engine.py`). `make emulator` starts the
same emulator, with sandbox servers, to deploy to by hand (`__main__.py`).

It needs Python, Node and make; no container engine (`docker_stub.py` answers for one: the image itself is the business
of `make test-image`), no AWS account, no browser. Everything listens on loopback and ends with the session.

A plain `pytest` leaves this folder out (`norecursedirs` in pyproject.toml), so that it needs nothing but Python.
`pytest tests/e2e` works too: its first fixture calls `make setup-e2e`, which does nothing where all is
set up.

Where the emulator cannot judge
-------------------------------
`emulator_main.py` opens it in three places before it serves, each described there: events of `aws.ecs` may be put,
input paths may have an index, and an image that is not there is reported missing. What else it does not model, or
loses, is judged in tests/cdk_app, on the template:

- policies and trusts of roles, topic, queue and repository, and so that another account's credentials are refused:
  test_sync_task, test_schedules, test_alerting, test_registry, test_stacks;
- that a schedule starts the task, the command that a reconcile's gives it, retries and dead letters, and time zone and
  network, which are lost on the way to the emulator: test_schedules;
- where a message goes that a rule could not send: test_notifications;
- a field that only one element of an array lacks, which AWS's engine does not call absent: test_notifications;
- metric filters and alarms: test_alerting and test_log_filter. (The deployed pattern is read back here, and judged on
  the worker's real summary lines by the matcher of test_log_filter);
- the container's init process and dropped capabilities, CPU architecture, and that image and task agree on the user:
  test_sync_task;
- a secret without a value, which the emulator answers with an empty text and AWS with ResourceNotFoundException:
  test_sync_task, and test_credentials of the worker;
- the table's TTL, recovery and protection: test_state_table; what production keeps: test_stacks;
- the scan of an image, whose start it does not know: test_notifications, and test_after_deploy of ops;
- what lifecycle rules remove: test_registry; flow logs, and what the network lets pass: test_network.

The image's content is `make test-image`'s; the mail and the confirmation of its subscription are the RUNBOOK's.
"""
