// Programs of four frameworks, unchanged, in short: `npm run verify:frameworks` runs these and many
// others in full.
import { afterAll, describe, test } from "bun:test";
import { PROGRAMS } from "../apps/programs.ts";
import type { Reply } from "../../src/prove/load/http.ts";
import { requesting } from "../helpers/load/request-modes.ts";
import { type Effort, livesWell } from "../helpers/programs.ts";
import { stopAllServers } from "../helpers/server.ts";

afterAll(stopAllServers);

const STREAM = "/sse?quiet=300";
const STREAMED = /^data: first\n+data: quiet for 300\n+data: last\n+$/;
const versionOf = ({ text, headers }: Reply): string | undefined =>
  STREAMED.test(text) ? headers.get("x-version") : undefined;

/** They pause, so that this takes little of the machine, and are short. */
const HTTP = [
  "silent",
  "think-time",
  "post",
  { name: "stream", session: requesting({ path: STREAM }, versionOf) },
] as const;
const effort: Effort = { clients: 2, replies: 2, reloads: 1, modes: HTTP };

describe("a new version, bad versions and a stop lose nothing of", () => {
  test.concurrent("Express", () => livesWell(PROGRAMS.Express, effort), 60_000);
  test.concurrent("Fastify", () => livesWell(PROGRAMS.Fastify, effort), 60_000);
  test.concurrent("Nest", () => livesWell(PROGRAMS.Nest, effort), 60_000);
  test.concurrent(
    "Bun.serve with WebSockets",
    () => livesWell(PROGRAMS["Bun.serve"], { ...effort, modes: [...HTTP, "websocket"] }),
    60_000,
  );
});
