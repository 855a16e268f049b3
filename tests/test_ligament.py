"""What still separates two electrodes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage
from skimage.graph import MCP_Geometric

from crevasse import RunVolume, distance, ligament

from strategies import threads

spacings = st.sampled_from([(1.0, 1.0, 1.0), (2.0, 1.0, 0.5), (1.3, 0.7, 2**0.5), (1.0, 3.0, 1.0)])
faces = st.sampled_from(["min", "max"])
small_shapes = st.one_of(
    st.tuples(st.integers(1, 5), st.integers(1, 6), st.integers(1, 9)),
    st.tuples(st.integers(1, 8), st.integers(1, 12)),
)


@st.composite
def scenes(draw):
    """Open voxels, two electrodes (masks, now and then empty, or faces), and a spacing."""
    shape = draw(small_shapes)
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    open_ = rng.random(shape) < draw(st.sampled_from([0.0, 0.03, 0.1, 0.2]))
    electrodes = []
    for _ in range(2):
        if draw(st.booleans()):
            axis = draw(st.sampled_from("zyx"[-len(shape) :]))
            electrodes.append(axis + draw(faces))
        else:
            electrodes.append(rng.random(shape) < draw(st.sampled_from([0.02, 0.05, 0.1])))
    return open_, *electrodes, draw(spacings)[-len(shape) :]


def voxels_of(electrode, shape):
    """Those of a mask, or those outside of a face."""
    if not isinstance(electrode, str):
        return np.argwhere(electrode)
    axis = "zyx"[-len(shape) :].index(electrode[0])
    ranges = [range(n) for n in shape]
    ranges[axis] = [-1] if electrode.endswith("min") else [shape[axis]]
    return np.array(np.meshgrid(*ranges, indexing="ij")).reshape(len(shape), -1).T


def apart(a, b, spacing):
    """How far two sets of voxels, as closed boxes, lie apart: every voxel with every other one."""
    if not len(a) or not len(b):
        return np.inf
    gap = np.maximum(abs(a[:, None] - b[None]) - 1, 0) * spacing
    return np.sqrt((gap**2).sum(axis=2)).min()


def slow_ligament(open_, working, counter, spacing):
    """All distances between bodies, then the shortest way by Floyd and Warshall."""
    labels, count = ndimage.label(open_, np.ones((3,) * open_.ndim))
    bodies = [voxels_of(working, open_.shape), voxels_of(counter, open_.shape)]
    bodies += [np.argwhere(labels == i + 1) for i in range(count)]
    way = np.array([[apart(a, b, spacing) for b in bodies] for a in bodies])
    for k in range(len(bodies)):
        way = np.minimum(way, way[:, k, None] + way[None, k])
    return way[0, 1]


def check_pieces(found, open_, working, counter, spacing):
    """The way is whole: each piece as long as its ends are apart, and these lie on their bodies."""
    axes = "zyx"[-open_.ndim :]
    pieces = found.pieces
    ends = {e: np.stack([pieces[f"{e}_{a}"] for a in axes], axis=-1) for e in ("begin", "end")}
    lengths = np.linalg.norm(ends["end"] - ends["begin"], axis=1)
    np.testing.assert_allclose(lengths, pieces["length"])
    assert (pieces["length"] > 0).all()
    assert pieces["length"].sum() == pytest.approx(found.length)
    labels, _ = ndimage.label(open_, np.ones((3,) * open_.ndim))
    for end in ends:
        for i, label in enumerate(pieces[f"label_{end}"]):
            if label > 0:
                body = np.argwhere(labels == label)
            else:
                body = np.concatenate([voxels_of(e, open_.shape) for e in (working, counter)])
            away = np.maximum(abs(body - ends[end][i] / spacing) - 0.5, 0).max(axis=1)
            assert away.min() < 1e-9


@given(scenes(), threads)
def test_the_way_is_the_shortest_between_bodies_of_boxes(scene, n_threads):
    open_, working, counter, spacing = scene
    found = ligament(open_, working, counter, spacing=spacing, n_threads=n_threads)
    expected = slow_ligament(*scene)
    assert found.length == pytest.approx(expected, rel=1e-12, abs=1e-12)
    assert found.bridged == (expected == 0)
    if np.isfinite(expected):
        check_pieces(found, *scene)
    else:
        assert (found.n_pieces, found.longest_piece) == (0, np.inf)


@given(scenes())
def test_chains_of_neighbours_are_never_shorter(scene):
    open_, working, counter, spacing = scene
    shape = tuple(n + 2 for n in open_.shape)
    cost = np.full(shape, -1.0)
    cost[(slice(1, -1),) * open_.ndim] = ~open_
    ends = [voxels_of(e, open_.shape) + 1 for e in (working, counter)]
    if not all(len(e) for e in ends):
        return
    for end in ends:
        cost[tuple(end.T)] = 0
    chains = MCP_Geometric(cost, fully_connected=True, sampling=spacing).find_costs(ends[0])[0]
    found = ligament(open_, working, counter, spacing=spacing)
    assert found.length <= chains[tuple(ends[1].T)].min() + 1e-9


@given(scenes())
def test_electrodes_can_be_exchanged_and_the_volume_turned(scene):
    open_, working, counter, spacing = scene
    length = ligament(open_, working, counter, spacing=spacing).length
    back = ligament(open_, counter, working, spacing=spacing)
    assert back.length == pytest.approx(length, rel=1e-12)
    other = {"min": "max", "max": "min"}
    for axis, name in enumerate("zyx"[-open_.ndim :]):
        turned = [
            (e[0] + other[e[1:]] if e[0] == name else e) if isinstance(e, str) else np.flip(e, axis)
            for e in (working, counter)
        ]
        found = ligament(np.flip(open_, axis), *turned, spacing=spacing)
        assert found.length == pytest.approx(length, rel=1e-12)


@given(scenes(), st.integers(0, 2**32 - 1))
def test_more_open_voxels_leave_no_more_to_break(scene, seed):
    open_, working, counter, spacing = scene
    more = open_ | (np.random.default_rng(seed).random(open_.shape) < 0.1)
    before = ligament(open_, working, counter, spacing=spacing).length
    assert ligament(more, working, counter, spacing=spacing).length <= before + 1e-12


@pytest.fixture(scope="module")
def close_look():
    """Solid is looked for in ever wider boxes around a bridge: in small volumes too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("crevasse._ligament._MARGIN", 1)
        yield


