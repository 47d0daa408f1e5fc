"""How GPAW is compiled on a machine without MPI: `make gpaw`."""

mpi = False
noblas = False
nolibxc = False
fftw = True
libraries = ["xc", "openblas", "fftw3"]
compiler = "g++"
