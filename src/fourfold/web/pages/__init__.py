"""The pages, a module a concern."""
