import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from crevasse import CycleState, RunVolume, Table, Tracker, label, track
from crevasse.tracking import FrontFollower, Truth, TruthEvent, score
from crevasse.tracking.scoring.pairing import pair_in_order

from strategies import mask_series
from strategies import masks as masks_of

small_shapes = st.tuples(st.integers(1, 3), st.integers(1, 4), st.integers(1, 12))


def drawn(*rows):
    """Frames of truth drawn as text, one row of voxels each: digits are ids."""
    return [np.array([[0 if c == "." else int(c) for c in row]]) for row in rows]


def masks(labels):
    return [frame > 0 for frame in labels]


# Eight nodes, seven edges, one merge.
ROWS = ("111..22.", "111..222", "1111.222", "11111111", "11111111")
EVENTS = (
    TruthEvent("stable", 1, (1,), (1,)),
    TruthEvent("growth", 1, (2,), (2,)),
    TruthEvent("growth", 2, (1,), (1,)),
    TruthEvent("stable", 2, (2,), (2,)),
    TruthEvent("merge", 3, (1, 2), (1,)),
    TruthEvent("stable", 4, (1,), (1,)),
)
COST_FROM_NOTHING = 8 * 10 + 7 * 1.5


@pytest.fixture
def truth():
    return Truth(drawn(*ROWS), EVENTS)


@pytest.fixture
def frames(truth):
    return masks(truth.labels)


def with_column(table, name, values):
    return Table(table.to_dict() | {name: values}, units=table.units)


def without_event(history, event):
    """As if the tracker had not seen that a block hangs together."""
    nodes = history.nodes
    for side in ("event_before", "event_after"):
        nodes = with_column(nodes, side, np.where(nodes[side] == event, -1, nodes[side]))
    return replace(
        history,
        events=history.events.where(history.events["event"] != event),
        edges=history.edges.where(history.edges["event"] != event),
        nodes=nodes,
    )


def the_event(history, kind):
    (event,) = history.events["event"][history.events["type"] == kind]
    return event


def truth_of(history, frames, connectivity):
    """The truth under which a history is right: its own cracks and events."""
    labels = []
    for index, frame in enumerate(frames):
        nodes = history.nodes.where(history.nodes["frame"] == index)
        components = label(frame, connectivity=connectivity).labels
        labels.append(np.concatenate([[0], nodes["crack"]])[components])
    events = []
    for row in history.events.rows():
        block, nodes = row["event"], history.nodes
        parents, children = (
            nodes["crack"][nodes[side] == block] for side in ("event_after", "event_before")
        )
        events.append(TruthEvent(row["type"], row["frame"], tuple(parents), tuple(children)))
    return Truth(labels, events)


def test_early_and_late_events_do_not_make_up_for_each_other():
    labels = np.zeros((3, 3, 20), dtype=int)
    for k, (a, b) in enumerate([(10, 10), (11, 10), (11, 11)]):
        labels[k, 0, :a], labels[k, 2, :b] = 1, 2
    told = [("stable", 1, 1), ("growth", 2, 1), ("growth", 1, 2), ("stable", 2, 2)]
    truth = Truth(list(labels), [TruthEvent(kind, k, (i,), (i,)) for kind, k, i in told])
    result = score(track(labels > 0), labels > 0, truth)
    assert result.events["growth"].mean_delay == 0
    assert result.events["growth"].max_delay == 1
    assert not result.is_perfect


def test_what_the_truth_never_states_is_not_scored():
    labels = np.zeros((2, 5, 9), dtype=int)
    labels[:, 0, 0], labels[1, 2, 2] = 1, 2
    frames = labels > 0
    frames[1, 4, 6] = True  # is no birth
    events = [TruthEvent("stable", 1, (1,), (1,)), TruthEvent("birth", 1, (), (2,))]
    history = track(frames, cycles=[CycleState(0, "plating")] * 2)
    assert score(history, frames, Truth(list(labels), events)).events.keys() == {"birth", "stable"}
    events[1] = TruthEvent("birth", 1, (), (2,), subtype="remote")
    of_subtype = score(history, frames, Truth(list(labels), events)).events
    assert "birth/plating" not in of_subtype
    assert of_subtype["birth/entered"].n_result == 1  # the other one is held against it


