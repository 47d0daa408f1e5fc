"""The local runner: jobflow flows on worker processes of this machine, resumable."""
