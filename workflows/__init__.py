"""What is computed: flows, studies, the local runner, the command line and the report."""
