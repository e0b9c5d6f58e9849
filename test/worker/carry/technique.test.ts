// What the carry of WebSockets needs of Bun, which Bun does not document: a descriptor in the place
// of another is served as that was; the event loop notes beside each the memory of its connection;
// in that, one byte says whether the parser is between two messages; and a connection that is
// terminated says nothing to its client. The technique tries all of it, and throws otherwise.
import { expect, test } from "bun:test";
import { findListener, listenersNow } from "../../../src/net/listeners.ts";
import { Polls } from "../../../src/net/polls.ts";
import { descriptors } from "../../../src/os/open-descriptors.ts";
import { technique } from "../../../src/worker/carry/technique.ts";
import { serveByBun, serveByLibrary } from "../../../src/worker/carry/trial-servers.ts";
import { until } from "../../helpers/until.ts";

test.each([
  ["of its own", serveByBun],
  ["of ws, on node:http", serveByLibrary],
])(
  "this Bun can do what it takes to move a WebSocket %s, and no descriptor is left of it",
  async (_whose, serve) => {
    const known = listenersNow();
    using server = Bun.serve({ port: 0, fetch: () => new Response() });
    const polls = Polls.around(findListener(server.port ?? 0, known));
    if (polls === undefined) throw new Error("what Bun's event loop waits for is not known");
    const before = descriptors().length;
    const { parserAt } = await technique(polls, serve);
    expect(parserAt).toBeGreaterThan(0);
    await until("all descriptors are closed", () => descriptors().length <= before);
  },
);
