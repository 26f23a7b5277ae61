"""Planners: agents that read the environment they are set to instead of learning."""
