// Lays out a snapshot as a table for people.
import { onOneLine } from "../log/printable.ts";
import type {
  CertificateSnapshot,
  GenerationSnapshot,
  LastReload,
  OrderedSnapshot,
  Snapshot,
  WorkerSnapshot,
} from "../admin/protocol.ts";
import { placeWords } from "../core/app-place.ts";
import { urlOf } from "../core/address-name.ts";
import { table } from "./table.ts";

const HEAD = [
  "generation",
  "worker",
  "slot",
  "phase",
  "pid",
  "age",
  "requests",
  "in flight",
  "connections",
  "memory",
  "deadline",
];
/** What is special about reloads here, if anything. */
const HOW: Readonly<Record<Snapshot["steering"], string | undefined>> = {
  kernel: undefined,
  shared: "the kernel refuses steering: all workers accept from one listening socket",
  refused: "the kernel refuses steering: reloads take the careful path",
  solo: "one worker listens at a time: a reload has a gap of a few milliseconds",
};

const AFFINITY = "affinity: a client's address decides which slot gets its connections";

/** `3d4h`, `2h5m`, `12m3s` or `8s`. */
export function formatAge(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const [days, hours, minutes] = [whole / 86_400, whole / 3600, whole / 60].map(Math.floor) as [
    number,
    number,
    number,
  ];
  if (days > 0) return `${days}d${hours % 24}h`;
  if (hours > 0) return `${hours}h${minutes % 60}m`;
  if (minutes > 0) return `${minutes}m${whole % 60}s`;
  return `${whole}s`;
}

/** A question mark for what a busy worker, or the server of another build, does not report. */
function shown(value: number | undefined, format: (value: number) => string = String): string {
  return value === undefined ? "?" : format(value);
}

function row(generation: string, snapshot: WorkerSnapshot): string[] {
  const { worker, slot, phase, leader, stalled, pid, uptime, deadline, report } = snapshot;
  const what = [phase, ...(leader === true ? ["leads"] : []), ...(stalled ? ["stalled"] : [])];
  const numbers = [
    shown(report?.requests),
    shown(report?.in_flight),
    shown(report?.connections),
    shown(report?.memory_bytes, (bytes) => `${Math.round(bytes / 2 ** 20)}M`),
  ];
  const until = deadline === undefined ? "-" : `in ${formatAge(deadline)}`;
  const age = formatAge(uptime);
  const process = [`${pid ?? "-"}`, age];
  return [generation, `${worker}`, `${slot}`, what.join(", "), ...process, ...numbers, until];
}

export function statusTable(snapshot: Snapshot): string {
  const { version, pid, uptime, state, addresses, tls, app, generations, steering } = snapshot;
  const rows = generations.flatMap(({ generation, role, workers }) =>
    workers.map((worker) => row(`${generation} ${role}`, worker)),
  );
  const none = state === "starting" ? "no address yet" : "no address now";
  const urls = addresses.map((address) => urlOf(address, tls)).join(" ") || none;
  const name = onOneLine(app);
  const age = formatAge(uptime);
  const about = `pounce ${version}, pid ${pid}, ${state} ${name} on ${urls} for ${age}`;
  const how = HOW[steering];
  const certificates = (snapshot.certificates ?? []).map(certificateLine);
  const orders = (snapshot.acme ?? []).flatMap(orderLines);
  const head = [
    about,
    ...certificates,
    ...orders,
    ...(how === undefined ? [] : [how]),
    ...(snapshot.affinity === "client" ? [AFFINITY] : []),
    ...newsOf(snapshot),
    ...generations.flatMap(placeLines),
  ];
  return [...head, table(HEAD, rows)].join("\n");
}

/** Which release a generation is, where a link leads to it. */
function placeLines(snapshot: GenerationSnapshot): string[] {
  const where = placeWords(snapshot);
  if (where === undefined) return [];
  return [`generation ${snapshot.generation}: from ${onOneLine(where)}`];
}

/** What is under way, and how the last reload went, a line each. */
function newsOf({ under_way: activities = [], last_reload: last }: Snapshot): string[] {
  const lines = activities.map(
    ({ what, words }) => `under way: ${what.replace("-", " ")}, ${words}`,
  );
  return last === undefined || last === null ? lines : [...lines, lastReload(last)];
}

function lastReload({ generation, outcome, reason, ended }: LastReload): string {
  const ago = formatAge((Date.now() - Date.parse(ended)) / 1000);
  const [why = ""] = (reason ?? "").split("\n", 1);
  const because = why === "" ? "" : `: ${onOneLine(why)}`;
  return `last reload: generation ${generation} ${outcome} ${ago} ago${because}`;
}

/** Nothing while all is well: the line of the certificate says enough then. */
function orderLines({ domain, state, next, failures, reason }: OrderedSnapshot): string[] {
  const name = `acme: ${onOneLine(domain)}`;
  if (state === "ordering") return [`${name}, an order is under way`];
  const at = next.slice(0, 16).replace("T", " ");
  const lack = state === "missing" ? ", NO VALID CERTIFICATE" : "";
  if (reason === null) return lack === "" ? [] : [`${name}${lack}, ordered at ${at} UTC`];
  const times = failures === 1 ? "the last order" : `the last ${failures} orders`;
  return [`${name}${lack}, ${times} failed (next: ${at} UTC): ${onOneLine(reason)}`];
}

function certificateLine({ names, issuer, expires }: CertificateSnapshot): string {
  const [first = "(no name)", ...others] = names.map(onOneLine);
  const name = others.length === 0 ? first : `${first} and ${others.length} more`;
  const leftMs = Date.parse(expires) - Date.now();
  const left = leftMs > 0 ? `expires in ${formatAge(leftMs / 1000)}` : "HAS EXPIRED";
  return `certificate: ${name}, ${left} (${expires.slice(0, 10)}), from ${onOneLine(issuer)}`;
}
