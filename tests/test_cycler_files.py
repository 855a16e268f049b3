import re
import struct
import sys
import types
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from crevasse.operando import half_cycles, read_cycler

START = datetime(2025, 4, 20, 8, 55, 16, 521000, tzinfo=UTC)  # 10:55 in Berlin
TIME = np.array([0.0, 1800.0, 3600.0, 3600.5, 7200.0])
VOLTAGE = np.array([-0.05, -0.04, -0.03, 0.1, 0.2])
CURRENT = np.array([-1.0, -1.0, -1.0, 0.5, 0.5]) * 1e-3


def bdf(unix=True, labels=False):
    names = (
        ["Unix Time / s", "Test Time / s", "Voltage / V", "Current / A"]
        if labels
        else ["unix_time_second", "test_time_second", "voltage_volt", "current_ampere"]
    )
    columns = [TIME + START.timestamp(), TIME, VOLTAGE, CURRENT]
    frame = pd.DataFrame(dict(zip(names, columns, strict=True)))
    frame["Step ID" if labels else "step_id"] = 1
    return frame if unix else frame.drop(columns=names[0])


def mpt(
    path,
    *,
    time=TIME,
    current="I/mA",
    comma=False,
    start="04/20/2025 10:55:16.521",
    technique="Galvanostatic Cycling with Potential Limitation",
    ending="\n",
):
    """A file as EC-Lab writes it: Latin-1, tabs, one more at the end of the names."""
    header = [
        "",
        technique,
        "",
        "Run on channel : 6 (SN 6269)",
        "Electrode surface area : 0.03 cm²",
    ]
    header += [f"Acquisition started on : {start}"] if start else []
    columns = {"mode": ["1"] * len(TIME), "time/s": [str(t) for t in time]}
    columns["Ewe/V"] = [f"{v:.6e}" for v in VOLTAGE]
    if current:
        scale = 1e3 if current.endswith("mA") else 1.0
        columns[current] = [f"{i * scale:.9e}" for i in CURRENT]
    columns["Temperature/°C"] = ["XXX"] * len(TIME)
    rows = ["\t".join(row) for row in zip(*columns.values(), strict=True)]
    names = "\t".join(columns) + "\t"
    lines = ["EC-Lab ASCII FILE", f"Nb header lines : {len(header) + 3}", *header, names]
    body = "\n".join(rows) + ending
    body = body.replace(".", ",") if comma else body
    path.write_bytes(("\n".join(lines) + "\n" + body).replace("\n", "\r\n").encode("latin-1"))
    return path


@pytest.mark.parametrize("rows", ["", "0,1,1\n"])
def test_a_file_with_fewer_than_two_samples_is_named(tmp_path, rows):
    path = tmp_path / "cell.csv"
    path.write_text("test_time_second,voltage_volt,current_ampere\n" + rows)
    with pytest.raises(ValueError, match=r"cell\.csv.*: cycler data must have .* at least 2"):
        read_cycler(path, positive="plating")


def check(cycler, *, clock, start=START):
    np.testing.assert_allclose(
        cycler.time, TIME + (start.timestamp() if clock == "unix" else 0), rtol=0, atol=1e-5
    )
    np.testing.assert_allclose(cycler.voltage, VOLTAGE)
    np.testing.assert_allclose(cycler.current, CURRENT)
    assert cycler.clock == clock
    assert cycler.positive == "stripping"


@pytest.mark.parametrize("labels", [False, True])
@pytest.mark.parametrize("clock", ["unix", "test"])
@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_battery_data_format_is_read(tmp_path, suffix, clock, labels):
    path = tmp_path / f"cell.bdf{suffix}"
    frame = bdf(unix=clock == "unix", labels=labels)
    if suffix == ".csv":
        frame.to_csv(path, index=False)
    else:
        frame.to_parquet(path)
    cycler = read_cycler(path, positive="stripping")
    check(cycler, clock=clock)
    assert cycler.sampling == "points"
    assert cycler.source.startswith(f"cell.bdf{suffix} (")


def test_a_start_places_test_time_on_the_unix_clock(tmp_path):
    path = tmp_path / "cell.csv"
    bdf(unix=False).to_csv(path, index=False, encoding="utf-8-sig")
    cycler = read_cycler(path, positive="stripping", start=START.timestamp())
    check(cycler, clock="unix")
    assert "test time 0 at unix time 1745139316.521" in cycler.source