@given(mask_series(), st.sampled_from([6, 26]), st.randoms(use_true_random=False))
def test_a_history_is_perfect_against_itself_whatever_the_ids(frames, connectivity, random):
    history = track(frames, connectivity=connectivity)
    truth = truth_of(history, frames, connectivity)
    assert score(history, frames, truth, connectivity=connectivity, tolerance=0).is_perfect
    n_cracks = len(history.cracks)
    new_id = np.array([0, *random.sample(range(1, n_cracks + 1), n_cracks)])
    renamed = Truth(
        [new_id[labels] for labels in truth.labels],
        [
            replace(e, parents=new_id[list(e.parents)], children=new_id[list(e.children)])
            for e in truth.events
        ],
    )
    result = score(history, frames, renamed, connectivity=connectivity, tolerance=0)
    assert result.is_perfect, str(result)


def slow_errors(history, frames, truth, connectivity):
    """Operations of the graph by looking at every pair of nodes and objects."""
    nodes, objects = {}, {}
    for k, frame in enumerate(frames):
        labels = label(frame, connectivity=connectivity).labels
        nodes |= {(k, i): labels == i for i in range(1, int(labels.max(initial=0)) + 1)}
        objects |= {(k, i): truth.labels[k] == i for i in truth.ids(k)}
    rows = history.nodes.rows()
    crack = {(row["frame"], row["label"]): row["crack"] for row in rows}
    holds = {n: [] for n in nodes}
    for o, in_object in objects.items():
        for n, in_node in nodes.items():
            if o[0] == n[0] and (in_object & in_node).sum() > in_object.sum() / 2:
                holds[n].append(o)
    single = {n: held[0] for n, held in holds.items() if len(held) == 1}

    def edges(things):
        return {
            (a, b)
            for a in things
            for b in things
            if b[0] - a[0] == 1
            if (things[a] & things[b]).any()
        }

    true, found = edges(objects), [(a, b) for a, b in edges(nodes) if a in single and b in single]
    n_held = sum(map(len, holds.values()))
    return {
        "split_nodes": sum(max(len(held) - 1, 0) for held in holds.values()),
        "missing_nodes": len(objects) - n_held,
        "false_nodes": sum(not held for held in holds.values()),
        "false_edges": sum((single[a], single[b]) not in true for a, b in found),
        "missing_edges": len(true - {(single[a], single[b]) for a, b in found}),
        "wrong_edges": sum(
            (crack[a] == crack[b]) != (single[a][1] == single[b][1])
            for a, b in found
            if (single[a], single[b]) in true
        ),
    }


@given(mask_series(shape=small_shapes), st.data())
def test_errors_of_the_graph_are_those_found_pair_by_pair(frames, data):
    truth = truth_of(track(frames), frames, 26)
    noise = [data.draw(masks_of(st.just(f.shape))) for f in frames]
    add = data.draw(st.booleans())
    noisy = [f | n if add else f & n for f, n in zip(frames, noise, strict=True)]
    history = track(noisy)
    result = score(history, noisy, truth)
    assert result.graph.errors == slow_errors(history, noisy, truth, 26)
    assert 0 <= result.graph.tra <= 1
    n_open = np.any([*frames, *noisy], axis=0).sum()
    assert result.attribution.confusion["n_voxels"].sum() == n_open


def test_the_true_masks_score_one_everywhere(truth, frames):
    runs = [RunVolume.from_mask(frame) for frame in frames]
    assert score(track(runs), runs, truth).is_perfect
    result = score(track(frames), frames, truth, tolerance=0)
    assert result.is_perfect
    assert (result.graph.det, result.graph.lnk, result.graph.tra) == (1, 1, 1)
    assert (result.graph.edge_precision, result.graph.edge_recall) == (1, 1)
    assert {k: (e.n_truth, e.n_result, e.f1) for k, e in result.events.items()} == {
        "growth": (2, 2, 1),
        "merge": (1, 1, 1),
        "stable": (3, 3, 1),
    }


