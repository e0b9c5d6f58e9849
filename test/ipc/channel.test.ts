// The channel between the master and a worker. Bun does not document that `Bun.connect` takes a
// descriptor, nor that one which `Bun.spawn` has made for "pipe" beyond stderr is left to whoever
// has asked for it.
import { afterAll, describe, expect, test } from "bun:test";
import { closeSync, fstatSync, openSync } from "node:fs";
import { Channel } from "../../src/ipc/channel.ts";
import { checked, libc } from "../../src/os/libc.ts";

const [AF_UNIX, SOCK_STREAM, NONBLOCK_CLOEXEC] = [1, 1, 0o2004000] as const;

const opened: Channel[] = [];
afterAll(() => opened.forEach((channel) => channel.close()));

function descriptors(): readonly [number, number] {
  const ends = new Int32Array(2);
  const type = SOCK_STREAM | NONBLOCK_CLOEXEC;
  checked("socketpair", libc().socketpair(AF_UNIX, type, 0, ends));
  return [ends[0] ?? -1, ends[1] ?? -1];
}

/** One end, and what has come to it. */
function open(descriptor: number) {
  const values: unknown[] = [];
  const closed = Promise.withResolvers<void>();
  let more = Promise.withResolvers<void>();
  const channel = new Channel(descriptor, {
    onValue: (value) => {
      values.push(value);
      more.resolve();
    },
    onClosed: () => closed.resolve(),
  });
  opened.push(channel);
  const untilCount = async (count: number): Promise<void> => {
    while (values.length < count) {
      more = Promise.withResolvers();
      await more.promise;
    }
  };
  return { channel, values, closed: closed.promise, untilCount };
}

test("messages come whole and in order, whatever their size, and those sent at once too", async () => {
  const [left, right] = descriptors();
  const [from, to] = [open(left), open(right)];
  const sent = Array.from({ length: 60 }, (_, at) => ({ at, text: "ü\n".repeat(at * at * 20) }));
  for (const message of sent) from.channel.send(message);
  await to.untilCount(sent.length);
  expect(to.values).toEqual(sent);
});

test("what is no JSON comes as undefined, and the next message after it", async () => {
  const [left, right] = descriptors();
  const to = open(right);
  const from = await Bun.connect({ fd: left, socket: { data: () => undefined } } as never);
  (from as Bun.Socket).write('}{\n\n{"type":"ready"}\n');
  await to.untilCount(3);
  expect(to.values).toEqual([undefined, undefined, { type: "ready" }]);
  (from as Bun.Socket).terminate();
  await to.closed;
});

/** A channel of which the kernel takes no more. */
async function full() {
  const [left, right] = descriptors();
  const from = open(left);
  const filler = { filler: "x".repeat(100_000) };
  await Bun.sleep(0);
  for (let count = 0; count < 20; count++) from.channel.send(filler);
  return { from, right };
}

describe("to an end that does not read", () => {
  test("a message takes the place of one of its kind, and the others wait in order", async () => {
    const { from, right } = await full();
    for (let id = 0; id < 5000; id++) from.channel.send({ report: id }, "report");
    from.channel.send({ stop: true });
    from.channel.send({ report: 5000 }, "report");
    const to = open(right);
    await to.untilCount(22);
    expect(to.values.slice(20)).toEqual([{ stop: true }, { report: 5000 }]);
  });

  test("so many messages wait and no more", async () => {
    const { from, right } = await full();
    let refused = 0;
    for (let id = 0; id < 5000; id++) if (!from.channel.send({ id })) refused++;
    expect(refused).toBeGreaterThan(3900);
    expect(from.channel.isBehind).toBe(true);
    const to = open(right);
    await to.untilCount(20 + 5000 - refused);
    expect(to.values.at(-1)).toEqual({ id: 5000 - refused - 1 });
    expect(from.channel.isBehind).toBe(false);
  });
});

test("the end of the other process is told, after all that it has said", async () => {
  const child = Bun.spawn(["sh", "-c", "echo '{\"last\":1}' >&6; echo '{\"last\":2}' >&6"], {
    stdio: ["ignore", "ignore", "ignore", "ignore", "ignore", "ignore", "pipe"],
  });
  const { closed, values } = open(Number(child.stdio[6]));
  await closed;
  expect(values).toEqual([{ last: 1 }, { last: 2 }]);
});

test("Bun does not close the descriptor of a channel once more, when it is somebody else's", async () => {
  const used = new Set<number>();
  for (let count = 0; count < 10; count++) {
    const child = Bun.spawn(["true"], {
      stdio: ["ignore", "ignore", "ignore", "ignore", "ignore", "ignore", "pipe"],
    });
    const descriptor = Number(child.stdio[6]);
    used.add(descriptor);
    await Promise.all([open(descriptor).closed, child.exited]);
  }
  const ours = Array.from({ length: 20 }, () => openSync("/dev/null", "r"));
  expect(ours.some((descriptor) => used.has(descriptor))).toBe(true);
  for (let count = 0; count < 3; count++) {
    Bun.gc(true);
    await Bun.sleep(5);
  }
  for (const descriptor of ours) expect(() => fstatSync(descriptor)).not.toThrow();
  for (const descriptor of ours) closeSync(descriptor);
});
