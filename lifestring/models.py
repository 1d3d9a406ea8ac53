"""No tables: the project's own code has none. Django tells of migrations only apps that have this module."""
