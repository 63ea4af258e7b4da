/**
 * Runs every test of every package on real parts, and ends with one line of true totals.
 *
 * What is missing is installed where that is possible (Debian, as root) and otherwise named in one line: a test
 * is never skipped because its part is not there.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { CHROMIUM_NAMES } from "../packages/testkit/src/chromium.ts";
import { findProgram } from "../packages/testkit/src/find-program.ts";

const ROOT = join(import.meta.dirname, "..");
const REPORT = "node_modules/.cache/test-report.json";

/** Debian's own, since its packages are for no other. */
const PYTHON = "/usr/bin/python3";

/** What the tests start, whether it is here, and the Debian packages that bring it. */
const PREREQUISITES = [
  { isHere: () => findProgram(["redis-server"]), package: "redis-server" },
  { isHere: () => findProgram(["redis-cli"]), package: "redis-tools" },
  { isHere: () => findProgram(["nginx"]), package: "nginx" },
  { isHere: () => findProgram(CHROMIUM_NAMES), package: "chromium" },
  { isHere: hasPythonWebSockets, package: "python3-websockets" },
  { isHere: () => findProgram(["php"]), package: "php-cli" },
  { isHere: hasPhpRedis, package: "php-redis" },
  { isHere: () => findProgram(["curl"]), package: "curl" },
];

function hasPythonWebSockets(): boolean {
  return spawnSync(PYTHON, ["-c", "import websockets"], { stdio: "ignore" }).status === 0;
}

function hasPhpRedis(): boolean {
  return (
    spawnSync("php", ["-r", "exit(extension_loaded('redis') ? 0 : 1);"], { stdio: "ignore" }).status === 0
  );
}

function missingPackages(): string[] {
  return PREREQUISITES.filter(({ isHere }) => !isHere()).map((entry) => entry.package);
}

/** Whether all that the tests need is there in the end. */
function installPrerequisites(): boolean {
  const missing = missingPackages();
  if (missing.length === 0) return true;
  const command = `apt-get update && apt-get install -y --no-install-recommends ${missing.join(" ")}`;
  if (!findProgram(["apt-get"]) || process.getuid?.() !== 0) {
    say(`The tests need ${missing.join(" and ")}. On Debian or Ubuntu: sudo sh -c '${command}'`);
    return false;
  }
  say(`The tests need ${missing.join(" and ")}; installing: ${command}`);
  const { status } = spawnSync("sh", ["-c", `${command} >&2`], {
    stdio: "inherit",
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
  });
  if (status === 0 && missingPackages().length === 0) return true;
  say(`The installation failed. Install by hand: ${missingPackages().join(" ")}`);
  return false;
}

/** Folders of the packages that have tests. */
function testedPackages(): string[] {
  return ["apps", "packages"]
    .flatMap((group) => readdirSync(join(ROOT, group)).map((name) => join(ROOT, group, name)))
    .concat(join(ROOT, "bench"), join(ROOT, "faults"), join(ROOT, "examples"))
    .filter((folder) => {
      const file = join(folder, "package.json");
      return existsSync(file) && "test" in (JSON.parse(readFileSync(file, "utf8")).scripts ?? {});
    });
}

interface Totals {
  passed: number;
  failed: number;
}

// A package whose runner left no report or ran nothing, and a test file that did not load, count as failures too.
function totalsOf(folder: string): Totals {
  const file = join(folder, REPORT);
  if (!existsSync(file)) return { passed: 0, failed: 1 };
  const report = JSON.parse(readFileSync(file, "utf8"));
  const files: { status: string; assertionResults: unknown[] }[] = report.testResults;
  const broken = files.filter(
    ({ status, assertionResults }) => status === "failed" && assertionResults.length === 0,
  );
  return {
    passed: report.numPassedTests,
    failed: report.numTotalTests - report.numPassedTests + broken.length,
  };
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function main(): number {
  const folders = testedPackages();
  for (const folder of folders) rmSync(join(folder, REPORT), { force: true });
  if (!installPrerequisites()) return 1;
  // One package after the other: each starts servers and browsers of its own.
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${REPORT}`];
  const args = [
    "run",
    "test",
    "--concurrency=1",
    "--continue=always",
    "--output-logs=full",
    "--",
    ...reporters,
  ];
  const env = { ...process.env, TURBO_TELEMETRY_DISABLED: "1" };
  const { status } = spawnSync("turbo", args, { stdio: "inherit", cwd: ROOT, env });
  const totals = folders.map(totalsOf);
  const passed = totals.reduce((sum, each) => sum + each.passed, 0);
  const failed = totals.reduce((sum, each) => sum + each.failed, 0);
  // Something outside a test can fail too: an unhandled rejection, or turbo itself.
  const others = status === 0 || failed > 0 ? 0 : 1;
  say(`${passed} passed, ${failed + others} failed`);
  return failed + others === 0 && passed > 0 ? 0 : 1;
}

process.exitCode = main();
