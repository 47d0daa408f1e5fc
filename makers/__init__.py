"""How one job is computed: Makers and the engine registry."""
