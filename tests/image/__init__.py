"""The worker's image, built from worker/Dockerfile and run as the synthesised task definition says: `make test-image`.

Once a session an environment is synthesised (`task.py`) and the image built (`conftest.py`); whatever the definition
says of user, file system, capabilities, memory, init process, stop time-out and variables becomes options of the
container engine, and a key that has no option here fails. The containers run nights between the sandbox's BambooHR and
Moodle, with their state and secrets in the emulated AWS.

It needs Python, Node, a container engine and what a build pulls. The engine is $CONTAINER_ENGINE (a command, such as
`docker`, or `sudo docker`), else docker where one answers, else podman. The stand-ins listen on loopback, so the
containers share the host's network: the engine has to run on this machine's own Linux, or to offer host networking.

A plain `pytest` leaves this folder out (`norecursedirs` in pyproject.toml).

What is compared of two builds
------------------------------
The second is made without a cache, from the directory that a deploy stages, with the file modes of a strict umask.
Layer by layer, every entry's path, kind, mode, owner, link and content have to be the same. Left out are the times of
files and of the image itself: only some builders can set them, each by an option of its own.

What differs from Fargate
-------------------------
The credentials of the emulator are variables, and AWS_ENDPOINT_URL leads to it; the log is read from the engine; the
share of a CPU is not limited, because a rootless engine often cannot. `no-new-privileges` is stricter than the task.
"""
