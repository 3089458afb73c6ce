"""The app as it is, deployed to an emulator of AWS, run there, and heard from: `make test-e2e`.

What happens, once a session (`conftest.py`): ministack starts on a free port of loopback, in a virtual environment of
its own because it pins its own botocore. `make bootstrap` and `make deploy`, the verbs that an engineer types, bring
the environment of `environment.toml` into it. The operator's part, the values of the two secrets, is done. The real
process (`python -m worker`) runs its nights with exactly the variables of the deployed task definition, between the
sandbox's BambooHR and Moodle. A parameter changes and `make deploy` runs again. Every kind of end of the task goes
through the deployed rules, and a queue that is subscribed to the topic tells what an operator would read.

It needs Python, Node and make; no container engine (`docker_stub.py` answers for one: the image itself is the business
of `make test-image`), no AWS account, no browser. Everything listens on loopback and ends with the session.

A plain `pytest` leaves this folder out (`norecursedirs` in pyproject.toml), so that it needs nothing but Python.
`pytest tests/e2e` works too, from anywhere: the first fixture calls `make setup-e2e`, which does nothing where all is
set up.

Where the emulator cannot judge
-------------------------------
`emulator_main.py` opens it in three places before it serves, each described there: events of `aws.ecs` may be put,
input paths may have an index, and an image that is not there is reported missing. What else it does not model, or
loses, is judged on the template, in tests/cdk_app:

=============================================================== =======================================================
policies and trusts of roles, topic, queues and repository      test_sync_task, test_nightly_schedule, test_alerting,
                                                                test_registry, test_stacks
the schedule's start of the task, retries, dead letters;        test_nightly_schedule
its time zone and network (the emulator drops both)
delivery of what a rule could not send to the dead-letter queue test_task_end
metric filters and alarms (the patterns are judged here on the  test_alerting, test_log_filter
worker's real summary lines, by a matcher of the tests)
the container's init process and dropped capabilities,          test_sync_task
CPU architecture; that image and user agree
a secret without a value (the emulator answers an empty text    test_sync_task; worker: test_credentials
where AWS says ResourceNotFoundException)
the table's TTL, point-in-time recovery, deletion protection    test_state_table
what a lifecycle rule or a retention period removes             test_registry, test_sync_task
flow logs (not known to it at all) and what a network lets pass test_public_network
the mail itself, and the confirmation of its subscription       by hand: RUNBOOK
=============================================================== =======================================================
"""
