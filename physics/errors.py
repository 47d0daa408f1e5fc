"""The error that every floor raises for input it cannot use."""


class InputError(ValueError):
    """
    Input that cannot be used.

    The message says what was given, what was expected and what to do; the command line prints it
    without a traceback and exits with status 2.
    """