def test_a_deleted_merge_shows_in_the_event_score_although_tra_barely_moves(truth, frames):
    history = track(frames)
    result = score(without_event(history, the_event(history, "merge")), frames, truth)
    assert result.graph.tra == pytest.approx(1 - 3 / COST_FROM_NOTHING)
    assert 0.96 < result.graph.tra < 0.97
    assert result.events["merge"].f1 == 0
    assert result.events["merge"].recall == 0
    assert result.events["stable"].f1 == 1
    assert not result.is_perfect


def test_a_merge_that_lost_a_parent_is_not_the_merge(truth, frames):
    history = track(frames)
    nodes, edges = history.nodes, history.edges
    lost = (nodes["frame"] == 2) & (nodes["label"] == 2)
    cut = (edges["frame"] == 3) & (edges["label_before"] == 2)
    result = score(
        replace(
            history,
            nodes=with_column(nodes, "event_after", np.where(lost, -1, nodes["event_after"])),
            edges=edges.where(~cut),
        ),
        frames,
        truth,
    )
    assert result.graph.tra == pytest.approx(1 - 1.5 / COST_FROM_NOTHING)
    assert result.graph.errors["missing_edges"] == 1
    merge = result.events["merge"]
    assert (merge.n_truth, merge.n_result, merge.n_matched, merge.f1) == (1, 1, 0, 0)


@pytest.mark.parametrize(
    ("rows", "delay"),
    [
        (("111..22.", "111..222", "1111.222", "1111.111", "11111111"), 1),
        (("111..22.", "111..222", "11111111", "11111111", "11111111"), -1),
    ],
)
def test_a_merge_at_the_wrong_time_counts_within_the_tolerance_only(truth, rows, delay):
    frames = masks(drawn(*rows))
    history = track(frames)
    near = score(history, frames, truth, tolerance=1)
    assert near.events["merge"].f1 == 1
    assert near.events["merge"].mean_delay == delay
    assert not near.is_perfect
    exact = score(history, frames, truth, tolerance=0)
    assert exact.events["merge"].n_matched == 0
    assert exact.events["merge"].f1 == 0


def test_a_node_of_no_object_stands_for_what_its_crack_was_in_the_nearest_frame():
    truth = Truth(
        drawn("11.22222", "11.22222", *["11111111"] * 4),
        [TruthEvent("merge", 2, (1, 2), (1,))],
    )
    frames = masks(truth.labels)
    frames[2] = masks(drawn("111.2222"))[0]  # neither half detects the merged crack
    result = score(track(frames), frames, truth)
    assert result.graph.errors["missing_nodes"] == 1
    assert result.graph.errors["false_nodes"] == 2
    assert result.events["merge"].f1 == 1


def test_a_claim_proves_one_event_only():
    truth = Truth(
        drawn("1...", "11..", "111."),
        [TruthEvent("growth", 1, (1,), (1,)), TruthEvent("growth", 2, (1,), (1,))],
    )
    frames = masks(drawn("1...", "111.", "111."))
    growth = score(track(frames), frames, truth).events["growth"]
    assert (growth.n_truth, growth.n_result, growth.n_matched) == (2, 1, 1)
    assert growth.mean_delay == 0


def test_each_event_counts_once(truth, frames):
    history = track(frames)
    events = history.events
    double = np.append(np.arange(len(events)), the_event(history, "merge"))
    columns = {name: events[name][double] for name in events.columns}
    result = score(replace(history, events=Table(columns)), frames, truth)
    merge = result.events["merge"]
    assert (merge.n_matched, merge.precision, merge.recall) == (1, 0.5, 1)
    assert merge.f1 == pytest.approx(2 / 3)


def test_swapped_ids_make_wrong_edges_and_nothing_else():
    truth = Truth(
        drawn("11.22", "11.22", "11.22", "11.22"),
        [TruthEvent("stable", k, (i,), (i,)) for k in (1, 2, 3) for i in (1, 2)],
    )
    frames = masks(truth.labels)
    history = track(frames)
    crack, late = history.nodes["crack"], history.nodes["frame"] >= 2
    swapped = with_column(history.nodes, "crack", np.where(late, 3 - crack, crack))
    result = score(replace(history, nodes=swapped), frames, truth)
    assert result.graph.errors["wrong_edges"] == 2
    assert sum(result.graph.errors.values()) == 2
    assert result.graph.det == 1
    assert result.graph.lnk == pytest.approx(1 - 2 / (6 * 1.5))
    assert result.graph.tra == pytest.approx(1 - 2 / (8 * 10 + 6 * 1.5))
    everywhere = with_column(history.nodes, "crack", 3 - crack)
    assert score(replace(history, nodes=everywhere), frames, truth).is_perfect


