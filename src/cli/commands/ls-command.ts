// `pounce ls`: the servers that run.
import { lookAround, runningAmong } from "../../admin/registry.ts";
import { JSON_ARG, tellResult } from "../control.ts";
import { defineCommand } from "../define.ts";
import { table } from "../table.ts";
import type { ServerCard } from "../../admin/protocol.ts";
import { placeWords } from "../../core/app-place.ts";
import { urlOf } from "../../core/address-name.ts";

/** Slower servers are not waited for: the others should be seen at once. */
const SILENCE_MS = 1000;

export const lsCommand = defineCommand({
  meta: {
    name: "ls",
    description: "list the running servers",
    help: ["Lists the running servers of this user; for root, those of all users."],
    examples: ["pounce ls", "pounce ls --json | jq -r '.servers[].pid'"],
  },
  args: JSON_ARG,
  async run({ args }) {
    const looked = await lookAround(SILENCE_MS);
    const servers = runningAmong(looked)
      .map(({ card }) => card)
      .toSorted((a, b) => a.since.localeCompare(b.since));
    const silent = looked.flatMap(({ path, found }) => (found.kind === "silent" ? [path] : []));
    const head = ["address", "app", "generation", "pid", "since", "config"];
    const rows = servers.map((it) => [
      addressesOf(it) || it.state,
      `${it.app}${fromWords(it)}${it.dev ? " (dev)" : ""}`,
      `${it.generation ?? "-"}`,
      `${it.pid}`,
      `${it.since.slice(0, 19)}Z`,
      it.config ?? "-",
    ]);
    const lines = [
      rows.length === 0 ? "No server is running." : table(head, rows),
      ...silent.map((path) => `No answer from ${path}`),
    ];
    return tellResult(args, { servers, silent }, lines.join("\n"));
  },
});

/** Which release it is, where a link leads to it. */
function fromWords(card: ServerCard): string {
  const where = placeWords(card);
  return where === undefined ? "" : ` from ${where}`;
}

function addressesOf({ addresses, tls }: ServerCard): string {
  return addresses.map((it) => urlOf(it, tls)).join(",");
}