@pytest.mark.parametrize("comma", [False, True])
@pytest.mark.parametrize(
    ("current", "sampling"), [("I/mA", "points"), ("<I>/mA", "means"), ("I/A", "points")]
)
def test_ec_lab_text_is_read(tmp_path, current, sampling, comma):
    path = mpt(tmp_path / "cell.mpt", current=current, comma=comma)
    cycler = read_cycler(path, positive="stripping", timezone="Europe/Berlin")
    check(cycler, clock="unix")
    assert cycler.sampling == sampling
    assert "started 04/20/2025 10:55:16.521, Europe/Berlin" in cycler.source


@pytest.mark.parametrize(
    ("start", "timezone", "unix"),
    [
        ("04.20.2025 10:55:16", "+02:00", START.replace(microsecond=0)),
        ("04/20/2025 10:55:16,5", "+02:00", START.replace(microsecond=500000)),
        ("04-20-2025 03:55:16.521", "America/Chicago", START),
        ("04/20/2025 08:55:16.521", "UTC", START),
    ],
)
def test_dates_of_every_form_are_understood(tmp_path, start, timezone, unix):
    path = mpt(tmp_path / "cell.mpt", start=start)
    comment = path.read_bytes().replace(b"SN 6269", b"SN 6269\x85")  # three dots in Windows
    path.write_bytes(comment)
    check(read_cycler(path, positive="stripping", timezone=timezone), clock="unix", start=unix)


def test_without_a_time_zone_or_a_start_ec_lab_s_time_is_test_time(tmp_path):
    path = mpt(tmp_path / "cell.mpt")
    check(read_cycler(path, positive="stripping"), clock="test")
    check(read_cycler(path, positive="stripping", start=START.timestamp()), clock="unix")
    path = mpt(tmp_path / "short.mpt", start=None)
    check(read_cycler(path, positive="stripping", timezone="UTC"), clock="test")


@pytest.mark.parametrize("comma", [False, True])
def test_dates_instead_of_seconds_are_read(tmp_path, comma):
    dates = [(START + timedelta(hours=2, seconds=t)).strftime("%m/%d/%Y %H:%M:%S.%f") for t in TIME]
    path = mpt(tmp_path / "cell.mpt", time=dates, comma=comma)
    check(read_cycler(path, positive="stripping", timezone="+02:00"), clock="unix")
    with pytest.raises(ValueError, match="dates without a time zone in time/s; pass timezone"):
        read_cycler(path, positive="stripping")


def test_a_row_that_is_still_being_written_is_left_out(tmp_path):
    path = mpt(tmp_path / "cell.mpt", ending="\n1\t7300,0\t2,0e-0")
    check(read_cycler(path, positive="stripping"), clock="test")


def test_open_circuit_without_settings_in_its_header_is_known_by_its_mode(tmp_path):
    names = "EC-Lab ASCII FILE\nNb header lines : 3      \nmode\ttime/s\tEwe/V\tEwe-Ece/V\t\n"
    path = written(tmp_path / "ocv.mpt", names + "3\t0.0E+000\t1\t-4.7E-001\n3\t5\t1\t-4.8E-001\n")
    cycler = read_cycler(path, positive="plating")
    assert cycler.current.tolist() == [0, 0]
    assert cycler.voltage.tolist() == [-0.47, -0.48]
    path = written(tmp_path / "not.mpt", names + "3\t0\t1\t1\n1\t5\t1\t1\n")
    with pytest.raises(ValueError, match="export it with these"):
        read_cycler(path, positive="plating")


def test_the_mean_current_of_ec_lab_holds_from_the_sample_before(tmp_path):
    # EC-Lab's own dq of a sample is <I> times the time since the one before.
    path = mpt(tmp_path / "cell.mpt", current="<I>/mA")
    dq = CURRENT[1:] * np.diff(TIME) / 3.6
    cycler = read_cycler(path, positive="plating")
    np.testing.assert_allclose(np.diff(cycler.charge()), dq, atol=1e-12)


def test_files_of_one_cell_are_put_in_order_with_no_current_between_them(tmp_path):
    rest = mpt(tmp_path / "01_OCV.mpt", current=None, technique="Open Circuit Voltage")
    first = mpt(tmp_path / "02_GCPL.mpt", current="<I>/mA", start="04/20/2025 13:00:00.000")
    second = mpt(tmp_path / "03_CA.mpt", current="I/mA", start="04/20/2025 16:00:00.000")
    cycler = read_cycler([second, rest, first], positive="stripping", timezone="Europe/Berlin")
    table = half_cycles(cycler)
    assert table["direction"].tolist() == ["rest", "plating", "stripping"] * 2
    np.testing.assert_allclose(table["capacity"][:3], [0, 1, 0.5], atol=1e-9)
    # Between points the current runs straight through zero, which costs half a second of it.
    np.testing.assert_allclose(table["capacity"][3:], [0, 1, 0.5], atol=1e-4)
    assert table["end"][3] - table["begin"][3] == pytest.approx(3600)
    assert cycler.source.index("01_OCV") < cycler.source.index("03_CA")