def test_missing_nodes_cost_ten_and_their_edges_one_and_a_half(truth):
    frames = masks(truth.labels)
    frames[1] = masks(drawn("111....."))[0]
    result = score(track(frames), frames, truth)
    assert result.graph.errors["missing_nodes"] == 1
    assert result.graph.errors["missing_edges"] == 2
    assert result.graph.det == pytest.approx(1 - 10 / 80)
    assert result.graph.lnk == pytest.approx(1 - 3 / 10.5)
    assert result.graph.tra == pytest.approx(1 - 13 / COST_FROM_NOTHING)
    assert result.events["closure"].precision == 0


def test_false_nodes_cost_one(truth):
    frames = [np.vstack([frame, np.zeros((2, 8), bool)]) for frame in masks(truth.labels)]
    truth = Truth([np.vstack([f, np.zeros((2, 8), int)]) for f in truth.labels], EVENTS)
    frames[2][2, 0:2] = frames[3][2, 0:2] = True
    result = score(track(frames), frames, truth)
    assert result.graph.errors == dict.fromkeys(result.graph.errors, 0) | {"false_nodes": 2}
    assert result.graph.det == pytest.approx(1 - 2 / 80)
    assert result.graph.edge_recall == 1
    assert result.graph.edge_precision < 1
    assert result.arrival.n_false == 2
    assert result.attribution.share == pytest.approx(8 / 10)


def test_a_node_that_holds_two_objects_is_to_be_split():
    truth = Truth(drawn("111.222"), [])
    result = score(track(masks(drawn("1111111"))), masks(drawn("1111111")), truth)
    assert result.graph.errors["split_nodes"] == 1
    assert result.graph.errors["missing_nodes"] == 0
    assert result.graph.det == pytest.approx(1 - 5 / 20)


def test_edges_of_a_node_that_is_to_be_split_are_missing_and_not_false(truth):
    frames = masks(truth.labels)
    frames[2] = frames[3]
    errors = score(track(frames), frames, truth).graph.errors
    assert (errors["split_nodes"], errors["missing_edges"], errors["false_edges"]) == (1, 4, 0)


def test_half_of_an_object_is_not_enough_to_detect_it():
    truth = Truth(drawn("1111"), [])
    for row, n_missing in (("11..", 1), ("111.", 0)):
        frames = masks(drawn(row))
        errors = score(track(frames), frames, truth).graph.errors
        assert errors["missing_nodes"] == n_missing
        assert errors["false_nodes"] == n_missing


def test_edges_count_by_the_voxels_they_share():
    truth = Truth(
        drawn("1111111111.22", "1111111111.22"),
        [TruthEvent("stable", 1, (i,), (i,)) for i in (1, 2)],
    )
    frames = masks(truth.labels)
    history = track(frames)
    small_cut = replace(history, edges=history.edges.where(history.edges["label_before"] == 1))
    graph = score(small_cut, frames, truth).graph
    assert (graph.edge_precision, graph.edge_recall) == (1, 10 / 12)
    assert graph.lnk == pytest.approx(0.5)


def test_voxels_opened_on_one_side_only_are_in_the_confusion():
    truth = Truth(drawn("11..2222"), [])
    frames = masks(drawn("111..222"))
    attribution = score(track(frames), frames, truth).attribution
    rows = [tuple(row.values()) for row in attribution.confusion.rows()]
    assert rows == [(0, 1, 1), (1, 1, 2), (2, 0, 1), (2, 2, 3)]
    assert attribution.share == pytest.approx(5 / 7)


