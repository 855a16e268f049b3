import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crevasse import track
from crevasse.tracking import age, arrival_time, front_speed

from strategies import mask_series


@given(mask_series())
def test_arrival_is_the_time_of_the_first_frame_in_which_a_voxel_is_open(frames):
    times = 1.5 + 0.25 * np.arange(len(frames))
    stack = np.array(frames)
    expected = np.where(stack.any(axis=0), times[stack.argmax(axis=0)], np.nan)
    np.testing.assert_array_equal(arrival_time(track(frames, times=times)), expected)


@given(mask_series(), st.floats(0, 9))
def test_age_is_time_since_arrival_of_what_is_open_then_or_later(frames, at):
    history = track(frames)
    latest = min(int(at), len(frames) - 1)
    stack = np.array(frames)
    is_open = stack[: latest + 1].any(axis=0) & stack[latest:].any(axis=0)
    expected = np.where(is_open, at - stack.argmax(axis=0), np.nan)
    np.testing.assert_allclose(age(history, at), expected)


def grid(shape, spacing):
    return np.meshgrid(
        *((np.arange(n) - (n - 1) / 2) * s for n, s in zip(shape, spacing, strict=True)),
        indexing="ij",
    )


def speeds(arrival, *, spacing, half_width=4, within=True, step=1.0):
    """Speeds of what arrives at a time, seen by frames `step` apart; the volume's rim left out."""
    times = np.arange(int(arrival.max() / step) + 2) * step
    history = track([(arrival <= t) & within for t in times], times=times, spacing=spacing)
    result = front_speed(history, half_width=half_width)
    assert result.n_voxels == np.isfinite(result.map).sum()
    opened = (history.first_open() > 0).sum()
    assert result.n_voxels + result.n_few + result.n_plateau == opened
    return result.map[tuple(slice(half_width, -half_width) for _ in arrival.shape)]


NORMALS = [(0.36, 0.48, 0.8), (0.6, -0.64, 0.48), (0.8, 0.0, 0.6)]


@pytest.mark.parametrize("normal", NORMALS)
@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (2.0, 1.0, 1.0)])
@pytest.mark.parametrize(("speed", "most"), [(0.7, 0.03), (1.0, 0.02), (2.0, 0.03), (4.0, 0.07)])
def test_flat_fronts_have_their_speed(normal, spacing, speed, most):
    along = sum(n * x for n, x in zip(normal, grid((22, 22, 22), spacing), strict=True))
    ratio = speeds((along - along.min()) / speed + 0.3, spacing=spacing) / speed
    assert np.isfinite(ratio).all()
    assert abs(np.median(ratio) - 1) < 0.01
    assert np.quantile(np.abs(ratio - 1), 0.95) < most


def test_speed_is_in_the_units_of_space_and_time():
    along = sum(n * x for n, x in zip(NORMALS[0], grid((26,) * 3, (1.8,) * 3), strict=True))
    values = speeds((along - along.min()) / 7.2 + 0.01, spacing=(1.8,) * 3, step=0.25)
    assert np.median(values) == pytest.approx(7.2, rel=0.01)


def test_round_fronts_read_too_fast_by_the_bend_in_the_window():
    radius = np.sqrt(sum(x**2 for x in grid((40,) * 3, (1.0,) * 3)))
    values = speeds(radius + 0.3, spacing=1.0)
    radius = radius[4:-4, 4:-4, 4:-4]
    for low, high, bias in ((8, 12, 0.06), (12, 16, 0.03), (16, 19, 0.02)):
        assert 0 < np.median(values[(radius > low) & (radius < high)]) - 1 < bias


@pytest.mark.parametrize("thickness", [1.5, 2, 3, 5])
@pytest.mark.parametrize("normal", NORMALS)
def test_in_a_thin_tilted_sheet_it_is_the_speed_along_the_sheet(thickness, normal):
    at = grid((36, 36, 36), (1.0,) * 3)
    away = sum(n * x for n, x in zip(normal, at, strict=True))
    along = np.cross(normal, [0, 1, 0])
    along = sum(n * x for n, x in zip(along / np.linalg.norm(along), at, strict=True))
    values = speeds(along - along.min() + 0.2, spacing=1.0, within=np.abs(away) < thickness / 2)
    values = values[np.isfinite(values)]
    assert len(values) > 400
    assert abs(np.median(values) - 1) < 0.02
    assert np.quantile(np.abs(values - 1), 0.95) < 0.08


