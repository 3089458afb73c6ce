"""What `./lxp` needs to reach a deployed environment. Everything is found through the outputs of its stack."""
