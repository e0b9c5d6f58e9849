// `pounce reload`: a reload, and whether it worked.
import type { ParsedArgs } from "citty";
import type { Receipt, ReloadResult, TlsReloadResult } from "../../admin/protocol.ts";
import { placeWords } from "../../core/app-place.ts";
import { EXIT_CODE } from "../../exit-codes.ts";
import { COMMAND_VARIABLES } from "../../config/schema/command-variables.ts";
import { askServer, CONTROL_ARGS, CONTROL_NOTES, namedServer, tellResult } from "../control.ts";
import { type Args, defineCommand, type Outcome } from "../define.ts";
import { type Failure, usage } from "../failure.ts";
import { printJson } from "../print.ts";
import { WaitLine } from "../wait-line.ts";

const ARGS = {
  until: {
    type: "enum",
    options: ["steered", "ended"],
    valueHint: "WHEN",
    expected: '"steered" or "ended"',
    description: "what to wait for: steered or ended",
    unset: "steered",
  },
  wait: { type: "boolean", description: "same as --until ended" },
  tls: { type: "boolean", description: "only certificates and keys, with the same workers" },
  ...CONTROL_ARGS,
} as const satisfies Args;

type TlsReloaded = Extract<TlsReloadResult, { readonly ok: true }>;

export const reloadCommand = defineCommand({
  meta: {
    name: "reload",
    description: "reload a running server and say whether it worked",
    help: [
      "Reloads a running server. Without a flag it returns when the new generation",
      "takes all new connections. Exit code 1: it was rejected or rolled back, and the",
      "old generation serves; if nobody does, which can be after rollout.strategy =",
      '"restart", the message says so. With --wait it returns when what drains has',
      "gone, and --json prints the receipt. Without --wait that is after a canary, with",
      "it after a bake, too; a terminal shows meanwhile what is under way. Ctrl-C ends",
      "this command alone: the reload goes on, and pounce rollback would end a canary",
      "or a bake. With --tls only the files of [tls] are read again: no worker is",
      "replaced, and nothing else changes.",
    ],
    notes: CONTROL_NOTES,
    examples: ["pounce reload --wait --config pounce.toml"],
  },
  args: ARGS,
  async run({ args }) {
    if (args.tls) return reloadTls(args);
    if (args.wait && args.until === "steered") {
      return usage('--until: expected "ended" with --wait, got "steered"');
    }
    const waiting = await whoWaits(args);
    if (waiting !== undefined) return waiting;
    const until = args.wait ? "ended" : (args.until ?? "steered");
    const line = new WaitLine();
    const asked = await askServer(args, "POST", `/reload?until=${until}`, (path) => {
      line.begin(path);
    });
    line.end();
    if (!asked.ok) return asked.failure;
    const result = asked.body as unknown as ReloadResult;
    if (result.ok) return tellResult(args, result.receipt ?? result, lineOf(result));
    // A reload that has failed has a receipt, too, unless it could not start at all. One that was
    // rolled back has it when its workers have gone, for which only --wait waits.
    if (args.json && result.receipt !== null) {
      await printJson(result.receipt);
      return EXIT_CODE.failed;
    }
    return failureOf(result);
  },
});

/**
 * The command in rollout.verify must not ask the server that waits for it: neither would end before
 * the other. `undefined`: nobody waits.
 */
async function whoWaits(args: ParsedArgs<typeof ARGS>): Promise<Failure | undefined> {
  const pid = process.env[COMMAND_VARIABLES.server];
  if (pid === undefined) return undefined;
  const found = await namedServer(args);
  if (!found.ok) return found.failure;
  if (String(found.server.card.pid) !== pid) return undefined;
  const message =
    "this is the command in rollout.verify, for which a reload of this server waits: " +
    "leave `pounce reload` out of it";
  return { code: "refused", message };
}

const ON_DISK =
  "  The version before it serves. What is on disk is loaded by the next reload or restart: " +
  "if that is the bad version, put the former one back";

function failureOf({ generation, reason, outcome, receipt, outage }: ReloadResult): Failure {
  const why = `${reason ?? "see the log"}${outage === undefined ? "" : `\n  ${outage}`}`;
  return (receipt?.outcome ?? outcome) === "rolled-back"
    ? {
        code: "rolled-back",
        message: `generation ${generation} was rolled back: ${why}\n${ON_DISK}`,
      }
    : { code: "rejected", message: `the reload was rejected: ${why}` };
}

/** Renews certificates alone. */
async function reloadTls(args: ParsedArgs<typeof ARGS>): Promise<Outcome> {
  if (args.wait || args.until !== undefined) {
    return usage("--tls: expected neither --wait nor --until: nothing drains");
  }
  const asked = await askServer(args, "POST", "/reload-tls");
  if (!asked.ok) return asked.failure;
  if (asked.status === 404) {
    return { code: "refused", message: "the server is too old for --tls: pounce reload" };
  }
  const result = asked.body as unknown as TlsReloadResult;
  if (result.ok) return tellResult(args, result, tlsLineOf(result));
  return { code: "rejected", message: `the certificates were not renewed: ${result.reason}` };
}

function tlsLineOf({ changed, workers, certificates }: TlsReloaded): string {
  const served = certificates.map(({ names, expires }) => {
    const [first = "(no name)", ...others] = names;
    const more = others.length === 0 ? "" : ` and ${others.length} more`;
    return `${first}${more} until ${expires.slice(0, 10)}`;
  });
  // With ACME there is none before the first order.
  const what = served.length === 0 ? "no certificate that a CA has signed yet" : served.join(", ");
  const line = `${workers} worker(s) serve ${what}`;
  // The files are those of the running configuration, which nothing else of the line says.
  return changed ? `Renewed: ${line}` : `Nothing new: ${line} (changes of [tls]: pounce reload)`;
}

/** How a reload that worked went. */
function lineOf(result: ReloadResult): string {
  const { generation, receipt } = result;
  const where = placeWords(receipt ?? result);
  const from = where === undefined ? "" : ` from ${where}`;
  const what = `generation ${generation}${from}`;
  if (receipt === null) {
    const judged = result.unjudged === undefined ? "" : `; not judged: ${result.unjudged}`;
    return `Reloaded: ${what} takes all new connections${judged}`;
  }
  const { workers, ready_ms: readyMs, drain_ms: drainMs, gap_ms: gapMs } = receipt;
  const times = [
    readyMs === null ? [] : [`ready after ${readyMs} ms`],
    drainMs === null ? [] : [`the old one drained in ${drainMs} ms`],
    gapMs === undefined ? [] : [`nobody took new connections for ${gapMs} ms`],
  ].flat();
  const how = [...times, forcedOf(receipt), ...verdictOf(receipt)].join(", ");
  return `Reloaded: ${workers} worker(s) on ${what}; ${how}`;
}

/** Whether the new generation was judged; nothing if nobody has asked for that. */
function verdictOf({ verdict }: Receipt): string[] {
  if (verdict === undefined || verdict === null) return [];
  const judged = verdict.verdict === "too-few" ? "not judged" : `judged ${verdict.verdict}`;
  return [`${judged}: ${verdict.words}`];
}

function forcedOf({ requests, connections }: Receipt): string {
  if (requests.forced === 0 && connections.forced === 0) return "nothing was forced";
  return `${requests.forced} request(s) and ${connections.forced} connection(s) ended by force`;
}
