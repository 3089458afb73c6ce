"""The worker's image, built from worker/Dockerfile and run as the synthesised task definition says: `make test-image`.

Once a session an environment is synthesised (`task.py`) and the image built (`conftest.py`); what the definition
says of user, file system, capabilities, memory, init process, stop time-out and variables becomes options of the
container engine, and a key without an option here fails. The containers run between the sandbox's BambooHR and
Moodle, with their state and secrets in the emulated AWS.

`test_deployed.py` covers the whole way: `make deploy` to the emulator of tests/e2e, with this engine building what it
publishes; then the same image, with the variables of the registered task definition, and the deployed table and
secrets. `test_unit_suite.py` runs the worker's unit suite in the image's own Python.

It needs Python, Node, make, a container engine, what a build pulls, and a package index for the unit suite's tools. The
engine is $CONTAINER_ENGINE (a command, such as `docker`, or `sudo docker`), else docker if it answers, else podman.
The sandbox servers listen on loopback, so the containers share the host's network: the engine has to run on this
machine's own Linux, or to offer host networking. Measured figures are printed at the end.

A plain `pytest` excludes this folder (`norecursedirs` in pyproject.toml).

What two builds are compared by
-------------------------------
The second is made without a cache, from the directory that a deploy stages, with the file modes of a strict umask.
In every layer, each entry's path, kind, mode, owner, link and content must be the same. The times of files and of the
image are not compared: only some builders can set them, each by an option of its own.

What differs from Fargate
-------------------------
The credentials of the emulator are variables, and AWS_ENDPOINT_URL is its address; the log is read from the engine; the
share of a CPU is not limited, because a rootless engine often cannot limit it. `no-new-privileges` is stricter than the
task. The unit suite has a /tmp in memory and its tests, read-only, and is otherwise confined as the task is.
"""
