// Connections of HTTP/2 that are nearly right: frames that are repeated, swapped, cut, put on other
// streams, and have bytes changed.
import { FLAG, frame, headerBlock, number32, TYPE } from "../http2-frames.ts";
import type { Random } from "./random.ts";

const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
const FIELDS: readonly (readonly [string, string])[] = [
  ["x", "y"],
  ["x", "a\r\nb: c"],
  ["X", "y"],
  ["host", "b"],
  ["content-length", "5"],
  ["content-length", "6"],
  ["transfer-encoding", "chunked"],
  ["connection", "close"],
  ["te", "trailers"],
  ["expect", "100-continue"],
  ["cookie", "a=b"],
  [":path", "/other"],
];

/** The frames of a connection, as text of one byte a character; each counts as a request. */
export function mutatedHttp2(random: Random, path: string): string[] {
  const settings = frame(TYPE.settings, 0, 0, random.is(0.2) ? setting(random) : undefined);
  let frames: Buffer[] = [PREFACE, settings];
  for (let stream = 1; stream < 2 + random.below(8); stream += 2) {
    frames.push(...requestFrames(random, path, stream));
    if (random.is(0.5)) frames.push(otherFrame(random, stream));
  }
  for (let times = random.below(4); times > 0; times--) frames = changed(frames, random);
  return frames.map((bytes) => bytes.toString("latin1"));
}

function requestFrames(random: Random, path: string, stream: number): Buffer[] {
  const method = random.of(["GET", "POST", "HEAD", "OPTIONS", "CONNECT", "FOO"]);
  const fields = FIELDS.filter(() => random.is(0.08));
  const block = headerBlock([
    [":method", method],
    [":path", random.is(0.05) ? "*" : path],
    [":scheme", "http"],
    [":authority", "a"],
    ...fields,
  ]);
  const hasBody = random.is(0.4);
  const flags = hasBody ? 0 : FLAG.endStream;
  const at = random.below(block.length);
  const head = random.is(0.8)
    ? [frame(TYPE.headers, flags | FLAG.endHeaders, stream, block)]
    : [
        frame(TYPE.headers, flags, stream, block.subarray(0, at)),
        frame(TYPE.continuation, FLAG.endHeaders, stream, block.subarray(at)),
      ];
  if (!hasBody) return head;
  return [...head, frame(TYPE.data, FLAG.endStream, stream, Buffer.from("hello"))];
}

function otherFrame(random: Random, stream: number): Buffer {
  const on = random.of([0, stream, stream + 2, 2, 0x7f_ff_ff_ff]);
  const kinds = [
    () => frame(TYPE.reset, 0, on, number32(random.below(14))),
    () => frame(TYPE.window, 0, on, number32(random.of([0, 1, 65_535, 0x7f_ff_ff_ff]))),
    () => frame(TYPE.ping, random.of([0, FLAG.ack]), random.of([0, on]), Buffer.alloc(8)),
    () => frame(TYPE.settings, random.of([0, FLAG.ack]), 0, setting(random)),
    () => frame(TYPE.goAway, 0, 0, Buffer.concat([number32(on), number32(0)])),
    () => frame(TYPE.priority, 0, on, Buffer.from([0, 0, 0, on & 255, 1])),
    () => frame(TYPE.data, random.below(16), on, Buffer.alloc(random.below(50))),
    () => frame(TYPE.continuation, random.below(8), on, Buffer.alloc(random.below(9))),
    () => frame(random.below(256), random.below(256), on, Buffer.alloc(random.below(20))),
  ];
  return random.of(kinds)();
}

function setting(random: Random): Buffer {
  const value = random.of([0, 1, 100, 16_384, 65_536, 0x7f_ff_ff_ff, 0xff_ff_ff_ff]);
  return Buffer.concat([Buffer.from([0, 1 + random.below(9)]), number32(value)]);
}

function changed(frames: readonly Buffer[], random: Random): Buffer[] {
  const at = random.below(frames.length);
  const bytes = Buffer.from(frames[at] ?? "");
  const others = frames.toSpliced(at, 1);
  const to = random.below(bytes.length + 1);
  switch (random.below(6)) {
    case 0:
      bytes[random.below(bytes.length)] = random.below(256);
      return frames.toSpliced(at, 1, bytes);
    case 1:
      return frames.toSpliced(at, 0, bytes);
    case 2:
      return others.toSpliced(random.below(frames.length), 0, bytes);
    case 3:
      return frames.toSpliced(at, 1, bytes.subarray(0, to));
    case 4:
      return frames.toSpliced(at, 0, ...Array<Buffer>(1 + random.below(30)).fill(bytes));
    default:
      return others;
  }
}
