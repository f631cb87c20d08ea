import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["functions/src/**/*.test.ts", "scripts/**/*.test.ts", "dashboard/src/**/*.test.ts"],
          // Pure functions share nothing: a world of its own for each of 250 files is a minute of imports.
          isolate: false,
          // Only what hangs is a failure: how long a test takes says something of the machine, not of the code.
          testTimeout: 120_000,
        },
      },
      {
        test: {
          name: "emulator",
          include: ["test/**/*.test.ts"],
          exclude: [
            "test/browser/**",
            "test/emulator-data.test.ts",
            "test/adoption.flow.test.ts",
            "test/*retraining.flow.test.ts",
            "test/*counting.flow.test.ts",
            "test/large-training.flow.test.ts",
          ],
          // One emulator run serves the whole suite: files share its routing and config documents, so they take turns.
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: "counting",
          // Tens of thousands of logs, beside emulators of their own without background triggers.
          include: ["test/*counting.flow.test.ts", "test/large-training.flow.test.ts"],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: "retraining",
          // Trainings learn from every log of their days: beside emulators of their own, where nobody else has left any.
          include: ["test/*retraining.flow.test.ts"],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: "browser",
          // Pages in a real Chromium, beside emulators of their own.
          include: ["test/browser/**/*.test.ts"],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: "adoption",
          // Starts emulators of its own, one existing project after the other.
          include: ["test/adoption.flow.test.ts"],
          testTimeout: 120_000,
          hookTimeout: 240_000,
        },
      },
      // Beside emulators that began with emulator-data/.
      { test: { name: "emulator-data", include: ["test/emulator-data.test.ts"], testTimeout: 120_000 } },
    ],
  },
});