def test_a_front_faster_than_the_window_per_frame_has_no_speed():
    along = grid((40, 12, 12), (1.0,) * 3)[0] + 20
    frames = [along < 10 * k for k in range(5)]
    result = front_speed(track(frames), half_width=2)
    assert result.n_voxels == 0
    assert result.n_plateau == 40 * 12 * 12


def test_a_front_along_an_axis_is_right_on_average_up_to_0_4_windows_a_frame():
    along = grid((60, 12, 12), (1.0,) * 3)[0] + 30
    for share in (0.2, 0.3, 0.4):
        values = speeds(along / (9 * share), spacing=1.0) / (9 * share)
        assert abs(values.mean() - 1) < 0.02
        assert values.min() > 0.9
        assert values.max() < 1.3


def test_neighbouring_cracks_do_not_disturb_each_other():
    """Two plates 2 voxels apart, in which fronts run the opposite way."""
    x = np.arange(40)
    frames = []
    for k in range(0, 41, 2):
        frame = np.zeros((9, 20, 40), bool)
        frame[1:4, :, x < k] = True
        frame[5:8, :, x >= 40 - k] = True
        frames.append(frame)
    speed = front_speed(track(frames), half_width=4)
    assert abs(np.median(speed.map[np.isfinite(speed.map)]) - 2) < 0.05
    assert np.nanmax(speed.map) < 3


def test_images_have_speeds_too():
    at = grid((50, 50), (1.0, 1.0))
    along = 0.8 * at[0] + 0.6 * at[1]
    values = speeds((along - along.min()) / 1.5 + 0.1, spacing=1.0)
    assert abs(np.median(values) - 1.5) < 0.02


def test_a_change_of_frame_interval_does_not_show():
    along = grid((40, 9, 9), (1.0,) * 3)[0] + 20
    times = np.concatenate([np.arange(0, 20, 1.0), np.arange(20, 44, 3.0)])
    values = front_speed(track([along <= t - 0.3 for t in times], times=times)).map[4:-4]
    assert abs(values[:10] - 1).max() < 1e-6
    assert abs(np.nanmean(values[12:20]) - 1) < 0.02


def test_a_second_layer_that_opens_later_does_not_slow_a_thin_sheet():
    frames = [np.zeros((2, 20, 40), bool) for _ in range(42)]
    for k, frame in enumerate(frames):
        frame[0, :, :k] = True
        frame[1, :, : max(k - 1, 0)] = True
    assert np.nanmedian(front_speed(track(frames)).map) == pytest.approx(1, abs=0.01)


def test_what_was_open_in_the_baseline_has_no_speed():
    frames = [np.zeros((9, 9, 9), bool) for _ in range(4)]
    for k, frame in enumerate(frames):
        frame[: 2 * k + 3] = True
    result = front_speed(track(frames), half_width=2)
    assert np.isnan(result.map[:3]).all()
    assert result.n_voxels + result.n_plateau + result.n_few == 6 * 81
    assert np.isfinite(result.map[5]).all()
    assert front_speed(track(frames[:1])).n_voxels == 0
    assert front_speed(track([np.zeros((3, 3, 3), bool)])).n_few == 0


def test_a_lone_voxel_has_too_few_neighbours():
    frames = [np.zeros((5, 5, 5), bool), np.zeros((5, 5, 5), bool)]
    frames[1][2, 2, 2] = True
    result = front_speed(track(frames))
    assert (result.n_voxels, result.n_few, result.n_plateau) == (0, 1, 0)


def test_bad_arguments_are_refused_in_one_line():
    history = track([np.ones((2, 2), bool)], times=[1.0])
    with pytest.raises(ValueError, match="half_width must be a whole number of at least 1, got 0"):
        front_speed(history, half_width=0)
    with pytest.raises(ValueError, match=r"at must not be before the first frame, 1\.0"):
        age(history, at=0.5)


def test_a_window_may_be_wider_than_the_volume(rng):
    frames = np.cumsum(rng.random((6, 5, 7)) < 0.2, axis=0) > 0
    history = track(frames)
    wide, wider = (front_speed(history, half_width=n) for n in (7, 10**6))
    np.testing.assert_array_equal(wide.map, wider.map)
    assert (wide.n_plateau, wide.n_few) == (wider.n_plateau, wider.n_few)
