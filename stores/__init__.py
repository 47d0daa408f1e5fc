"""What is kept: documents, the SQLite store, recordings, builders and the query API."""
