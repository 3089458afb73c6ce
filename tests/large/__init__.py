"""Large companies: memory and calls at the size of the budgets."""