@pytest.mark.usefixtures("close_look")
@given(scenes())
def test_the_bottleneck_is_the_width_below_which_the_electrodes_part(scene):
    open_, working, counter, spacing = scene
    rng = np.random.default_rng(1)
    open_ = open_ | (rng.random(open_.shape) < 0.5)  # more of them are bridged
    found = ligament(open_, working, counter, spacing=spacing)
    joined = np.ones((3,) * open_.ndim)
    free, ends = open_.copy(), []
    for electrode in (working, counter):
        outer = np.zeros(tuple(n + 2 for n in open_.shape), bool)
        outer[tuple((voxels_of(electrode, open_.shape) + 1).T)] = True
        near = ndimage.binary_dilation(outer, joined)[(slice(1, -1),) * open_.ndim]
        if isinstance(electrode, str):
            near &= True
        else:
            free |= electrode
        ends.append(open_ & near)
    width = distance(free, spacing=spacing)

    def joins(least):
        labels, _ = ndimage.label(open_ & (width >= least), joined)
        a, b = (np.unique(labels[end]) for end in ends)
        return np.intersect1d(a[a > 0], b[b > 0]).size > 0

    expected = max((w for w in np.unique(width[open_]) if joins(w)), default=None)
    if expected is None:
        assert np.isnan(found.bottleneck)
        assert found.bottleneck_voxel is None
    else:
        assert found.bridged
        assert found.bottleneck == 2 * expected
        assert open_[found.bottleneck_voxel]
        assert width[found.bottleneck_voxel] == expected


@pytest.mark.usefixtures("close_look")
def test_solid_far_from_a_bridge_counts_for_its_width():
    open_, working, counter = (np.zeros((30, 31), bool) for _ in range(3))
    open_[2:, 15] = working[2:, 2:15] = counter[2:, 16:] = True  # solid is above, and on the left
    assert ligament(open_, working, counter).bottleneck == 2 * 14


# --- scenes that are known -------------------------------------------------------------------


def test_rods_that_face_each_other_leave_the_gap_between_them():
    open_ = np.zeros((5, 5, 40), bool)
    open_[2, 2, :12] = open_[2, 2, 29:] = True
    found = ligament(open_, "xmin", "xmax", spacing=(1, 1, 0.5), unit="um")
    assert found.length == 17 * 0.5
    assert found.longest_piece == found.length
    piece = next(found.pieces.rows())
    assert (piece["label_begin"], piece["label_end"]) == (1, 2)
    assert (piece["begin_x"], piece["end_x"]) == (11.5 * 0.5, 28.5 * 0.5)
    assert (piece["begin_z"], piece["end_y"]) == (2, 2)
    assert found.unit == found.pieces.units["length"] == "um"


@pytest.mark.parametrize("spacing", [(1.0, 1.0), (3.0, 1.0), (0.7, 1.9)])
@pytest.mark.parametrize(("dy", "dx"), [(1, 5), (4, 4), (3, 7), (9, 2)])
def test_rods_aside_leave_the_straight_line_between_their_corners(spacing, dy, dx):
    open_ = np.zeros((15, 30), bool)
    open_[2, :10], open_[2 + dy, 9 + dx :] = True, True
    found = ligament(open_, "xmin", "xmax", spacing=spacing)
    between = np.hypot((dy - 1) * spacing[0], (dx - 1) * spacing[1])
    past_the_first = (9 + dx) * spacing[1]  # from the face straight to the second rod
    assert found.length == pytest.approx(min(between, past_the_first))
    assert found.n_pieces == 1


