"""Outlines: well-known binary, map units, paths, points and polygons."""

from __future__ import annotations

from math import cos, pi, radians, sin

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from maillage.territory.rules import outlines
from maillage.vocabulary.geo import crow_fly_km
from tests.territory.conftest import square, wkb_point, wkb_polygons

SQUARE = [[tuple(square(3.0, 50.0))]]
HOLED = [[tuple(square(3.0, 50.0, 0.4)), tuple(square(3.1, 50.1, 0.2))]]

map_points = st.tuples(st.integers(-5_000, 30_000), st.integers(-5_000, 30_000))
rings = st.lists(map_points, min_size=3, max_size=12).map(tuple)


@given(st.lists(rings, max_size=5))
def test_a_path_reads_back_as_it_was_written(found: list[outlines.MapRing]) -> None:
    assert outlines.read_path(outlines.write_path(found)) == found


def test_a_path_holds_no_needless_blank() -> None:
    path = outlines.write_path([((5, 7), (8, 7), (8, -2))])
    assert path == "M5 7l3 0 0-9z"


@st.composite
def stars(draw: st.DrawFn) -> tuple[outlines.Ring, outlines.Point]:
    """A ring around a centre, seen from which its points follow each other."""
    count = draw(st.integers(3, 14))
    x, y = draw(st.floats(-5, 8)), draw(st.floats(42, 51))
    reach = st.floats(0.02, 0.3)
    ring = []
    for step in range(count):
        distance, angle = draw(reach), 2 * pi * step / count
        ring.append((x + distance * cos(angle), y + distance * sin(angle)))
    return tuple(ring), (x, y)


@given(stars())
def test_the_centre_of_a_star_is_inside_and_far_points_are_not(
    star: tuple[outlines.Ring, outlines.Point],
) -> None:
    ring, centre = star
    assert outlines.contains([[ring]], centre)
    assert outlines.distance_km([[ring]], centre) == 0
    assert not outlines.contains([[ring]], (centre[0] + 1, centre[1]))


@given(stars(), st.floats(-0.35, 0.35), st.floats(-0.35, 0.35))
def test_point_in_polygon_agrees_with_winding(
    star: tuple[outlines.Ring, outlines.Point], dx: float, dy: float
) -> None:
    """An independent judge: the sum of the angles under which the sides are seen."""
    from math import atan2

    ring, (x, y) = star
    px, py = x + dx, y + dy
    turn = 0.0
    for (ax, ay), (bx, by) in zip(ring, ring[1:] + ring[:1], strict=True):
        cross = (ax - px) * (by - py) - (ay - py) * (bx - px)
        dot = (ax - px) * (bx - px) + (ay - py) * (by - py)
        assume(abs(cross) > 1e-12)
        turn += atan2(cross, dot)
    assert outlines.contains([[ring]], (px, py)) == (abs(turn) > pi)


@given(stars())
def test_an_interior_point_is_inside(star: tuple[outlines.Ring, outlines.Point]) -> None:
    ring, _ = star
    assert outlines.contains([[ring]], outlines.interior_point([[ring]]))


def test_a_hole_is_outside_and_holds_no_interior_point() -> None:
    assert not outlines.contains(HOLED, (3.2, 50.2))
    assert outlines.contains(HOLED, (3.05, 50.2))
    assert outlines.contains(HOLED, outlines.interior_point(HOLED))


def test_area_of_a_square_and_of_its_hole() -> None:
    side_ns = 0.4 * 111.195
    expected = side_ns * side_ns * cos(radians(50.2)) - (side_ns / 2) ** 2 * cos(radians(50.2))
    assert outlines.area_km2(HOLED) == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize(
    ("point", "nearest"),
    [((3.2, 50.05), (3.1, 50.05)), ((3.05, 49.9), (3.05, 50.0)), ((3.2, 50.2), (3.1, 50.1))],
)
def test_distance_to_a_polygon(point: tuple[float, float], nearest: tuple[float, float]) -> None:
    expected = crow_fly_km(point[1], point[0], nearest[1], nearest[0])
    assert outlines.distance_km(SQUARE, point) == pytest.approx(expected, rel=0.01)


