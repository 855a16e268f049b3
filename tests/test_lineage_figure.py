"""The lineage figure: its artists say what the history says."""

import io

import numpy as np
import pytest
from hypothesis import given, settings
from matplotlib import rc_context

from crevasse import CycleState, track
from crevasse.report import lineage_figure
from crevasse.report.lineage_layout import choose_lanes

from strategies import mask_series

ALL = {"n_lineages": 10_000, "least_share": 0.0, "most_cracks": 10_000}


def scene(*rows):
    """Frames drawn as text, one row of voxels each."""
    return [np.array([[c == "#" for c in row]]) for row in rows]


def artists(figure, kind):
    """Patches by what their gid says behind its kind, as numbers."""
    found = {}
    for patch in figure.axes[0].patches:
        name, *numbers = (patch.get_gid() or "").split("-")
        if name == kind:
            found[tuple(map(int, numbers))] = patch
    return found


def words(figure):
    return " ".join(text.get_text() for text in figure.axes[0].texts)


def ends(patch):
    """Widths of a connector where it begins and where it ends."""
    vertices = patch.get_path().vertices
    x, y = vertices[:, 0], vertices[:, 1]
    return np.ptp(y[x == x.min()]), np.ptp(y[x == x.max()])


def links_between_cracks(history):
    nodes = history.nodes
    crack = {
        (frame, label): crack
        for frame, label, crack in zip(
            *(nodes[c].tolist() for c in ("frame", "label", "crack")), strict=True
        )
    }
    links = {}
    for row in history.edges.rows():
        before = crack[row["frame"] - 1, row["label_before"]]
        after = crack[row["frame"], row["label_after"]]
        if before != after:
            links[row["frame"], before, after] = row["n_voxels"]
    return links


@given(mask_series())
@settings(max_examples=20)
def test_everything_is_drawn_where_all_is_asked_for(frames):
    history = track(frames, spacing=2.0)
    figure = lineage_figure(history, **ALL)
    bands = artists(figure, "crack")
    assert sorted(bands) == [(crack,) for crack in history.cracks["crack"].tolist()]
    voxel = 2.0 ** frames[0].ndim
    connectors = artists(figure, "overlap")
    expected = links_between_cracks(history)
    assert connectors.keys() == expected.keys()
    for key, patch in connectors.items():
        assert ends(patch) == pytest.approx((voxel * expected[key],) * 2)


@given(mask_series())
@settings(max_examples=20)
def test_a_band_and_what_leads_into_it_add_up_to_its_volume(frames):
    history = track(frames, times=[0.5 * k**2 + 1 for k in range(len(frames))])
    figure = lineage_figure(history, **ALL)
    bands, shared = artists(figure, "crack"), links_between_cracks(history)
    for crack in history.cracks["crack"].tolist():
        seen = history.crack(crack)
        vertices = bands[crack,].get_path().vertices
        for frame, time, volume in zip(seen.frame, seen.time, seen.volume, strict=True):
            height = np.ptp(vertices[vertices[:, 0] == time, 1]) if len(frames) > 1 else volume
            comes = sum(n for (f, _, to), n in shared.items() if (f, to) == (frame, crack))
            goes = sum(n for (f, of, _), n in shared.items() if (f, of) == (frame + 1, crack))
            assert height <= volume * (1 + 1e-9)
            assert height >= volume - min(comes, goes) - 1e-9
            if frame in (seen.frame[0], seen.frame[-1]):
                assert height == pytest.approx(volume)


@given(mask_series())
@settings(max_examples=20)
def test_connectors_lie_beside_each_other_within_the_ends_they_join(frames):
    history = track(frames)
    figure = lineage_figure(history, **ALL)
    bands = {crack: band.get_path().vertices for (crack,), band in artists(figure, "crack").items()}
    ends_at = {}
    for (frame, before, after), patch in artists(figure, "overlap").items():
        x, y = patch.get_path().vertices.T
        ends_at.setdefault((before, frame - 1, "goes"), []).append(sorted(set(y[x == x.min()])))
        ends_at.setdefault((after, frame, "comes"), []).append(sorted(set(y[x == x.max()])))
    for (crack, frame, _), edges in ends_at.items():
        seen = history.crack(crack)
        x, y = bands[crack].T
        first = y[x == seen.time[0]]
        middle = (first.min() + first.max()) / 2
        half = seen.volume[seen.frame == frame][0] / 2
        inner = [edge for pair in sorted(edges) for edge in pair]
        assert (np.diff([middle - half, *inner, middle + half]) >= -1e-9).all()


