"""Progress is read from what the real libraries printed, recorded in kernels or quoted."""

from itertools import pairwise

import pytest

import recorded
from colab_cdp_agent.watch.progress import ProgressReader
from colab_cdp_protocols import mqtt

MOST_BYTES_OF_A_FILE = 60_000
MOST_BYTES = 400_000
Told = dict[str, float | None]


def counts(progress: mqtt.Progress) -> tuple[int | None, ...]:
    return progress.step, progress.total, progress.epoch, progress.epochs


def fractions(told: list[mqtt.Progress]) -> list[float | None]:
    return [progress.fraction for progress in told]


def never_falls(values: list[float | None]) -> bool:
    known = [value for value in values if value is not None]
    return all(before <= after for before, after in pairwise(known))


def until(told: list[mqtt.Progress], whole: float) -> list[mqtt.Progress]:
    """Return what was told until the fraction reached a value for the first time."""
    end = next(place for place, progress in enumerate(told) if progress.fraction == whole)
    return told[: end + 1]


def test_the_recordings_stay_small_and_name_their_source() -> None:
    sizes = [path.stat().st_size for path in (*recorded.PRINTED, *recorded.QUOTED)]
    assert max(sizes) < MOST_BYTES_OF_A_FILE
    assert sum(sizes) < MOST_BYTES
    for path in recorded.QUOTED:
        assert "\n# https://" in path.read_text("utf-8"), path.name
    for path in recorded.PRINTED:
        assert '"libraries": {' in path.read_text("utf-8").splitlines()[0], path.name


@pytest.mark.parametrize("library", ["keras", "tf_keras"])
def test_keras_bars_count_the_epochs_and_give_every_metric(library: str) -> None:
    first = until(recorded.read(recorded.printed(library)), 1.0)
    assert fractions(first)[:3] == [0.0, pytest.approx(1 / 24), pytest.approx(8 / 24)]
    assert never_falls(fractions(first))
    assert counts(first[-1]) == (8, 8, 3, 3)
    assert first[-1].metrics.keys() == {"accuracy", "loss", "val_accuracy", "val_loss"}


@pytest.mark.parametrize("library", ["keras", "tf_keras"])
def test_keras_with_one_line_an_epoch_reads_the_same(library: str) -> None:
    told = recorded.read(recorded.printed(library))
    second = told[len(until(told, 1.0)) :]
    assert second[0].fraction == 0.0
    assert never_falls(fractions(until(second, 1.0)))
    assert counts(until(second, 1.0)[-1]) == (8, 8, 3, 3)


def test_keras_without_a_known_length_tells_the_step_alone() -> None:
    unknown = [each for each in recorded.read(recorded.printed("keras")) if each.total is None]
    assert unknown[-1].step == 1
    assert unknown[-1].fraction is None


def test_a_trainer_of_transformers_counts_the_whole_run_in_its_bar() -> None:
    run = until(recorded.read(recorded.printed("transformers")), 1.0)
    assert never_falls(fractions(run))
    assert run[-1].epoch == 3
    assert (run[-1].step, run[-1].total) == (90, 90)
    assert {"loss", "grad_norm", "learning_rate", "eval_loss"} <= run[-1].metrics.keys()


def test_the_evaluations_of_a_trainer_do_not_throw_its_run_back() -> None:
    told = recorded.read(recorded.printed("transformers"))
    evaluating = [each for each in told if each.total == 10 and each.metrics.get("loss")]
    assert len({each.fraction for each in evaluating}) > 2
    assert min(each.fraction or 0.0 for each in evaluating) >= 1 / 3


def test_a_trainer_in_a_notebook_tells_its_epochs_in_html() -> None:
    told = [each for each in recorded.read(recorded.printed("transformers")) if each.epochs == 1]
    assert told[-1].fraction == 1.0
    assert "val_loss" in told[-1].metrics


def test_lightning_does_not_print_how_many_epochs_there_are() -> None:
    told = recorded.read(recorded.printed("pytorch-lightning"))
    training = [each for each in told if each.metrics]
    assert {each.epoch for each in training} == {1, 2, 3}
    assert {each.fraction for each in training} == {None}
    assert (training[-1].step, training[-1].total) == (30, 30)
    assert training[-1].metrics["loss"] == training[-1].metrics["train_loss"]
    assert "val_loss" in training[-1].metrics


def test_lightning_in_a_terminal_prints_them() -> None:
    told = recorded.read(recorded.printed("pytorch-lightning-shell"))
    assert never_falls(fractions(told))
    assert {each.epoch for each in told} == {1, 2, 3}
    assert {each.epochs for each in told} == {3}
    assert told[-1].fraction == 1.0
    assert told[-1].metrics.keys() == {"loss", "train_loss", "val_loss"}


