"""Transport of ions: from paths to diffusivities, conductivities and activation energies."""
