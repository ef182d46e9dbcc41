"""The workshop of the reviews: domains, clauses, verdicts and the patterns that join them."""