@pytest.mark.parametrize(("library", "end"), [("fastai", 1.0), ("fastai-shell", 0.95)])
def test_fastai_tells_its_epochs_by_its_bars_and_its_metrics_by_its_table(
    library: str, end: float
) -> None:
    told = recorded.read(recorded.printed(library))
    assert never_falls(fractions(told))
    assert (told[-1].fraction or 0.0) >= end
    assert (told[-1].epoch, told[-1].epochs) == (3, 3)
    assert {"loss", "train_loss", "valid_loss", "_rmse"} == told[-1].metrics.keys()
    assert told[-1].metrics["train_loss"] == 4.782988


def test_ultralytics_names_its_losses_in_a_header_and_prints_scores_below() -> None:
    told = recorded.read(recorded.printed("ultralytics"))
    assert never_falls(fractions(told))
    first = told[0]
    assert counts(first) == (0, 6, 1, 3)
    assert first.metrics == {
        "box_loss": 3.304, "cls_loss": 2.077, "dfl_loss": 1.941, "loss": 7.322,
    }  # fmt: skip
    assert told[-1].fraction == 1.0
    assert {"P", "R", "mAP50", "mAP50-95"} <= told[-1].metrics.keys()


def test_xgboost_counts_rounds_without_an_end() -> None:
    told = recorded.read(recorded.printed("xgboost"))
    assert told[11].step == 11
    assert told[11].fraction is None
    assert told[11].metrics == {
        "train-logloss": 0.28556, "train-auc": 0.9984, "eval-logloss": 0.80083,
        "eval-auc": 0.53212, "loss": 0.28556,
    }  # fmt: skip
    assert told[-1].metrics["validation_0-rmse"] == 0.56727


def test_lightgbm_counts_rounds_and_takes_the_mean_of_folds() -> None:
    told = recorded.read(recorded.printed("lightgbm"))
    assert told[0].step == 4
    assert told[0].metrics["loss"] == told[0].metrics["training's_binary_logloss"]
    assert told[-1].metrics["valid's_l2"] == 0.254816


def test_catboost_tells_the_time_left() -> None:
    told = recorded.read(recorded.printed("catboost"))
    assert told[0].step == 0
    first = next(line for _at, line in recorded.printed("catboost") if "remaining" in line)
    assert first.endswith(f"remaining: {told[0].eta_s:g}s")
    assert told[0].metrics["loss"] == told[0].metrics["learn"]
    assert told[-1].step == 5


def test_scikit_learn_counts_in_many_ways() -> None:
    told = recorded.read(recorded.printed("scikit-learn"))
    assert (told[11].step, told[11].metrics["loss"]) == (12, 0.68695176)
    table = [each for each in told if "OOB_Improve" in each.metrics]
    assert (table[0].step, table[0].eta_s) == (1, 0.01)
    forest = [each for each in told if each.total == 20 and each.epoch is None]
    assert (forest[-1].step, forest[-1].fraction) == (20, 1.0)
    tasks = [each for each in told if each.total == 12]
    assert tasks[-1].step == 12
    assert any(each.eta_s for each in tasks[:-1])


def test_rich_tells_a_share_and_the_time_left_but_no_step() -> None:
    told = recorded.read(recorded.printed("rich"))
    alone = until(told, 1.0)
    assert never_falls(fractions(alone))
    assert {each.step for each in told} == {None}
    assert {None, 1.0, 0.0} <= {each.eta_s for each in alone}
    nested = told[len(alone) :]
    assert never_falls(fractions(nested))
    assert (nested[0].fraction, nested[-1].fraction) == (0.0, 1.0)


def test_tqdm_bars_follow_one_another_each_from_its_own_beginning() -> None:
    told = recorded.read(recorded.printed("tqdm"))
    training = until(told, 1.0)
    assert never_falls(fractions(training))
    assert (training[-1].step, training[-1].total) == (60, 60)
    assert training[-1].metrics.keys() == {"loss", "lr"}
    rest = told[len(training) :]
    endless = [each for each in rest if each.total is None]
    assert endless[0].fraction is None
    assert endless[-1].step == 20
    slow = [each for each in rest if each.total == 3 and each.epoch is None]
    assert slow[1].rate == pytest.approx(1 / 1.1, rel=0.02)


def test_nested_tqdm_bars_of_epochs_count_the_whole_run() -> None:
    told = recorded.read(recorded.printed("tqdm"))
    epochs = [each for each in told if each.epochs == 3]
    trained = [each for each in epochs if each.total in {20, 7}]
    assert never_falls(fractions(trained))
    assert {each.epoch for each in trained} == {1, 2, 3}