def test_a_voxel_opened_by_another_crack_disagrees_whatever_the_ids():
    truth = Truth(
        drawn("11..222", "1132222", "1132222"),  # 3 opens the voxel that the result gives to 1
        [],
    )
    frames = masks(drawn("11..222", "11..222", "11..222"))
    frames[1][0, 2] = frames[2][0, 2] = True
    attribution = score(track(frames), frames, truth).attribution
    confusion = {(r["object"], r["crack"]): r["n_voxels"] for r in attribution.confusion.rows()}
    assert confusion == {(1, 1): 2, (2, 0): 1, (2, 2): 3, (3, 1): 1}
    assert attribution.share == pytest.approx(5 / 7)


def test_arrival_is_result_less_truth():
    truth = Truth(drawn("11....", "111...", "1111..", "11111."), [])
    frames = masks(drawn("11....", "11....", "111...", "1111.1"))
    arrival = score(track(frames), frames, truth).arrival
    assert arrival.mean == pytest.approx((0 + 0 + 1 + 1) / 4)
    assert arrival.max_abs == 1
    assert (arrival.n_missing, arrival.n_false) == (1, 1)
    assert arrival.share_exact == pytest.approx(2 / 6)


def test_tips_are_measured_to_the_nearest_of_the_other_side():
    labels = drawn("11111", "11111", "11111")
    tips = [np.array([[0.0, 0.0], [0.0, 4.0]]), np.array([[0.0, 4.0]]), np.empty((0, 2))]
    frames = masks(labels)
    history = track(frames)
    table = Table(
        {
            "frame": np.array([0, 0, 0, 2]),
            "y": np.array([0.0, 3.0, 0.0, 0.0]),
            "x": np.array([0.0, 4.0, 1.0, 1.0]),
        }
    )
    stated = score(history, frames, Truth(labels, [], tips), tips=table).tips
    assert stated.mean == pytest.approx((0 + 3 + 0 + 3 + 1) / 5)
    assert stated.max == 3
    assert stated.n_unpaired == 2
    assert score(history, frames, Truth(labels, [], tips)).tips is None
    exact = Table({"frame": np.array([0, 0, 1]), "y": np.zeros(3), "x": np.array([0.0, 4, 4])})
    assert score(history, frames, Truth(labels, [], tips), tips=exact).tips.max == 0


def test_tips_that_were_followed_are_scored_as_lengths():
    frames = [np.zeros((5, 12, 5), dtype=bool) for _ in range(3)]
    for frame, length in zip(frames, (4, 7, 9), strict=True):
        frame[2, :length, 2] = True
    tracker = Tracker(spacing=2.0)
    follower = FrontFollower("ymin", prominence=2, max_step=9)
    for frame in frames:
        follower.update(tracker.update(frame))
    history = tracker.history()
    ends = [np.array([[4.0, 2.0 * (length - 1), 4.0]]) for length in (4, 7, 9)]
    truth = Truth([frame.astype(int) for frame in frames], [], ends)
    found = score(history, frames, truth, tips=follower.fronts(history).tips).tips
    assert (found.mean, found.max, found.n_unpaired) == (0.0, 0.0, 0)


def test_a_wrong_subtype_leaves_the_birth_right_and_the_subtype_wrong():
    truth = Truth(
        [np.pad(f, 2) for f in drawn("....", ".11.")],
        [TruthEvent("birth", 1, (), (1,), subtype="remote")],
    )
    frames = masks(truth.labels)
    history = track(frames)
    assert score(history, frames, truth).is_perfect
    wrong = with_column(history.events, "subtype", np.array(["entered"]))
    result = score(replace(history, events=wrong), frames, truth)
    assert result.events["birth"].f1 == 1
    assert result.events["birth/remote"].recall == 0
    assert result.events["birth/entered"].precision == 0
    assert not result.is_perfect
    silent = Truth(truth.labels, [TruthEvent("birth", 1, (), (1,))])
    assert set(score(history, frames, silent).events) == {"birth"}


