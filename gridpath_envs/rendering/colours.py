"""The colours of every picture, told apart by the colour-blind too (Okabe & Ito 2008)."""

from __future__ import annotations

GROUND = (246, 245, 241)
GRID_LINE = (226, 224, 217)
TERRAIN = {
    ".": GROUND,
    "G": GROUND,
    "S": (198, 205, 160),
    "R": (214, 208, 196),
    "D": (238, 219, 168),
    "H": (30, 40, 80),
    "@": (52, 58, 70),
    "O": (20, 22, 28),
    "T": (58, 110, 84),
    "W": (110, 160, 205),
}
TERRAIN |= {code: (204, 121, 167) for code in "12345678"}  # portals
START = (0, 114, 178)
GOAL = (0, 158, 115)
AGENT = (213, 94, 0)
