"""Parts of the benchmark of active learning."""
