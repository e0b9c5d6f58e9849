// Lines to a pipe, a terminal or a socket that is not read: the process goes on, and every line is
// either there, whole, or counted as lost.
import { describe, expect, test } from "bun:test";
import { closeSync, readSync } from "node:fs";
import { flushSinks, LIMIT_BYTES, Sink } from "../../src/log/sink.ts";
import { descriptorChannel } from "../../src/os/descriptors.ts";
import { libc } from "../../src/os/libc.ts";
import { makePipe } from "../../src/os/pipes.ts";

const F_GETFL = 3;
const O_NONBLOCK = 0o4000;

/** All that can be read at this moment. */
function readAll(descriptor: number): string {
  const buffer = Buffer.alloc(1 << 20);
  let text = "";
  try {
    for (let n = readSync(descriptor, buffer); n > 0; n = readSync(descriptor, buffer)) {
      text += buffer.toString("latin1", 0, n);
    }
  } catch (error) {
    if ((error as { code?: string }).code !== "EAGAIN") throw error;
  }
  return text;
}

async function readUntilWritten(sink: Sink, descriptor: number): Promise<string> {
  const texts: string[] = [];
  const reading = setInterval(() => texts.push(readAll(descriptor)), 1);
  await sink.untilWritten(2000);
  clearInterval(reading);
  texts.push(readAll(descriptor));
  return texts.join("");
}

describe("a sink", () => {
  test("keeps what is not read up to a limit, then loses whole lines and counts them", async () => {
    const [readEnd, writeEnd] = makePipe();
    let told = 0;
    const sink: Sink = new Sink(writeEnd, (lines) => (told += lines));
    const count = 20_000;
    // Nothing here waits: this test would never end.
    for (let n = 0; n < count; n++) sink.write(Buffer.from(`${n} ${"x".repeat(990)}\n`));
    const text = await readUntilWritten(sink, readEnd);
    const lines = text.trimEnd().split("\n");
    expect(lines.every((line, n) => line === `${n} ${"x".repeat(990)}`)).toBe(true);
    expect(text.length).toBeGreaterThan(LIMIT_BYTES - 2000);
    expect(told).toBe(count - lines.length);
    for (const end of [readEnd, writeEnd]) closeSync(end);
  }, 20_000);

  test("tears no long line where several processes write to one pipe", async () => {
    const [readEnd, writeEnd] = makePipe();
    // Each has a descriptor of its own, as those of several processes.
    const sinks = ["a", "b", "c"].map((name) => ({ name, sink: new Sink(writeEnd, () => {}) }));
    const lengths = [20_000, 12_000, 100, 15_000, 3000];
    for (let n = 0; n < 40; n++) {
      const length = lengths[n % lengths.length] ?? 0;
      for (const { name, sink } of sinks) sink.write(Buffer.from(`${name.repeat(length)}\n`));
    }
    const [first = { sink: new Sink(writeEnd, () => {}) }, ...others] = sinks;
    const ended = Promise.all(others.map(({ sink }) => sink.untilWritten(2000)));
    const texts = [await readUntilWritten(first.sink, readEnd)];
    const reading = setInterval(() => texts.push(readAll(readEnd)), 1);
    await ended;
    clearInterval(reading);
    texts.push(readAll(readEnd));
    const lines = texts.join("").trimEnd().split("\n");
    expect(lines).toHaveLength(120);
    expect(
      lines.filter((line) => !/^(a+|b+|c+)$/.test(line) || !lengths.includes(line.length)),
    ).toEqual([]);
    for (const end of [readEnd, writeEnd]) closeSync(end);
  }, 20_000);

  test("leaves the pipe's own descriptor as it is: others write to it as well", () => {
    const [readEnd, writeEnd] = makePipe();
    new Sink(writeEnd, () => undefined).write(Buffer.from("a line\n"));
    expect(libc().fcntl(writeEnd, F_GETFL, 0) & O_NONBLOCK).toBe(0);
    expect(readAll(readEnd)).toBe("a line\n");
    for (const end of [readEnd, writeEnd]) closeSync(end);
  });

  test("does not wait for a socket either, such as the one of a journal", async () => {
    const [ours, theirs] = descriptorChannel();
    const sink = new Sink(ours, () => undefined);
    for (let n = 0; n < 5000; n++) sink.write(Buffer.from(`${n} ${"x".repeat(90)}\n`));
    const text = await readUntilWritten(sink, theirs);
    expect(text.match(/^\d+ x{90}$/gm)).toHaveLength(5000);
    for (const end of [ours, theirs]) closeSync(end);
  });

  test("waits for a slow reader, and not for one that has stalled", async () => {
    const [readEnd, writeEnd] = makePipe();
    const sink = new Sink(writeEnd, () => undefined);
    sink.write(Buffer.from("x".repeat(2_000_000)));
    const begunMs = performance.now();
    await sink.untilRoom();
    expect(performance.now() - begunMs).toBeGreaterThan(150);
    let hasWaited = false;
    setImmediate(() => (hasWaited = true));
    await sink.untilRoom();
    expect(hasWaited).toBe(false);
    for (const end of [readEnd, writeEnd]) closeSync(end);
  });

  test("tells at the end what it could not pass on", async () => {
    const [readEnd, writeEnd] = makePipe();
    let told = 0;
    const sink = new Sink(writeEnd, (lines) => (told += lines));
    for (let n = 0; n < 200; n++) sink.write(Buffer.from(`${"x".repeat(990)}\n`));
    await flushSinks(50);
    expect(told + (readAll(readEnd).match(/^x{990}$/gm) ?? []).length).toBe(200);
    for (const end of [readEnd, writeEnd]) closeSync(end);
  });

  test("whose reader has gone takes lines, and keeps none", () => {
    const [readEnd, writeEnd] = makePipe();
    const sink = new Sink(writeEnd, () => undefined);
    closeSync(readEnd);
    for (let n = 0; n < 10_000; n++) sink.write(Buffer.from(`${"x".repeat(990)}\n`));
    closeSync(writeEnd);
  });
});
