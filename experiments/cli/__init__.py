"""`returns …`: the command line, one file a command, each as thin as can be."""
