// A link between two workers: both ends are in this process, where it is not said otherwise.
import { afterEach, describe, expect, test } from "bun:test";
import { openSync, readlinkSync } from "node:fs";
import { makeLink, sendLink, takeLink } from "../../../src/ipc/links.ts";
import {
  closeDescriptor,
  descriptorChannel,
  receiveDescriptor,
  sendDescriptor,
} from "../../../src/os/descriptors.ts";
import { descriptors } from "../../../src/os/open-descriptors.ts";
import { encodeFrame } from "../../../src/worker/links/frames.ts";
import { Link, MOST_WAITING } from "../../../src/worker/links/link.ts";
import { Links } from "../../../src/worker/links/links.ts";

/** Which descriptor a message speaks of. */
const numberIn = (header: object): number => Number(Reflect.get(header, "number"));

interface Got {
  readonly header: object;
  readonly body: string;
}

const opened: Link[] = [];
afterEach(() => {
  for (const link of opened.splice(0)) link.close();
});

/** An end, and what comes to it. */
function opening({ stream, descriptors: packets }: ReturnType<typeof makeLink>[0]) {
  const got: Got[] = [];
  const thrown: unknown[] = [];
  const link = new Link(7, stream, packets, (error) => thrown.push(error));
  opened.push(link);
  let more = Promise.withResolvers<void>();
  link.on("publish", (header, body) => {
    got.push({ header, body: Buffer.from(body).toString("latin1") });
    more.resolve();
  });
  const closed = Promise.withResolvers<void>();
  link.onClosed(() => closed.resolve());
  const until = async (count: number): Promise<Got[]> => {
    while (got.length < count) {
      more = Promise.withResolvers();
      await more.promise;
    }
    return got;
  };
  return { link, got, until, closed: closed.promise, thrown };
}

function pair() {
  const [left, right] = makeLink();
  return [opening(left), opening(right)] as const;
}

describe("messages", () => {
  test("come whole and in order, whatever their size", async () => {
    const [from, to] = pair();
    const bodies = Array.from({ length: 80 }, (_, at) => Buffer.alloc(at * at * 50, at));
    for (const [at, body] of bodies.entries()) {
      expect(from.link.send("publish", { at, name: "ü\n" }, body)).toBe(true);
    }
    const got = await to.until(bodies.length);
    expect(got.map(({ header }) => header)).toEqual(bodies.map((_, at) => ({ at, name: "ü\n" })));
    expect(got.every(({ body }, at) => body === bodies[at]?.toString("latin1"))).toBe(true);
    expect(from.link.waitingBytes).toBe(0);
  });

  test("of a turn are written at its end, or at once when that is asked for", async () => {
    const [from, to] = pair();
    from.link.send("publish", {});
    await to.until(1);
    from.link.send("publish", {});
    from.link.send("publish", {});
    expect(from.link.waitingBytes).toBeGreaterThan(0);
    from.link.flush();
    expect(from.link.waitingBytes).toBe(0);
    await to.until(3);
  });

  test.each([1, 2, 3, 4, 5, 9, 17, 100_000])(
    "cut into pieces of %d bytes are put together",
    async (size) => {
      const [left, right] = makeLink();
      const to = opening(right);
      const frames = Buffer.concat([
        encodeFrame("publish", { at: 1 }, Buffer.from("one")),
        encodeFrame("publish", {}),
        encodeFrame("publish", { at: 3 }, Buffer.alloc(500, "x")),
      ]);
      const raw = await Bun.connect({
        fd: left.stream,
        socket: { data: () => undefined },
      } as never);
      for (let at = 0; at < frames.length; at += size) {
        (raw as Bun.Socket).write(frames.subarray(at, at + size));
        await new Promise(setImmediate);
      }
      expect(await to.until(3)).toEqual([
        { header: { at: 1 }, body: "one" },
        { header: {}, body: "" },
        { header: { at: 3 }, body: "x".repeat(500) },
      ]);
      (raw as Bun.Socket).terminate();
      closeDescriptor(left.descriptors);
      await to.closed;
    },
  );

  test.each([
    ["a kind that nobody knows", Buffer.from("\x05\0\0\0\xff\0\0\0\0", "latin1")],
    ["no JSON", Buffer.from("\x06\0\0\0\0\x01\0\0\0{", "latin1")],
    ["a header that is no object", Buffer.from("\x06\0\0\0\0\x01\0\0\x001", "latin1")],
    ["a header that ends behind it", Buffer.from("\x05\0\0\0\0\x01\0\0\0", "latin1")],
    ["nothing", Buffer.from("\0\0\0\0", "latin1")],
    ["more than any message", Buffer.from("\xff\xff\xff\xff", "latin1")],
  ])("%s closes the link, for both", async (_, bytes) => {
    const [left, right] = makeLink();
    const to = opening(right);
    const gone = Promise.withResolvers<void>();
    const socket = { data: () => undefined, close: () => gone.resolve() };
    const raw = await Bun.connect({ fd: left.stream, socket } as never);
    (raw as Bun.Socket).write(bytes);
    await Promise.all([to.closed, gone.promise]);
    expect(to.got).toEqual([]);
    expect(to.link.send("publish", {})).toBe(false);
    closeDescriptor(left.descriptors);
  });

  test("whose handler throws are told of, and the next ones come", async () => {
    const [from, to] = pair();
    const error = new Error("oops");
    to.link.on("offer", () => {
      throw error;
    });
    from.link.send("offer", {});
    from.link.send("publish", {});
    await to.until(1);
    expect(to.thrown).toEqual([error]);
  });
});