def test_a_wrong_past_or_gap_of_a_reopening_shows():
    labels = drawn("1..2", "....", "3..2")
    events = [
        TruthEvent("closure", 1, (1,)),
        TruthEvent("closure", 1, (2,)),
        TruthEvent("reopening", 2, (), (3,), former=(1,), gap_frames=1),
        TruthEvent("reopening", 2, (), (4,), former=(2,), gap_frames=1),
    ]
    labels[2][0, 3] = 4
    frames = masks(labels)
    history = track(frames)
    assert score(history, frames, Truth(labels, events)).is_perfect
    events[2] = replace(events[2], former=(2,))
    events[3] = replace(events[3], gap_frames=2)
    result = score(history, frames, Truth(labels, events))
    assert result.events["reopening"].f1 == 1
    assert result.events["reopening/former"].f1 == 0.5
    assert result.events["reopening/gap"].f1 == 0.5


def test_the_frame_of_the_bridge_is_compared():
    labels = drawn("11...", "111..", "11111")
    events = [
        TruthEvent("growth", 1, (1,), (1,)),
        TruthEvent("growth", 2, (1,), (1,)),
        TruthEvent("bridge", 2, (1,), (1,)),
    ]
    frames = masks(labels)
    electrodes = {"working": "xmin", "counter": "xmax"}
    truth = Truth(labels, events)
    result = score(track(frames, **electrodes), frames, truth)
    assert result.is_perfect
    assert (result.bridge_frame, result.bridge_error) == (2, 0)
    early = [frames[0], frames[2], frames[2]]
    result = score(track(early, **electrodes), early, truth)
    assert result.bridge_error == -1
    assert result.events["bridge"].mean_delay == -1
    unaware = score(track(frames), frames, truth)
    assert unaware.bridge_error is None
    assert unaware.events["bridge"].recall == 0


def test_a_score_reads_well_and_can_be_stored(truth, frames):
    result = score(track(frames), frames, truth)
    text = str(result)
    assert "TRA 1.0000" in text
    assert "no errors" in text
    assert any(line.split() == ["merge", "1", "1", "1", "1.000"] for line in text.splitlines())
    stored = json.loads(json.dumps(result.to_dict()))
    assert stored["graph"]["tra"] == 1.0
    assert stored["events"]["merge"]["f1"] == 1.0
    assert stored["bridge"] == {"frame": None, "frame_truth": None, "error": None}


def test_ids_may_be_as_large_as_they_like():
    labels = [np.where(frame == 2, 3 * 10**9, frame) for frame in drawn("1102", "1102")]
    frames = [frame > 0 for frame in labels]
    events = [TruthEvent("stable", 1, (i,), (i,)) for i in (1, 3 * 10**9)]
    assert score(track(frames), frames, Truth(labels, events)).is_perfect


def test_a_series_that_is_late_throughout_is_late_and_not_wrong():
    row = np.arange(12)[None]
    true = [(row < 2 + min(k, 5)).astype(int) for k in range(8)]
    late = [row < 2 + min(max(k - 1, 0), 5) for k in range(8)]
    kinds = ["growth" if k < 6 else "stable" for k in range(1, 8)]
    events = [TruthEvent(kind, k, (1,), (1,)) for k, kind in enumerate(kinds, start=1)]
    found = score(track(late), late, Truth(true, events), tolerance=1).events["growth"]
    assert (found.f1, found.mean_delay) == (1, 1)


@given(
    st.lists(st.integers(0, 14), max_size=8).map(sorted),
    st.lists(st.integers(0, 14), max_size=8).map(sorted),
    st.integers(0, 3),
)
def test_most_events_are_paired_and_of_these_the_nearest(a, b, tolerance):
    pairs = pair_in_order(a, b, tolerance)
    assert len({i for i, _ in pairs}) == len({j for _, j in pairs}) == len(pairs)
    apart = np.abs(np.subtract.outer(np.array(a, dtype=int), np.array(b, dtype=int)))
    cost = np.where(apart <= tolerance, apart - 1000, 0)
    assert sum(cost[i, j] for i, j in pairs) == cost[linear_sum_assignment(cost)].sum()
    assert all(apart[i, j] <= tolerance for i, j in pairs)


def test_frames_may_be_made_as_they_are_wanted(truth, frames):
    history = track(frames)
    assert score(history, (f for f in frames), truth) == score(history, frames, truth)


