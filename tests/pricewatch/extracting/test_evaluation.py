"""The promise on real pages: read without configuration as well as the best, and fast."""

import pytest
from bench.extraction_eval import FOLDER, GOALS, Score, main, measure


@pytest.mark.skipif(not (FOLDER / "ground-truth.json").is_file(), reason="the product pages are not here")
def test_real_pages_are_read_as_well_as_promised() -> None:
    scores, misses, speed = measure(FOLDER)

    assert {name: scores["all"][name].f1 >= goal for name, goal in GOALS.items()} == dict.fromkeys(GOALS, True), misses
    assert speed > 15  # 100 on a quiet machine; tests run beside others


def test_the_counting_is_the_benchmarks() -> None:
    score = Score()
    marks = [
        score.add({"1"}, "1"),
        score.add({"1"}, "2"),
        score.add({"1"}, ""),
        score.add(set(), ""),
        score.add(set(), "1"),
    ]

    assert marks == [True, False, False, True, False]
    assert (score.right, score.wrong, score.missed) == (1, 2, 2)


def test_without_the_pages_it_says_so(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["eval", "/nowhere"])

    assert main() == 0
    assert "no product pages in /nowhere" in capsys.readouterr().out
