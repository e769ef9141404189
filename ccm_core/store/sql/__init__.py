"""SQL that every database speaks: transactions, batches and column types."""
