"""Search: policies that no other beats on what one cares about, and the worlds in which a policy fails."""