@pytest.mark.parametrize("tolerance", [-1, 0.5, float("nan")])
def test_a_tolerance_that_is_no_number_of_frames_is_refused(truth, frames, tolerance):
    with pytest.raises(ValueError, match="tolerance must be a whole number of frames from 0"):
        score(track(frames), frames, truth, tolerance=tolerance)


def test_frames_that_are_not_the_historys_are_refused(truth, frames):
    history = track(frames)
    for bad, message in (
        (frames[:-1], "must have the same number of frames, got 4, 5 and 5"),
        ([*frames[:-1], masks(drawn("11111..."))[0]], "frame 4 has components other than"),
        ([f[:, 1:] for f in frames], "truth and frames must have the same shape"),
    ):
        with pytest.raises(ValueError, match=message):
            score(history, bad, truth)
    with pytest.raises(ValueError, match="tolerance must be a whole number of frames"):
        score(history, frames, truth, tolerance=-1)
    with pytest.raises(ValueError, match=r"tips must be a Table such as Fronts\.tips, got 5"):
        score(history, frames, truth, tips=5)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: TruthEvent("merge", 1, (1,), (1,)), ValueError, "a merge cannot have 1 parents"),
        (lambda: TruthEvent("birth", 1, (2,), (1,)), ValueError, "a birth cannot have 1 parents"),
        (lambda: TruthEvent("rebirth", 1), ValueError, "type must be one of .*, got 'rebirth'"),
        (
            lambda: TruthEvent("birth", 1, (), (2,), subtype="remot"),
            ValueError,
            "subtype must be one of .*'remote', '', got 'remot'",
        ),
        (
            lambda: TruthEvent("birth", 1, (), (2,), direction="upp"),
            ValueError,
            "direction must be one of 'plating', .* got 'upp'",
        ),
        (
            lambda: TruthEvent("merge", 1.5, (1, 2), (1,)),
            ValueError,
            "frame of an event .* got 1.5",
        ),
        (lambda: TruthEvent("merge", 1, (1, 1), (1,)), ValueError, r"once, got \[1, 1\]"),
        (lambda: TruthEvent("merge", 1, (1.7, 2), (1,)), ValueError, "ids in parents .* got 1.7"),
        (lambda: TruthEvent("merge", 1, 5, (1,)), TypeError, "parents must be ids .* got 5"),
        (
            lambda: TruthEvent("reopening", 1, (), (2,), gap_frames=-3),
            ValueError,
            "gap_frames must be .* got -3",
        ),
        (
            lambda: Truth(drawn(".", "2"), [TruthEvent("reopening", 1, (), (2,), former=(9,))]),
            ValueError,
            r"former of a reopening must be objects of frames before 1, got \[9\]",
        ),
        (lambda: Truth(drawn("1", "1"), ["merge"]), TypeError, "events must be TruthEvent"),
        (
            lambda: Truth(drawn("1", "1"), [], tips=[np.full((1, 2), np.nan)] * 2),
            ValueError,
            "tips of frame 0 must be finite",
        ),
        (lambda: Truth([], []), ValueError, "labels must hold at least one frame"),
        (lambda: Truth([np.zeros((2, 2))], []), TypeError, "labels must be integer arrays"),
        (lambda: Truth(drawn("1", "11"), []), ValueError, "all frames must have the same shape"),
        (
            lambda: Truth(drawn("1", "1"), [TruthEvent("closure", 1, (2,))]),
            ValueError,
            r"parents of a closure must be objects of frame 0, got \[2\]; there are \[1\]",
        ),
        (
            lambda: Truth(drawn("1", "1"), [TruthEvent("closure", 2, (1,))]),
            ValueError,
            r"an event's frame must lie in 1\.\.1, got 2",
        ),
        (
            lambda: Truth(drawn("1", "1"), [], tips=[np.zeros((1, 2)), np.zeros((2, 3))]),
            ValueError,
            r"tips of frame 1 must be \(n, 2\), got shape \(2, 3\)",
        ),
        (lambda: Truth([np.array([[1, -1]])], []), ValueError, "ids must lie in .*, got -1"),
        (
            lambda: Truth([np.array([[2**63]], dtype=np.uint64)], []),
            ValueError,
            "ids must lie in .* to 9223372036854775808",
        ),
    ],
)
def test_a_truth_that_cannot_be_is_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()