@given(mask_series())
def test_bands_never_overlap(frames):
    history = track(frames)
    lanes = choose_lanes(history, n_lineages=99, least_share=0.0, most_lanes=10_000)
    centre = lanes.centres(1.0)
    for frame in range(len(frames)):
        shown = np.flatnonzero(lanes.volume[:, frame])
        half = lanes.volume[shown, frame] / 2
        low, high = centre[shown] - half, centre[shown] + half
        assert (high[1:] <= low[:-1] - 1 + 1e-6).all()
    assert (np.diff(centre) <= -1 + 1e-9).all()


@given(mask_series())
def test_no_crack_is_shown_without_what_it_merged_into(frames):
    history = track(frames)
    lanes = choose_lanes(history, n_lineages=3, least_share=0.2, most_lanes=8)
    assert len(lanes.crack) <= 8
    assert len(np.unique(lanes.crack)) == len(lanes.crack)
    assert lanes.n_hidden + len(lanes.crack) == len(history.cracks)
    merged_into = history.cracks["merged_into"][lanes.crack - 1]
    assert np.isin(merged_into[merged_into > 0], lanes.crack).all()


def test_cracks_that_merge_lie_on_both_sides_of_what_they_merge_into():
    history = track(scene("###..#.#...#", "########...#", "############"))
    lanes = choose_lanes(history)
    order = lanes.crack.tolist()
    assert order == [4, 2, 1, 3] or order == [2, 1, 3, 4] or order.index(1) in (1, 2)
    assert set(lanes.head.tolist()) == {1}


def test_what_merges_early_lies_near_so_that_nothing_crosses():
    rows = ("####.#.#.#.#", "######.#.#.#", "########.#.#", "##########.#", "############")
    lanes = choose_lanes(track(scene(*rows)))
    order = lanes.crack.tolist()
    distance = {crack: abs(order.index(crack) - order.index(1)) for crack in order}
    assert distance[2] == distance[3] == 1
    assert distance[4] == distance[5] == 2


def test_a_merge_of_three_is_three_connectors():
    figure = lineage_figure(track(scene("###.#.#", "#######"), times=[0, 2]))
    connectors = artists(figure, "overlap")
    assert sorted(connectors) == [(1, 2, 1), (1, 3, 1)]
    for patch in connectors.values():
        assert ends(patch) == pytest.approx((1, 1))


def test_connectors_reach_a_band_from_the_side_they_come_from():
    figure = lineage_figure(track(scene("#####.#.#", "#########")))
    band = artists(figure, "crack")[1,].get_path().vertices[:, 1]
    middle = (band.min() + band.max()) / 2
    below = []
    for patch in artists(figure, "overlap").values():
        x, y = patch.get_path().vertices.T
        below.append(y[x == x.min()].mean() < middle)
        assert (y[x == x.max()].mean() < middle) == below[-1]
    assert sorted(below) == [False, True]


def test_births_and_closures_are_marked_halfway():
    figure = lineage_figure(track(scene("#..", "..#", "..#"), times=[0, 1, 3]))
    marks = {line.get_marker(): line.get_xdata()[0] for line in figure.axes[0].lines}
    assert marks["o"] == marks["x"] == 0.5


def test_a_reopening_is_joined_to_what_closed_and_lies_beside_it():
    history = track(scene("##.#.#", "...#.#", "##.#.#"), times=[0, 1, 3])
    figure = lineage_figure(history)
    assert list(artists(figure, "memory")) == [(2, 1, 4)]
    order = choose_lanes(history).crack.tolist()
    assert abs(order.index(1) - order.index(4)) == 1
    assert "D" in {line.get_marker() for line in figure.axes[0].lines}