def test_nested_tqdm_bars_without_names_count_the_outermost() -> None:
    told = recorded.read(recorded.printed("tqdm"))
    nested = [each for each in told if each.total in {4, 10}]
    assert never_falls(fractions(nested))
    assert set(fractions(nested)) == {0.0, 0.25, 0.5, 0.75, 1.0}


def test_the_text_of_a_tqdm_widget_is_a_bar() -> None:
    (first, *_rest) = recorded.read(recorded.printed("tqdm-notebook"))
    assert (first.epoch, first.epochs, first.fraction) == (1, 2, 0.0)


QUOTED: list[tuple[str, tuple[int | None, ...], Told]] = [
    ("darknet-alexeyab", (1278, None, None, None),
     {"loss": 2.967602, "avg_loss": 2.967602, "batch_loss": 3.231166, "learning_rate": 0.01}),
    ("darknet-alexeyab-batches", (1863, None, None, None), {"loss": 1379.455566, "iou": None}),
    ("darknet-first", (9002, None, None, None), {"loss": 0.06073, "Avg_IOU": None}),
    ("yolov5", (None, None, 5, 249), {"loss": 0.08943, "box_loss": 0.06393, "mAP50": 0.203}),
    ("yolov7", (295, 295, 33, 4999), {"loss": 0.0981, "obj_loss": 0.01035, "P": 0.874}),
    ("yolov8", (8, 8, 45, 1000), {"loss": 2.7969, "dfl_loss": 1.113, "mAP50-95": 0.673}),
    ("lightning-1", (1653, 1702, 1, None), {"loss": 0.158, "train_loss": 0.149, "v_num": None}),
    ("lightning-1-validation", (974, 1016, 1, None), {"loss": 0.223, "acc": 0.875}),
    ("pytorch-imagenet", (400, 80073, 1, None), {"loss": 6.9802, "Acc@5": 6.25}),
    ("torchvision-references", (104, 5005, 1, None), {"loss": 6.8593, "lr": 0.1}),
    ("pytorch-cifar", (48, None, 1, None), {"loss": 0.688}),
    ("mxnet", (200, None, 19, None), {"Train-accuracy": 0.999578, "accuracy": 0.999687}),
    ("pytorch-mnist", (3200, 60000, 1, None), {"loss": 1.7948}),
    ("nanogpt", (3020, None, None, None), {"loss": None, "train_loss": 4.039, "val_loss": 4.0427}),
    ("transformers-4", (None, None, 1, None), {"loss": 0.6624}),
    ("transformers-2", (1000, None, 1, None), {"loss": 6.928811420440674}),
    ("detectron2", (379, None, None, None), {"loss": 3.235, "total_loss": 3.235}),
    ("mmdetection", (20, 678, 1, None), {"loss": 2.8716, "lr": 0.0002}),
    ("keras-nan", (3, 100, None, None), {"loss": None}),
    ("plain-epochs-steps", (200, 600, 2, 5), {"loss": 0.208}),
    ("plain-epochs", (None, None, 6, 10), {"loss": 0.3653, "acc": 0.8714}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "expected", "metrics"), QUOTED, ids=[each[0] for each in QUOTED])
def test_what_other_people_quoted_is_read(
    name: str, expected: tuple[int | None, ...], metrics: Told
) -> None:
    last = recorded.read(recorded.quoted(name))[-1]
    assert counts(last) == expected
    assert {key: last.metrics.get(key) for key in metrics} == metrics


def test_every_quoted_log_is_read_or_is_known_to_tell_nothing() -> None:
    assert {path.stem for path in recorded.QUOTED} == {name for name, *_ in QUOTED} | {"downloads"}
    assert recorded.read(recorded.quoted("downloads")) == []


@pytest.mark.parametrize(
    ("name", "hours"), [("darknet-alexeyab", 30.512658), ("detectron2", 1 + 50 / 60 + 1 / 3600)]
)
def test_the_time_left_by_a_librarys_own_word_is_told(name: str, hours: float) -> None:
    assert recorded.read(recorded.quoted(name))[-1].eta_s == pytest.approx(hours * 3600)


@pytest.mark.parametrize("name", ["nanogpt", "keras-nan"])
def test_a_loss_that_is_no_number_is_told_as_diverged(name: str) -> None:
    reader = ProgressReader()
    told = recorded.read(recorded.quoted(name), reader)
    assert reader.diverged
    assert "loss" in told[0].metrics
    assert "loss" not in told[-1].metrics