@pytest.mark.parametrize(
    ("suffix", "reader"),
    [
        (".mpr", "pip install galvani"),
        (".ndax", "pip install fastnda"),
        (".DTA", "pip install gamry-parser"),
        (".res", "pip install galvani"),
    ],
)
def test_binary_formats_are_refused_with_the_reader_to_install(
    tmp_path, monkeypatch, suffix, reader
):
    for package in ("galvani", "galvani.BioLogic", "fastnda"):
        monkeypatch.setitem(sys.modules, package, None)  # not installed
    path = tmp_path / f"cell{suffix}"
    path.write_bytes(b"\x00\x01")
    with pytest.raises(ValueError, match=reader) as caught:
        read_cycler(path, positive="plating")
    assert "\n" not in str(caught.value)


def mpr(path, date="04/20/25"):
    """An EC-Lab binary file, as galvani understands these: modules of settings, data and log."""

    def module(name, data, version=0):
        head = name.ljust(10) + name.ljust(25) + struct.pack("<II", len(data), version)
        return b"MODULE" + head + date.encode() + data

    columns = struct.pack("<3H", 4, 6, 11)  # time/s, Ewe/V, <I>/mA
    rows = np.rec.fromarrays([TIME, VOLTAGE, CURRENT * 1e3], dtype="<f8,<f4,<f8").tobytes()
    head = struct.pack("<IB", len(TIME), 3) + columns
    days = (START + timedelta(hours=2)).replace(tzinfo=None) - datetime(1899, 12, 30)
    log = bytes(465) + struct.pack("<d", days / timedelta(days=1)) + bytes(200)
    path.write_bytes(
        b"BIO-LOGIC MODULAR FILE\x1a".ljust(48)
        + bytes(4)
        + module(b"VMP Set   ", b"")
        + module(b"VMP data  ", head.ljust(405, b"\0") + rows, version=2)
        + module(b"VMP LOG   ", log)
    )
    return path


@pytest.fixture(params=["as galvani reads it", "by galvani itself"])
def galvani(request, monkeypatch):
    """The reader, or one that gives what that gives."""
    if "itself" in request.param:
        pytest.importorskip("galvani")  # under the GPL: not among what the tests install
        return

    class MPRfile:
        timestamp = (START + timedelta(hours=2)).replace(tzinfo=None)
        data = np.rec.fromarrays(
            [TIME, VOLTAGE, CURRENT * 1e3],
            dtype=[("time/s", "<f8"), ("Ewe/V", "<f4"), ("<I>/mA", "<f8")],
        )

        def __init__(self, file):
            if not file.read(22).startswith(b"BIO-LOGIC MODULAR FILE"):
                raise ValueError("Invalid magic for .mpr file")

    monkeypatch.setitem(sys.modules, "galvani", types.ModuleType("galvani"))
    module = types.SimpleNamespace(MPRfile=MPRfile)
    monkeypatch.setitem(sys.modules, "galvani.BioLogic", module)


@pytest.mark.usefixtures("galvani")
def test_biologic_binary_is_read_by_galvani(tmp_path):
    path = mpr(tmp_path / "cell.mpr")
    cycler = read_cycler(path, positive="stripping", timezone="Europe/Berlin")
    assert cycler.clock == "unix"
    assert cycler.sampling == "means"
    np.testing.assert_allclose(cycler.time, TIME + START.timestamp(), atol=1e-3)
    np.testing.assert_allclose(cycler.voltage, VOLTAGE, atol=1e-7)
    np.testing.assert_allclose(cycler.current, CURRENT)
    assert "started 04/20/2025 10:55:16, Europe/Berlin" in cycler.source
    assert read_cycler(path, positive="stripping").clock == "test"
    with pytest.raises(ValueError, match=r"cell\.mpr cannot be read by galvani \(Invalid magic"):
        read_cycler(written(path, "nothing of it"), positive="stripping")


def test_neware_binary_is_read_by_fastnda(tmp_path, monkeypatch):
    def read(path, columns):
        assert columns == "bdf"
        if path.read_bytes() != b"NEWARE":
            raise ValueError("not a valid NDA file")
        return bdf()

    monkeypatch.setitem(sys.modules, "fastnda", types.SimpleNamespace(read=read))
    path = written(tmp_path / "cell.ndax", "NEWARE")
    cycler = read_cycler(path, positive="plating")
    np.testing.assert_allclose(cycler.time, TIME + START.timestamp())
    np.testing.assert_allclose(cycler.current, CURRENT)
    with pytest.raises(ValueError, match="cannot be read by fastnda"):
        read_cycler(written(tmp_path / "cell.nda", "?"), positive="plating")