test("to a peer that reads nothing so much waits, more if it is essential, and all of it comes", async () => {
  const [left, right] = makeLink();
  const from = opening(left);
  const body = Buffer.alloc(1024 * 1024);
  let sent = 0;
  while (from.link.send("publish", { sent }, body)) {
    sent++;
    await new Promise(setImmediate);
  }
  expect(from.link.waitingBytes).toBeLessThanOrEqual(MOST_WAITING);
  expect(from.link.waitingBytes).toBeGreaterThan(MOST_WAITING - 2 * body.length);
  expect(from.link.send("publish", { sent }, body, { isEssential: true })).toBe(true);
  const to = opening(right);
  const got = await to.until(sent + 1);
  expect(got.map(({ header }) => header)).toEqual(
    Array.from({ length: sent + 1 }, (_, at) => ({ sent: at })),
  );
  expect(from.link.waitingBytes).toBe(0);
});

test("a message that is longer than what may wait is sent if nothing waits", async () => {
  const [from, to] = pair();
  expect(from.link.send("publish", {}, Buffer.alloc(MOST_WAITING + 1))).toBe(true);
  await to.until(1);
});

test("a descriptor that was sent before a message is there when the message is", async () => {
  const [from, to] = pair();
  const numbers: (number | undefined)[] = [];
  to.link.on("offer", (header) => numbers.push(to.link.receiveDescriptor(numberIn(header))));
  for (let at = 0; at < 5; at++) {
    const number = from.link.sendDescriptor(2);
    expect(number).toBe(at + 1);
    from.link.send("offer", { number });
  }
  from.link.send("publish", {});
  await to.until(1);
  expect(numbers.filter((it) => it !== undefined && it > 2)).toHaveLength(5);
  expect(to.link.receiveDescriptor(6)).toBeUndefined();
  for (const number of numbers) closeDescriptor(number ?? -1);
});

