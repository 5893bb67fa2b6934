"""What only looks like progress tells nothing: a wrong number is worse than none."""

import pytest

import recorded
from colab_cdp_agent.watch.progress import ProgressReader

FALSE_FRIENDS = [
    "2025-08-14 23:41:27,123 [INFO] worker 3: wrote 128 rows in 1.2 s",
    "08/14/2025 10:00",
    "connected to 192.168.1.10:8080, 3/4 of the shards are up",
    "1/2 cup of sugar, 3/4 of the epochs in the paper",
    "Epoch of the Unix clock: 1606262400",
    "At epoch 3 of the war 50 ships were lost",
    "We train in 3 epochs of 100 steps",
    "step 3/4: install the requirements",
    "Step 3/10 : RUN pip install torch",
    "Get:1 http://archive.ubuntu.com/ubuntu jammy/main amd64 libfoo 1.2.3 [1,234 kB]",
    "(Reading database ... 45%",
    "(Reading database ... 121713 files and directories currently installed.)",
    "Fetched 12.3 MB in 2s (5,432 kB/s)",
    "   ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ 4.5/4.5 MB 10.2 MB/s eta 0:00:00",
    "     \x1b[90m━━━━━━━━━━\x1b[0m \x1b[32m4.5/4.5 MB\x1b[0m \x1b[31m10.2 MB/s\x1b[0m eta 0:00:00",
    "     |████████████████████████████████| 2.5 MB 5.2 MB/s ",
    "model.safetensors: 100%|██████████| 548M/548M [00:02<00:00, 230MB/s]",
    "100% 12.3M/12.3M [00:00<00:00, 50.2MB/s]",
    "data.zip            45%[========>           ]  12.34M  5.67MB/s    eta 2s",
    "Receiving objects:  45% (450/1000), 1.20 MiB | 2.40 MiB/s",
    "Unpacking objects: 100% (12/12), done.",
    " 45 12.3M   45 5.5M    0     0  1234k      0  0:00:10  0:00:05  0:00:05 1234k",
    "Collecting numpy<2.0,>=1.17 (from torch==2.1.0)",
    "Namespace(batch_size=64, epochs=14, lr=1.0, gamma=0.7, seed=1, loss='mse', dropout=0.1)",
    "batch=2, box=7.5, cls=0.5, iou=0.7, lr0=0.01, mask_ratio=4, momentum=0.937, nbs=64, loss=0.5",
    "Accuracy of the network on the 10000 test images: 98 %",
    "UserWarning: loss_fn got 2 positional arguments",
    "optimizer: AdamW(lr=0.001667, momentum=0.9) with parameter groups 57 weight(decay=0.0)",
    "[LightGBM] [Info] Total Bins 341",
    "[1] 4021",
    "[0, 6.180121421813965, 4.628732681274414, '00:00']",
    "{'a': 1, 'b': 2.5}",
    "tensor([[0.1, 0.2], [0.3, 0.4]])",
    "10 loops, best of 5: 20.3 ms per loop",
    "Thu Nov 25 08:14:11 2026       ",
    "| N/A   45C    P0    26W /  70W |    450MiB / 15360MiB |      12%      Default |",
    "Epoch  loss  is what the header says",
]


@pytest.mark.parametrize("line", FALSE_FRIENDS)
def test_a_false_friend_tells_nothing(line: str) -> None:
    reader = ProgressReader()
    assert not reader.take(line, 1.0)
    empty = ProgressReader()
    assert reader.progress(1.0, recorded.NOW) == empty.progress(1.0, recorded.NOW)
    assert reader.series == {}


@pytest.mark.parametrize("line", FALSE_FRIENDS)
def test_a_false_friend_in_a_run_changes_nothing(line: str) -> None:
    reader = ProgressReader()
    reader.take("Epoch [2/5], Step [300/600], Loss: 0.5", 1.0)
    before = reader.progress(1.0, recorded.NOW)
    assert not reader.take(line, 1.0)
    assert reader.progress(1.0, recorded.NOW) == before


def test_a_finished_download_or_preparation_is_not_the_runs_end() -> None:
    reader = ProgressReader()
    reader.take("Map: 100%|██████████| 1000/1000 [00:02<00:00, 500.00 examples/s]", 2.0)
    assert reader.progress(2.0, recorded.NOW).fraction is None
    reader.take("Steps: 100%|██████████| 20/20 [00:02<00:00, 10.00it/s]", 4.0)
    assert reader.progress(4.0, recorded.NOW).fraction == 1.0
    reader.take("Training:   1%|          | 10/1000 [00:01<01:39, 10.00it/s]", 5.0)
    assert reader.progress(5.0, recorded.NOW).fraction == 0.01
