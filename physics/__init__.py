"""The science as functions of arrays and structures; imports nothing from the floors above."""
