"""One household's mind, as scalar rules that read like the paper: stages, beliefs, offers, decision."""