def test_a_crack_that_bridges_the_electrodes_is_outlined_while_it_does():
    frames = scene("##..", "####", "####", "##.#")
    history = track(frames, times=[0, 1, 2, 3], working="xmin", counter="xmax")
    figure = lineage_figure(history)
    ((key, outline),) = artists(figure, "bridge").items()
    assert key == (1, 1)
    x, y = outline.get_xy().T
    assert (x.min(), x.max()) == (1, 2)
    assert np.ptp(y) == pytest.approx(4)
    assert "bridges" in words(figure)


def test_stripping_is_shaded():
    directions = ("plating", "stripping", "stripping", "rest")
    cycles = [CycleState(direction=direction) for direction in directions]
    figure = lineage_figure(track(scene("#", "#", "#", "#"), times=[0, 1, 2, 5], cycles=cycles))
    assert words(figure).count("stripping") == 1


def test_the_scale_is_as_high_as_it_says():
    history = track([np.ones((40, 50), bool)] * 2, spacing=2.0, times=[0, 1])
    figure = lineage_figure(history)
    (bar,) = (line for line in figure.axes[0].lines if line.get_gid() == "scale")
    height = np.ptp(bar.get_ydata())
    assert f"{height:,.0f} µm²".replace(",", "\u202f") in words(figure)
    low, high = figure.axes[0].get_ylim()
    inches = figure.axes[0].get_position().height * figure.get_figheight()
    assert 0.1 < height / (high - low) * inches < 0.5


def test_what_is_left_out_is_said():
    frames = scene("#.#.##.###.####", "#.#.##.###.####")
    figure = lineage_figure(track(frames), n_lineages=2)
    assert "2 of 5 cracks" in words(figure)
    assert "What is not shown holds 36 % of the open area at its greatest" in words(figure)
    assert "not shown" not in words(lineage_figure(track(frames)))


def test_cracks_are_named_at_their_end_or_beginning():
    figure = lineage_figure(track(scene("###.#", "#####"), times=[0, 2]))
    names = {t.get_text(): t.xy[0] for t in figure.axes[0].texts if t.get_gid()}
    assert names == {"1": 2, "2": 0}


def test_time_is_true_and_has_its_unit():
    axes = lineage_figure(track(scene("#", "#", "#"), times=[1, 1.5, 4])).axes[0]
    assert axes.get_xlabel() == "time (h)"
    assert axes.get_xlim() == (1, 4)
    assert axes.get_xticks().tolist() == [1, 1.5, 4]


@pytest.mark.parametrize("n_frames", [1, 2, 40])
def test_no_cracks_and_one_crack_are_drawn_for_any_number_of_frames(n_frames):
    empty = lineage_figure(track(np.zeros((n_frames, 1, 3), bool)))
    assert "no cracks" in words(empty)
    one = lineage_figure(track(np.ones((n_frames, 1, 3), bool)))
    vertices = artists(one, "crack")[1,].get_path().vertices
    assert np.ptp(vertices[:, 1]) == pytest.approx(3)
    assert np.ptp(vertices[:, 0]) == max(1, n_frames - 1)


def test_the_same_history_gives_the_same_bytes(rng):
    history = track([rng.random((30, 30)) < p for p in (0.1, 0.3, 0.2)])
    drawn = []
    for _ in range(2):
        target = io.BytesIO()
        with rc_context({"svg.hashsalt": "crevasse"}):
            lineage_figure(history).savefig(target, format="svg", metadata={"Date": None})
        drawn.append(target.getvalue())
    assert drawn[0] == drawn[1]


def test_what_makes_no_sense_is_refused():
    history = track(scene("#"))
    with pytest.raises(ValueError, match="n_lineages must be at least 1, got 0"):
        lineage_figure(history, n_lineages=0)
    with pytest.raises(ValueError, match=r"least_share must lie in \[0, 1\], got 2"):
        lineage_figure(history, least_share=2)
