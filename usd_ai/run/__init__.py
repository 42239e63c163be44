"""Where work runs: warm child processes, limits for hostile files, locks and the clock."""
