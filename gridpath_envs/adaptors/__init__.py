"""The same lanes behind other APIs; each module imports the library it adapts to, and only that."""
