// Which folder of src may import from which. An arrow goes to what is named before it, so there is
// no way back. Types and `import()` count as well.
import { describe, expect, test } from "bun:test";
import { dirname, join } from "node:path";

/** What all but the core may import, and what imports nothing: none is in the table. */
const ANYONES = [
  "embedded-app.ts",
  "exit-codes.ts",
  "launcher.ts",
  "platform.ts",
  "types.ts",
  "version.ts",
];

/** The folders of src and the files beside them, each with what it may import from. */
const SRC = {
  // Decides, without I/O.
  core: "",
  // Libraries, each of one subject.
  os: "",
  net: "core os",
  log: "core os",
  errors: "log",
  metrics: "core",
  manual: "",
  "built-in": "",
  tls: "os",
  config: "core log net os tls",
  build: "built-in config errors os",
  // What processes say to each other.
  ipc: "core log net os tls",
  admin: "config core errors ipc log metrics net os",
  // Certificates from a CA.
  acme: "admin ipc os tls",
  tsconfig: "ipc os",
  // The two kinds of processes of a server know nothing of each other.
  "plain-bun.ts": "os",
  worker: "built-in core errors ipc log metrics net os plain-bun.ts tls tsconfig",
  "terminal.ts": "",
  "signals.ts": "terminal.ts",
  master: "acme admin config core ipc log metrics net os signals.ts tls tsconfig",
  dev: "config core log master net os tsconfig",
  // Commands.
  check: "acme admin config core errors ipc log master net os tls",
  prove: "admin config core errors ipc log net os tsconfig",
  cli: "admin build check config core dev errors log manual master net os prove signals.ts tsconfig",
  "main.ts": "acme cli ipc os plain-bun.ts prove signals.ts worker",
};

/** Folders of the core. What is beside them are its words, and `step`, which asks every rule. */
const CORE = {
  moves: "",
  sharing: "moves",
  rules: "moves sharing",
};

/** Folders of a worker. What is beside them and not named here wires them. */
const WORKER = {
  "trouble.ts": "",
  // Requests and responses as Bun has them.
  http: "",
  // A server of Bun that answers what Bun serves by itself.
  private: "http",
  // The servers that an app's program starts.
  program: "http",
  // What is known of the requests in flight, and of the connections they came on.
  requests: "http trouble.ts",
  // What is kept of WebSockets, so that they can move.
  movable: "http requests",
  connections: "http movable requests trouble.ts",
  // Has connections close after an answer.
  closing: "http private",
  // The request path of a program on node:http.
  node: "closing connections http movable program requests",
  // Sockets between workers.
  links: "",
  // What is published to WebSockets elsewhere.
  publish: "links trouble.ts",
  app: "http node program",
  // What is called for a request.
  handle: "app closing http requests",
  // What it adds for the person who writes the app.
  dev: "app handle http requests",
  routes: "app closing handle http private",
  serve:
    "app closing connections handle http movable node private publish requests routes trouble.ts",
  // WebSockets move to other workers.
  carry: "connections http links movable publish serve trouble.ts",
  // Asks them before the first client does.
  "warm-up": "handle http serve",
  // What needs the servers: where workers share an address, and where one listens at a time.
  drain: "closing connections http requests serve trouble.ts",
  "system.ts": "drain links requests serve",
  solo: "app closing drain http requests serve system.ts trouble.ts",
};

/** What a value of the configuration is, and where values come from. */
const CONFIG = {
  schema: "",
  sources: "schema",
};

/** Folders of the master. What is beside them is the control loop, and what all share. */
const MASTER = {
  // What the workers of a generation are started with.
  plan: "",
  // What the master tells of itself.
  reports: "",

  // What decides about a new generation on trial.
  rollout: "plan",
  workers: "plan reports",
  // Renews certificates.
  certificates: "plan reports workers",
  handover: "reports workers",
  // How it is seen from outside: pid file, control socket, title, service manager.
  host: "",
  // What surrounds it on a real machine: a test has other surroundings.
  real: "handover plan workers",
};

const CLI = {
  completion: "",
  init: "",
  prove: "",
  commands: "completion init prove",
};

type Table = Readonly<Record<string, string>>;

interface Arrow {
  readonly from: string;
  readonly to: string;
}

async function importsOf(folder: string, file: string): Promise<Arrow[]> {
  const text = await Bun.file(join(folder, file)).text();
  const found = text.matchAll(/\b(?:from|import|require)\b ?\(?"(\.[^"]+)"/g);
  return [...found].map(([, path = ""]) => ({ from: file, to: join(dirname(file), path) }));
}

async function importsIn(folder: string): Promise<Arrow[]> {
  const files = [...new Bun.Glob("**/*.ts").scanSync(folder)];
  return (await Promise.all(files.map((file) => importsOf(folder, file)))).flat();
}

/** What files in a folder import from other places of it. */
async function arrowsIn(folder: string): Promise<Arrow[]> {
  const all = await importsIn(folder);
  return all.filter(({ from, to }) => placeOf(from) !== placeOf(to));
}

/** The folder that a file is in, or the file. */
function placeOf(path: string): string {
  return path.split("/", 1)[0] ?? path;
}

function goals(table: Table, from: string): string[] {
  return (table[from] ?? "").split(" ").filter((to) => to !== "");
}

describe.each<[string, Table]>([
  ["src", SRC],
  ["src/core", CORE],
  ["src/worker", WORKER],
  ["src/config", CONFIG],
  ["src/master", MASTER],
  ["src/cli", CLI],
])("%s", (folder, table) => {
  test("has no import but along the arrows, and no arrow that none takes", async () => {
    const arrows = await arrowsIn(folder);
    const judged = arrows.filter(({ from, to }) => placeOf(from) in table && placeOf(to) in table);
    const wrong = judged.filter(
      ({ from, to }) => !goals(table, placeOf(from)).includes(placeOf(to)),
    );
    expect(wrong).toEqual([]);
    const taken = new Set(judged.map(({ from, to }) => `${placeOf(from)} → ${placeOf(to)}`));
    const drawn = Object.keys(table).flatMap((from) =>
      goals(table, from).map((to) => `${from} → ${to}`),
    );
    expect([...taken].toSorted()).toEqual(drawn.toSorted());
  });

  test("has no arrow that goes to what is named later", () => {
    const places = Object.keys(table);
    const back = places.flatMap((from, index) =>
      goals(table, from).filter((to) => places.indexOf(to) >= index || !places.includes(to)),
    );
    expect(back).toEqual([]);
  });
});

test("each folder of src is in the table, and the core imports nothing from outside", async () => {
  const arrows = await arrowsIn("src");
  const places = new Set(arrows.flatMap(({ from, to }) => [placeOf(from), placeOf(to)]));
  const known = new Set([...Object.keys(SRC), ...ANYONES, ".."]);
  expect([...places].filter((place) => !known.has(place))).toEqual([]);
  expect(arrows.filter(({ from }) => placeOf(from) === "core")).toEqual([]);
});

test("no files import each other in a circle, not by `import()` either, which the lint leaves out", async () => {
  let left = await importsIn("src");
  for (let before = Infinity; left.length < before;) {
    before = left.length;
    const importing = new Set(left.map(({ from }) => from));
    const imported = new Set(left.map(({ to }) => to));
    left = left.filter(({ from, to }) => importing.has(to) && imported.has(from));
  }
  expect(left).toEqual([]);
});