def test_a_pore_is_a_stepping_stone_where_it_shortens_the_way():
    open_ = np.zeros((21, 60), bool)
    open_[10, :20] = open_[10, 40:] = True
    assert ligament(open_, "xmin", "xmax").length == 20
    near = open_.copy()
    near[10:14, 28:32] = True
    found = ligament(near, "xmin", "xmax")
    assert found.length == 16
    assert found.pieces["length"].tolist() == [8, 8]
    assert found.pieces["label_begin"].tolist() == [1, 2]
    assert found.pieces["label_end"].tolist() == [2, 3]
    far = open_.copy()
    far[19, 28:32] = True  # two pieces by it would be longer
    assert ligament(far, "xmin", "xmax").n_pieces == 1


def test_the_way_past_a_pore_is_free_where_it_only_lies_beside_the_line():
    # The pore parts the two in the Voronoi sense, yet the direct line is the shortest.
    open_ = np.zeros((41, 41), bool)
    open_[20, :3] = open_[20, 38:] = True
    open_[33:38, 18:23] = True
    found = ligament(open_, "xmin", "xmax")
    assert (found.length, found.n_pieces) == (35, 1)


def test_solid_from_face_to_face_is_as_thick_as_the_volume():
    found = ligament(np.zeros((7, 4, 5), bool), "zmin", "zmax", spacing=(2, 1, 1))
    assert found.length == 14
    assert found.pieces["label_begin"].tolist() == found.pieces["label_end"].tolist() == [0]
    assert (found.pieces["begin_z"][0], found.pieces["end_z"][0]) == (-1, 13)


def test_bridged_electrodes_have_nothing_between_and_the_narrowest_place_is_found():
    open_ = np.zeros((9, 40), bool)
    open_[1:8, :20] = open_[2:7, 20:] = True
    open_[:4, 27] = open_[5:, 27] = False
    found = ligament(open_, "xmin", "xmax", spacing=0.5)
    assert found.bridged
    assert (found.length, found.n_pieces, found.longest_piece) == (0, 0, 0)
    assert found.bottleneck_voxel == (4, 27)
    assert found.bottleneck == 2 * 0.5


def test_a_mouth_at_an_electrode_is_no_bottleneck():
    working, counter = np.zeros((30, 41), bool), np.zeros((30, 41), bool)
    working[:6], counter[-6:] = True, True
    open_ = np.zeros_like(working)
    open_[6:24, 15:26] = True
    found = ligament(open_, working, counter)
    assert found.bottleneck == 2 * 6
    assert np.isnan(ligament(working & False, working, working).bottleneck)


def test_corners_bridge():
    found = ligament(np.eye(8, dtype=bool), "ymin", "ymax")
    assert found.bridged
    assert found.bottleneck == 2


def test_tilted_faces_read_less_than_a_voxel_too_short():
    y, x = np.ogrid[:120, :120]
    for angle in np.radians([5, 20, 33, 45]):
        height = np.cos(angle) * (y - 60) + np.sin(angle) * (x - 60)
        solid = abs(height) <= 10  # 20 wide between planes of voxel centres
        found = ligament(~solid, height < -40, height > 40)
        assert 20 - 1.5 <= found.length <= 20 + 0.5


def test_runs_and_masks_give_equal_results(rng):
    open_ = rng.random((12, 20, 30)) < 0.01
    working, counter = np.zeros_like(open_), np.zeros_like(open_)
    working[:2], counter[-3:] = True, True
    expected = ligament(open_, working, counter, spacing=(2, 1, 1))
    runs = [RunVolume.from_mask(m) for m in (open_, working, counter)]
    found = ligament(*runs, spacing=(2, 1, 1), n_threads=3)
    assert found.length == expected.length > 0
    assert found.pieces == expected.pieces
    mixed = ligament(open_, "zmin", counter.astype(np.uint8) * 9, spacing=(2, 1, 1))
    assert mixed.length > expected.length


@pytest.mark.parametrize(
    ("working", "options", "error", "message"),
    [
        ("top", {}, ValueError, "working must be a mask or one of ymin, ymax, xmin, xmax"),
        ("zmin", {}, ValueError, "got 'zmin'"),
        (np.zeros((2, 2), bool), {}, ValueError, "working and open_ must have the same shape"),
        (np.zeros((2, 3)), {}, TypeError, "working must be bool or integer, got float64"),
        ("xmin", {"spacing": -1}, ValueError, "spacing must be positive"),
        ("xmin", {"n_threads": 0}, ValueError, "n_threads must be"),
    ],
)
def test_refusals_say_what_is_wrong(working, options, error, message):
    with pytest.raises(error, match=message) as refused:
        ligament(np.ones((2, 3), bool), working, "xmax", **options)
    assert "\n" not in str(refused.value)
