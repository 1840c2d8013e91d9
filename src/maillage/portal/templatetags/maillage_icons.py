"""The signs of the screen, drawn once on a 24 x 24 grid. Each is decoration: a word goes beside
it."""

from __future__ import annotations

from django.utils.safestring import SafeString, mark_safe

SHAPES: dict[str, str] = {
    # the five meanings
    "ok": '<path d="m4 12.5 5.5 5.5L20 7"/>',
    "limit": '<circle cx="12" cy="12" r="8.5"/>'
    '<path class="full" d="M12 3.5a8.5 8.5 0 0 1 0 17z"/>',
    "late": '<circle cx="12" cy="12" r="8.5"/><path d="M12 7v5.5l3.5 2"/>',
    "hole": '<path d="M6 6l12 12M18 6 6 18"/>',
    "none": '<path d="M5 12h14"/>',
    # messages
    "info": '<circle cx="12" cy="12" r="9"/><path d="M12 11v5.5M12 7.5v.01"/>',
    "warning": '<path d="M12 4 2.5 20h19zM12 10v5M12 17.5v.01"/>',
    "error": '<circle cx="12" cy="12" r="9"/><path d="M12 7v6M12 16.5v.01"/>',
    "success": '<circle cx="12" cy="12" r="9"/><path d="m7.5 12.5 3 3 6-6.5"/>',
    # acts
    "search": '<circle cx="10.5" cy="10.5" r="6.5"/><path d="m20 20-4.8-4.8"/>',
    "phone": '<path d="M5 4h4l1.5 5-2 1.5a12 12 0 0 0 5 5l1.5-2 5 1.5v4a1.5 1.5 0 0 1-1.5 1.5'
    'A15.5 15.5 0 0 1 3.5 5.5 1.5 1.5 0 0 1 5 4z"/>',
    "print": '<path d="M7 9V4h10v5M7 17H4V9h16v8h-3M7 14h10v6H7z"/>',
    "link": '<path d="M10 14a4 4 0 0 0 6 0l3.5-3.5a4 4 0 0 0-6-6L12 6M14 10a4 4 0 0 0-6 0'
    'l-3.5 3.5a4 4 0 0 0 6 6L12 18"/>',
    "download": '<path d="M12 4v11M7.5 11l4.5 4.5 4.5-4.5M5 20h14"/>',
    "up": '<path d="m6 15 6-6 6 6"/>',
    "down": '<path d="m6 9 6 6 6-6"/>',
    "both": '<path d="m8 10 4-4 4 4M8 14l4 4 4-4"/>',
    "next": '<path d="m9 6 6 6-6 6"/>',
    "previous": '<path d="m15 6-6 6 6 6"/>',
    "person": '<circle cx="12" cy="8" r="4"/><path d="M4 20.5c.8-4 4-6 8-6s7.2 2 8 6"/>',
    "who": '<circle cx="5" cy="18" r="2.5"/><circle cx="19" cy="6" r="2.5"/>'
    '<path d="M7.5 18H12a3 3 0 0 0 3-3V9a3 3 0 0 1 1.5-3"/>',
    # the intentions of the rail
    "orienter": '<circle cx="5" cy="18" r="2.5"/><circle cx="19" cy="6" r="2.5"/>'
    '<path d="M7.5 18H12a3 3 0 0 0 3-3V9a3 3 0 0 1 1.5-3"/>',
    "organiser": '<path d="M4 6h16v14H4zM4 10.5h16M8.5 3v4M15.5 3v4M8 15h3"/>',
    "accorder": '<path d="M6 3h9l4 4v14H6zM14.5 3v5H19M9 12.5h6.5M9 16.5h4"/>',
    "connaitre": '<path d="m3 6 6-2.5 6 2.5 6-2.5V18l-6 2.5L9 18l-6 2.5zM9 3.5V18M15 6v14.5"/>',
    "prevenir": '<path d="M12 3 4.5 6v6c0 4.5 3 7.5 7.5 9 4.5-1.5 7.5-4.5 7.5-9V6zM9 12l2.2 2.2'
    'L15.5 10"/>',
    "former": '<path d="M2 9.5 12 5l10 4.5L12 14zM6.5 12v5c3.5 2.5 7.5 2.5 11 0v-5"/>',
    "annuaire": '<path d="M5 3h14v18H5zM3 8h3M3 12h3M3 16h3"/><circle cx="12.5" cy="10" r="2"/>'
    '<path d="M9 16.5c.6-2 1.9-3 3.5-3s2.9 1 3.5 3"/>',
    "administrer": '<path d="M4 7h9M17 7h3M4 17h3M11 17h9"/><circle cx="15" cy="7" r="2.2"/>'
    '<circle cx="9" cy="17" r="2.2"/>',
    "accueil": '<path d="M4 11 12 4l8 7M6 9.5V20h12V9.5"/>',
}

INTENTIONS: dict[str, str] = {
    "Orienter": "orienter",
    "Organiser": "organiser",
    "S'accorder": "accorder",
    "Connaître": "connaitre",
    "Prévenir": "prevenir",
    "Former et chercher": "former",
    "Annuaire": "annuaire",
    "Administrer": "administrer",
}
"""The sign of each intention of the rail, by its label on screen."""


def draw(name: str) -> SafeString:
    """The sign as inline SVG, hidden from screen readers. Raises KeyError for an unknown name:
    a missing sign is a defect of the page, not something to hide."""
    return mark_safe(  # noqa: S308 - every shape is a constant of this file
        '<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">'
        f"{SHAPES[name]}</svg>"
    )