@pytest.mark.parametrize("order", ["<", ">"])
def test_well_known_binary_reads_in_both_byte_orders(order: str) -> None:
    text = wkb_polygons(
        [square(3, 50)], [square(3.3, 50.3, 0.2), square(3.35, 50.35, 0.1)], order=order
    )
    polygons = outlines.read_wkb_polygons(text)
    assert [len(polygon) for polygon in polygons] == [1, 2]
    assert polygons[0][0] == tuple(square(3, 50))


def test_well_known_binary_with_a_reference_system() -> None:
    plain = bytes.fromhex(wkb_point(3.5, 50.25))
    with_srid = plain[:1] + (1 | 0x2000_0000).to_bytes(4, "little") + b"\xe6\x10\0\0" + plain[5:]
    assert outlines.read_wkb_point(with_srid.hex()) == (3.5, 50.25)


@pytest.mark.parametrize(
    "text", ["", "01", "0106", wkb_point(1, 2), wkb_polygons([square(3, 50)])[:-20], "zz"]
)
def test_other_binary_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - each cause has its own message
        outlines.read_wkb_polygons(text)


def test_map_units_drop_repeated_points_and_vanished_rings() -> None:
    near = 0.00001
    ring = ((3.0, 50.0), (3.0 + near, 50.0), (3.1, 50.0), (3.1, 50.1), (3.0, 50.0 + near))
    speck = ((3.0, 50.0), (3.0 + near, 50.0), (3.0, 50.0 + near))
    found = outlines.to_map_rings([[ring], [speck]])
    assert [len(one) for one in found] == [3]


def test_a_grid_keeps_the_border_of_neighbours_and_drops_what_is_too_small() -> None:
    left = ((0, 0), (11, 1), (12, 4), (9, 11), (0, 10))
    right = ((11, 1), (20, 0), (20, 10), (9, 11), (12, 4))
    speck = ((101, 1), (102, 1), (101, 2))

    assert outlines.to_grid([left, right, speck], 5) == [
        ((0, 0), (10, 0), (10, 5), (10, 10), (0, 10)),
        ((10, 0), (20, 0), (20, 10), (10, 10), (10, 5)),
    ]


def test_map_units_point_east_and_south() -> None:
    x, y = outlines.to_map_units(50.36, 3.52)
    east, _ = outlines.to_map_units(50.36, 3.53)
    _, south = outlines.to_map_units(50.35, 3.52)
    assert east > x
    assert south > y
    # One unit is 64 m of the projection, about 41 m on the ground here.
    metres = crow_fly_km(50.36, 3.52, 50.36, 3.53) * 1000
    assert metres / (east - x) == pytest.approx(64 * cos(radians(50.36)), rel=0.01)


def test_dissolving_neighbours_leaves_the_outer_border() -> None:
    left = outlines.write_path([((0, 0), (10, 0), (10, 10), (0, 10))])
    right = outlines.write_path([((10, 0), (20, 0), (20, 10), (10, 10))])
    (ring,) = outlines.read_path(outlines.dissolve([left, right]))
    assert set(ring) == {(0, 0), (10, 0), (20, 0), (20, 10), (10, 10), (0, 10)}
    assert len(ring) == 6


@given(st.sets(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=20))
def test_a_dissolved_border_encloses_the_same_cells(cells: set[tuple[int, int]]) -> None:
    """On a grid: a cell's middle is inside the border exactly when the cell was given."""
    paths = [
        outlines.write_path(
            [
                (
                    (10 * x, 10 * y),
                    (10 * x + 10, 10 * y),
                    (10 * x + 10, 10 * y + 10),
                    (10 * x, 10 * y + 10),
                )
            ]
        )
        for x, y in cells
    ]
    border = outlines.read_path(outlines.dissolve(paths))
    for x in range(-1, 7):
        for y in range(-1, 7):
            assert outlines.contains([border], (10 * x + 5, 10 * y + 5)) == ((x, y) in cells)