def test_excel_is_read_where_openpyxl_is(tmp_path, monkeypatch):
    path = written(tmp_path / "cell.xlsx", "PK")
    monkeypatch.setattr(pd, "read_excel", lambda path, engine: bdf(labels=True))
    np.testing.assert_allclose(read_cycler(path, positive="plating").voltage, VOLTAGE)

    def without(path, engine):
        raise ImportError

    monkeypatch.setattr(pd, "read_excel", without)
    with pytest.raises(ValueError, match="pip install openpyxl"):
        read_cycler(path, positive="plating")


def written(path, text):
    path.write_text(text, encoding="latin-1")
    return path


def of_csv(text):
    return lambda d: read_cycler(written(d / "cell.csv", text), positive="plating")


BAD = {
    "no sign": (
        lambda d: read_cycler(mpt(d / "cell.mpt")),
        "positive must say what a positive current does at the working electrode, 'plating' or "
        "'stripping', got None",
    ),
    "columns": (
        of_csv("t;U;I\n0;1;2\n"),
        "must have the Battery Data Format's columns unix_time_second or test_time_second, "
        "voltage_volt, current_ampere, got t;U;I; separate columns by commas, with",
    ),
    "milliampere": (
        of_csv("Test Time / s,Voltage / V,Current / mA\n0,1,1\n"),
        "got Test Time / s, Voltage / V, Current / mA; convert Current / mA to A and V, and rename",
    ),
    "numbers": (
        of_csv("test_time_second,voltage_volt,current_ampere\n0,1,x\n1,1,1\n"),
        "must hold numbers in current_ampere",
    ),
    "missing value": (
        of_csv("test_time_second,voltage_volt,current_ampere\n0,1,1\n1,1,\n"),
        "current must be finite, got nan in sample 1",
    ),
    "empty": (
        of_csv(""),
        "cell.csv is not a CSV text file",
    ),
    "parquet": (
        lambda d: read_cycler(
            written(d / "cell.parquet", "nothing of the kind"), positive="plating"
        ),
        "cell.parquet is not a Parquet file",
    ),
    "mpt header": (
        lambda d: read_cycler(written(d / "cell.mpt", "mode\ttime/s\n1\t2\n"), positive="plating"),
        "must begin with 'EC-Lab ASCII FILE'",
    ),
    "mpt cut": (
        lambda d: read_cycler(
            written(d / "cell.mpt", "EC-Lab ASCII FILE\nNb header lines : 50\n\n"),
            positive="plating",
        ),
        "must have the 50 header lines that it states, at least 3, got 3",
    ),
    "mpt rows": (
        lambda d: read_cycler(
            written(
                d / "cell.mpt", "EC-Lab ASCII FILE\nNb header lines : 3\ntime/s\tEwe/V\tI/mA\n"
            ),
            positive="plating",
        ),
        "must hold rows below its header",
    ),
    "mpt columns": (
        lambda d: read_cycler(mpt(d / "cell.mpt", current="dq/mA"), positive="plating"),
        "one of <I>/mA, <I>/A, I/mA, I/A",
    ),
    "no current": (
        lambda d: read_cycler(mpt(d / "cell.mpt", current=None), positive="plating"),
        "export it with these",
    ),
    "day first": (
        lambda d: read_cycler(
            mpt(d / "cell.mpt", start="20/04/2025 10:55:16"), positive="plating", timezone="UTC"
        ),
        "must hold dates as MM/DD/YYYY, got '20/04/2025 10:55:16'",
    ),
    "change of clocks": (
        lambda d: read_cycler(
            mpt(d / "cell.mpt", start="10/26/2025 02:30:00"),
            positive="plating",
            timezone="Europe/Berlin",
        ),
        "falls into a change of clocks in Europe/Berlin; pass timezone as an offset",
    ),
    "zone": (
        lambda d: read_cycler(mpt(d / "cell.mpt"), positive="plating", timezone="Berlin"),
        "timezone must be a name such as 'Europe/Berlin' or an offset such as '+02:00', got "
        "'Berlin'",
    ),
    "ending": (
        lambda d: read_cycler(written(d / "cell.txt", ""), positive="plating"),
        "must end in one of .csv, .parquet, .xlsx, .mpt, .mpr, .nda, .ndax, got .txt",
    ),
    "start": (
        lambda d: read_cycler(mpt(d / "cell.mpt"), positive="plating", start=np.inf),
        "start must be a unix time in seconds, got inf",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_files_are_refused_in_one_line(tmp_path, case):
    call, message = BAD[case]
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        call(tmp_path)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"cell\.csv does not exist"):
        read_cycler(tmp_path / "cell.csv", positive="plating")
