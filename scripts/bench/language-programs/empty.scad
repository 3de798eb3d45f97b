// Nothing to evaluate: what is timed is the start of the process.
