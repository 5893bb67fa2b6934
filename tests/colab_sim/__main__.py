"""Run the stand-in by hand: `python -m colab_sim`."""

import argparse
import asyncio
import shlex

from colab_sim.sim import ColabSim


def main() -> None:
    """Serve a few notebooks until Ctrl+C."""
    parser = argparse.ArgumentParser(prog="colab_sim", description=__doc__)
    parser.add_argument("--generation", type=int, choices=(2020, 2023, 2025), default=2025)
    parser.add_argument("--language", choices=("en", "ko", "es"), default="en")
    parser.add_argument("--notebooks", type=int, default=2)
    parser.add_argument("--no-kernel", action="store_true")
    try:
        asyncio.run(serve(parser.parse_args()))
    except KeyboardInterrupt:
        print("closed")  # noqa: T201


async def serve(arguments: argparse.Namespace) -> None:
    """Print where everything is, and wait."""
    async with ColabSim() as sim:
        for number in range(1, arguments.notebooks + 1):
            notebook = sim.notebook(
                f"night{number}",
                generation=arguments.generation,
                language=arguments.language,
                kernel=not arguments.no_kernel,
            )
            print(f"{notebook.name}: {notebook.url}")  # noqa: T201
        urls = [notebook.url for notebook in sim.notebooks.values()]
        command = ["chromium", "--user-data-dir=/tmp/colab_sim", "--remote-debugging-port=9222"]
        print(f"control: {sim.control_url}")  # noqa: T201
        print(shlex.join([*command, *sim.chromium_flags, *urls]))  # noqa: T201
        await asyncio.Event().wait()


if __name__ == "__main__":
    main()
