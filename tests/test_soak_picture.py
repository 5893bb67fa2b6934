"""The record of a soak, and the picture of it."""

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

from colab_cdp_agent.keep.curve import MOST_POINTS
from soak_picture import draw
from soak_run import QUANTITIES, Ending, Recorder, Run, Sample, Setting

SVG = "{http://www.w3.org/2000/svg}"
WHERE = {"cores": "2 x <fast>", "system": "Linux", "browser": "Chromium 1", "date": "2026-11-25"}
FOUR_HOURS = Setting(tabs=8, rate=80, seconds=14_400, where=WHERE)
EVERY_S = 5


def sample(nth: int, **weights: float) -> Sample:
    return Sample(EVERY_S * nth, {each.name: 1.0 for each in QUANTITIES} | weights)


def written(run: Run) -> list[str]:
    """Return the texts of its picture, which any XML parser must be able to read."""
    found = ET.fromstring(draw(run)).iter(f"{SVG}text")
    return ["".join(each.itertext()) for each in found]


def curves(run: Run) -> dict[str, list[tuple[float, float]]]:
    """Return the points that are drawn of each quantity."""
    drawn = ET.fromstring(draw(run)).iter(f"{SVG}polyline")
    return {
        quantity.name: [
            (float(x), float(y))
            for x, y in (pair.split(",") for pair in curve.attrib["points"].split())
        ]
        for quantity, curve in zip(QUANTITIES, drawn, strict=True)
    }


def test_a_picture_says_what_was_run_the_bars_and_the_last_values() -> None:
    samples = [sample(1, agent_mib=44.04, threads=4), sample(720, agent_mib=61.55, threads=6)]
    texts = written(Run(FOUR_HOURS, tuple(samples), Ending(288_000, 2, 1)))
    assert "8 tabs, 80 lines a second, for 1 h 00 min" in texts
    assert "288,000 lines printed, 2 lost, 1 archived twice" in texts
    assert "2 x <fast>, Linux, Chromium 1, 2026-11-25" in texts
    assert {"44.0 to 61.5", "most 61.5, bar 60", "mean 1.00, bar 3"} <= set(texts)
    assert {"61.5", "4 to 6", "6"} <= set(texts)
    assert {"0", "10 min", "50 min", "1 h"} <= set(texts)


def test_the_bars_are_drawn_and_what_is_over_its_bar_is_marked() -> None:
    def classes(**weights: float) -> list[str]:
        run = Run(FOUR_HOURS, (sample(1), sample(2, **weights)), None)
        return [each.get("class", "") for each in ET.fromstring(draw(run)).iter()]

    assert classes().count("bar") == 2
    assert "dim over" not in classes(agent_mib=60.0, cpu_percent=4.9)  # of which the mean counts
    assert classes(agent_mib=60.1).count("dim over") == 1
    assert classes(agent_mib=60.1, cpu_percent=5.1).count("dim over") == 2


def test_more_tabs_than_usual_have_no_bars() -> None:
    crowd = replace(FOUR_HOURS, tabs=200)
    run = Run(crowd, (sample(1), sample(2, agent_mib=99.9)), None)
    assert "1.00 to 99.9" in written(run)
    assert not any("bar" in text for text in written(run))
    assert 'class="bar"' not in draw(run)


def test_a_long_run_is_thinned_and_its_peak_stays() -> None:
    samples = tuple(sample(nth, cpu_percent=9.0 if nth == 1_111 else 1.0) for nth in range(2_881))
    drawn = curves(Run(FOUR_HOURS, samples, None))
    assert all(len(points) <= MOST_POINTS for points in drawn.values())
    left, right = drawn["cpu_percent"][0][0], drawn["cpu_percent"][-1][0]
    peak = min(drawn["cpu_percent"], key=lambda point: point[1])
    assert abs((peak[0] - left) / (right - left) - 1_111 / 2_880) < 0.001


def test_growth_is_told_by_the_second_and_the_last_quarter() -> None:
    mib = [30.0, 44.0, 45.0, 45.0, 45.5, 46.0, 46.5, 46.5]
    samples = tuple(sample(nth, agent_mib=weight) for nth, weight in enumerate(mib, 1))
    run = Run(FOUR_HOURS, samples, None)
    assert run.growth(QUANTITIES[0]) == 1.5


def test_a_recorded_run_is_read_again_and_one_that_was_cut_off_too(tmp_path: Path) -> None:
    file = tmp_path / "build" / "soak.jsonl"
    samples, ending = (sample(1), sample(2, threads=7)), Ending(800, 0, 0)
    recorder = Recorder(file, FOUR_HOURS)
    for part in (*samples, ending):
        recorder.add(part)
    assert Run.read(file) == Run(FOUR_HOURS, samples, ending)
    file.write_text(file.read_text("utf-8")[:-5], "utf-8")
    cut_off = Run.read(file)
    assert cut_off == Run(FOUR_HOURS, samples, None)
    assert "cut off before its end" in written(cut_off)
