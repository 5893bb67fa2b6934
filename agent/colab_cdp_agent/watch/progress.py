import re

from colab_cdp_protocols import mqtt


class ProgressReader:
    def __init__(self, patterns=()):
        self.series = {}
        self.begin(0)

    def begin(self, at):
        self.p = mqtt.Progress()

    def take(self, line, at):
        m = re.search(r"(\d+)/(\d+) \[.*<(\d+):(\d+)", line)
        import msgspec

        if m:
            self.p = msgspec.structs.replace(
                self.p,
                fraction=int(m[1]) / int(m[2]),
                total=int(m[2]),
                eta_s=int(m[3]) * 60 + int(m[4]) * 1.0,
            )
        m = re.search(r"loss ([\d.]+)", line)
        if m:
            self.p = msgspec.structs.replace(self.p, metrics={"loss": float(m[1])})
        return True

    def progress(self, at, now):
        return self.p
