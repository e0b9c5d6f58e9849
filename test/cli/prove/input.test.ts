// The arguments of `pounce prove`: which servers it proves, and what is wrong with a value.
import { expect, test } from "bun:test";
import { type Beside, proveInput, type ProveFlags } from "../../../src/cli/prove/input.ts";

const BESIDE: Beside = {
  configuring: [],
  namesApp: false,
  hasSocket: false,
  port: undefined,
  seed: 7,
};
const APP = { ...BESIDE, configuring: ['"./app.ts"'], namesApp: true };

function errorOf(flags: ProveFlags, beside: Partial<Beside> = {}): string {
  const judged = proveInput(flags, { ...BESIDE, ...beside });
  return judged.ok ? "valid" : judged.error;
}

function inputOf(flags: ProveFlags, beside: Beside = BESIDE) {
  const judged = proveInput(flags, beside);
  if (!judged.ok) throw new Error(judged.error);
  return judged.input;
}

test("without a flag it proves a server of its own, with ten reloads in all modes", () => {
  expect(inputOf({})).toMatchObject({
    pounce: "own",
    other: undefined,
    url: undefined,
    bad: false,
    wishes: { paths: ["/"], postPaths: [], headers: {}, reloads: 10, timeoutMs: 10_000, seed: 7 },
  });
});

const COMPARE = { compare: "node server.js", reload: "kill -HUP $PID" };

test.each<[string, ProveFlags, Beside, string | undefined, boolean]>([
  ["--attach", { attach: true }, BESIDE, "attach", false],
  ["--compare alone", COMPARE, BESIDE, undefined, true],
  ["--compare and an app", COMPARE, APP, "own", true],
  ["--compare and --attach", { ...COMPARE, attach: true }, BESIDE, "attach", true],
  ["--url and --reload", { url: "http://[::1]", reload: "x" }, BESIDE, undefined, true],
  ["--url and --attach", { url: "http://a:81/", attach: true }, BESIDE, "attach", false],
])("%s: which servers are proven", (_, flags, beside, pounce, hasOther) => {
  const input = inputOf(flags, beside);
  expect([input.pounce, input.other !== undefined]).toEqual([pounce as "own", hasOther]);
});

test("one mode of a path that is named is enough", () => {
  expect(inputOf({ modes: "post", post: "/a" }).wishes).toMatchObject({ postPaths: ["/a"] });
});

test("lists have a line each, so that a value may have commas", () => {
  const { wishes } = inputOf({
    path: "/a,b\n/c\n/a,b",
    header: "Accept: a, b\nAuthorization:Bearer x",
    modes: "silent,connection",
  });
  expect(wishes).toMatchObject({
    paths: ["/a,b", "/c"],
    headers: { Accept: "a, b", Authorization: "Bearer x" },
    modes: ["connection", "silent"],
  });
});

test.each<[ProveFlags, string]>([
  [{ reloads: "0" }, '--reloads: expected a whole number from 1 to 1000, got "0"'],
  [{ reloads: "1e2" }, '--reloads: expected a whole number from 1 to 1000, got "1e2"'],
  [{ rate: "-1" }, '--rate: expected a whole number from 1 to 1000000, got "-1"'],
  [{ seed: "x" }, '--seed: expected a whole number from 0 to 4294967295, got "x"'],
  [
    { timeout: "1ms" },
    '--timeout: expected a time such as 2s or 500ms, from 100ms to 10m, got "1ms"',
  ],
  [{ path: "app" }, '--path: expected a path that begins with "/", got "app"'],
  [
    { websocket: "/a b" },
    '--websocket: expected a path that begins with "/", written as in a request: " " is %20, ' +
      'got "/a b"',
  ],
  [{ header: "X: 1\nx: 2" }, "--header: x is given more than once"],
  [
    { header: "content-length: 1" },
    "--header: content-length is what each kind of client sets by itself: leave it out",
  ],
  [
    { url: "http://me:secret@a", reload: "x" },
    "--url: expected http://HOST:PORT, https://HOST:PORT or unix:PATH without a name and a " +
      "password, got " +
      "\"http://me:secret@a\": --header 'Authorization: Basic …' says who asks",
  ],
  [{ header: "none" }, '--header: expected "Name: value", got "none"'],
  [
    { modes: "slient" },
    /^--modes: expected some of connection, .*, got "slient" \(did you mean "silent"\?\)$/,
  ],
  [
    { url: "unix:", attach: true },
    '--url: expected http://HOST:PORT, https://HOST:PORT or unix:PATH, got "unix:"',
  ],
  [{ url: "nowhere", attach: true }, /^--url: expected http:.* or unix:PATH, got "nowhere"$/],
  [
    { ca: "/nowhere", attach: true },
    "--ca: /nowhere cannot be read: ENOENT: no such file or directory",
  ],
  [
    { ca: import.meta.path, attach: true },
    /^--ca: .* holds no certificate; expected PEM: -----BEGIN CERT/,
  ],
  [
    { url: "http://a", reload: "x", insecure: true },
    "--insecure: it goes with --url https://HOST:PORT, or --attach",
  ],
  [{ ca: "x", insecure: true, attach: true }, /^--ca: with --insecure any certificate is taken/],
  [{ url: "http://a/b", attach: true }, /--url: expected .* without a path, which --path names/],
  [{ compare: "x" }, "--compare: it needs --reload COMMAND, which reloads that server"],
  [
    { reload: "x" },
    "--reload: it needs --compare COMMAND, or --url for a server that runs already",
  ],
  [{ url: "http://a" }, "--url: it needs --reload COMMAND, or --attach"],
  [{ stop: "x" }, "--stop: it needs --compare COMMAND"],
  [{ settle: "1s" }, "--settle: it needs --reload COMMAND"],
  [{ compare: " ", reload: "x" }, '--compare: expected a command, got ""'],
  [{ ...COMPARE, attach: true, url: "http://a" }, /^--url: with --attach and --reload/],
  [{ bad: true, attach: true }, /^--bad: it needs a server of its own alone/],
] as [ProveFlags, string | RegExp][] as never)(
  "%p is refused: %s",
  (flags, error: string | RegExp) => {
    expect(errorOf(flags)).toMatch(
      error instanceof RegExp ? error : new RegExp(`^${RegExp.escape(error)}$`),
    );
  },
);

test("what configures a server needs one that is started", () => {
  expect(errorOf({ attach: true }, APP)).toBe(
    '"./app.ts": it configures a server, and --attach starts none',
  );
  expect(errorOf(COMPARE, { configuring: ["--workers"] })).toBe(
    "--workers: it configures pounce, which is proven too with APP or --config",
  );
  expect(errorOf({}, { hasSocket: true })).toMatch(/^--control-socket: it names a running server/);
  expect(errorOf(COMPARE, { port: "0" })).toMatch(/^--port: expected a whole number from 1/);
});
