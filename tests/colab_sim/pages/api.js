// The undocumented page global, as far as programs were seen to use it. `kernel` is there while
// nothing is connected.

export function exposeApi(page) {
  const notebook = {
    kernel: {
      isConnected: () => page.state?.connection === "connected",
      isRunning: () => page.state?.connection === "connected",
    },
    clearAllOutputs: () => page.act("clear", { index: null }),
    connectToKernel: () => page.act("connect"),
    runAll: () => page.act("command", { command: "runall" }),
    get cells() {
      return page.cells.list.map((cell) => ({
        cellId: cell.id,
        getExecutionCount: () => cell.count,
        hasOutput: () => !page.cells.output(cell).empty,
        isPending: () => cell.state === "pending",
        isRunning: () => cell.state === "running",
      }));
    },
  };
  globalThis.colab = { global: { notebook, notebookModel: {} } };
}