test("a descriptor that no message speaks of is closed, and never taken for another one", async () => {
  const [from, to] = pair();
  const taken: (number | undefined)[] = [];
  to.link.on("offer", (header) => taken.push(to.link.receiveDescriptor(numberIn(header))));
  const before = descriptors().length;
  const files = ["/dev/null", "/dev/zero", "/dev/full"].map((path) => openSync(path, "r"));
  const [, second = 0] = files.map((file) => from.link.sendDescriptor(file));
  from.link.send("offer", { number: second });
  // The third has arrived, but nobody has spoken of it yet.
  from.link.send("offer", { number: second });
  from.link.send("publish", {});
  await to.until(1);
  expect(taken).toEqual([expect.any(Number), undefined]);
  expect(readlinkSync(`/proc/self/fd/${taken[0]}`)).toBe("/dev/zero");
  to.link.close();
  for (const file of [...files, taken[0] ?? -1]) closeDescriptor(file);
  expect(descriptors().length).toBeLessThanOrEqual(before);
});

test("the peer of a link that is closed hears of it, and nothing is left open", async () => {
  const before = descriptors().length;
  const [from, to] = pair();
  await Bun.sleep(0);
  from.link.close();
  await to.closed;
  expect(from.link.sendDescriptor(2)).toBeUndefined();
  expect(to.link.send("publish", {})).toBe(false);
  expect(descriptors().length).toBe(before);
});

test("a process that has nothing but a link ends", async () => {
  const [left, right] = makeLink();
  const source = import.meta.resolve("../../../src/worker/links/link.ts");
  const script = `
    import { Link } from ${JSON.stringify(source)};
    const link = new Link(1, 3, 4);
    link.send("publish", {}, Buffer.alloc(100));
    await Bun.sleep(20);
  `;
  const child = Bun.spawn([process.execPath, "-e", script], {
    stdio: ["ignore", "inherit", "inherit", left.stream, left.descriptors],
  });
  closeDescriptor(left.stream);
  closeDescriptor(left.descriptors);
  const to = opening(right);
  expect(await child.exited).toBe(0);
  await to.closed;
  expect(to.got).toHaveLength(1);
});

describe("the ends that the master sends", () => {
  test("are told apart by the peer, and those of a message that was lost are closed", () => {
    const before = descriptors().length;
    const [master, worker] = descriptorChannel();
    const [one, two] = [makeLink()[0], makeLink()[0]];
    sendLink(master, 4, one);
    sendDescriptor(master, 2);
    sendLink(master, 5, two);
    const during = descriptors().length;
    const taken = takeLink(worker, 5);
    expect(descriptors().length).toBe(during + 2);
    expect(() => takeLink(worker, 5)).toThrow("has sent no link to worker 5");
    sendLink(master, 6, one);
    sendDescriptor(master, 2);
    closeDescriptor(receiveDescriptor(worker) ?? -1);
    expect(receiveDescriptor(worker)).toBeUndefined();
    for (const end of [one, two, taken]) {
      closeDescriptor(end.stream);
      closeDescriptor(end.descriptors);
    }
    closeDescriptor(master);
    closeDescriptor(worker);
    // The other ends of both.
    expect(descriptors().length).toBe(before + 4);
  });
});

test("links are found by their peers, and those that have ended are not", async () => {
  let more = 0;
  const links = new Links({ noteDescriptors: (by) => (more += by) });
  const seen: number[] = [];
  const [left, right] = makeLink();
  links.open(3, left.stream, left.descriptors);
  links.onOpen(({ peer }) => seen.push(peer));
  const other = makeLink();
  links.open(5, other[0].stream, other[0].descriptors);
  expect(seen).toEqual([3, 5]);
  expect([...links.all()].map(({ peer }) => peer)).toEqual([3, 5]);
  expect(more).toBe(4);
  const closed = Promise.withResolvers<void>();
  links.get(3)?.onClosed(() => closed.resolve());
  opening(right).link.close();
  await closed.promise;
  expect(links.get(3)).toBeUndefined();
  expect(more).toBe(2);
  links.get(5)?.close();
  closeDescriptor(other[1].stream);
  closeDescriptor(other[1].descriptors);
  expect([...links.all()]).toEqual([]);
});
