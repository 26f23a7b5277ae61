"""Maps, levels and the exact oracle."""

from gridpath_envs.maps.grid_map import GridMap
from gridpath_envs.maps.movingai import (
    Scenario,
    load_map,
    load_scenario,
    map_path,
    scenario_map,
    scenario_path,
    shipped_maps,
)
from gridpath_envs.maps.oracle import (
    distances_to,
    optimal_actions,
    optimal_values,
    shortest_path,
    shortest_path_length,
)

__all__ = [
    "GridMap",
    "Scenario",
    "distances_to",
    "load_map",
    "load_scenario",
    "map_path",
    "optimal_actions",
    "optimal_values",
    "scenario_map",
    "scenario_path",
    "shipped_maps",
    "shortest_path",
    "shortest_path_length",
]
