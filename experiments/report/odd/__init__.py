"""The ODD+D protocol of the model, made from its declarations: ``python -m experiments.report.odd``."""
