"""The tab that answers: what B changes against A, in people and in money, and what would turn it."""
