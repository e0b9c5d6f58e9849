// Runs `pounce prove`: one server after the other, each with the same load.
import { EXIT_CODE, SIGNAL_EXIT_CODE } from "../../exit-codes.ts";
import { asJson } from "../../prove/as-json.ts";
import type { Evidence } from "../../prove/evidence.ts";
import { endpointUrl } from "../../prove/load/endpoint.ts";
import { proveSubject } from "../../prove/run.ts";
import type { Subject } from "../../prove/subject.ts";
import { verdictOf } from "../../prove/verdict.ts";
import type { Wishes } from "../../prove/wishes.ts";
import { counted } from "../../prove/words.ts";
import { onSignal } from "../../signals.ts";
import type { Outcome } from "../define.ts";
import { type Failure, usage } from "../failure.ts";
import { inputOf } from "../key-args.ts";
import { printJson } from "../print.ts";
import { report } from "../report.ts";
import type { ProveArgs } from "./args.ts";
import { proveInput } from "./input.ts";
import { progressWatcher, SILENT } from "./progress.ts";
import { besideOf, serversOf, type Start } from "./servers.ts";
import { tellEvidence, tellLines } from "./tell.ts";

export async function runProve(
  args: ProveArgs,
  rest: readonly string[] | undefined,
): Promise<Outcome> {
  const input = inputOf(args, rest);
  const judged = proveInput(args, besideOf(input, args));
  if (!judged.ok) return usage(judged.error);
  const servers = await serversOf(judged.input, args, input);
  if (!servers.ok) return servers.failure;
  const interruption = interruptions();
  const prover = new Prover(judged.input.wishes, args.json === true, interruption.signal);
  const work = prover.proveAll(servers.starts);
  // A second signal does not wait for what the first one ends; see servers/guard.ts.
  const outcome = await Promise.race([work, interruption.second]);
  return interruption.code() ?? outcome;
}

class Prover {
  constructor(
    readonly wishes: Wishes,
    readonly isJson: boolean,
    readonly signal: AbortSignal,
  ) {}

  async proveAll(starts: readonly Start[]): Promise<Outcome> {
    const all: Evidence[] = [];
    for (const start of starts) {
      const evidence = await this.#prove(start);
      if ("code" in evidence) return evidence;
      all.push(evidence);
      if (this.signal.aborted) break;
      if (!this.isJson) tellEvidence(evidence);
    }
    if (this.isJson) await printJson(asJson(all));
    return all.every((evidence) => verdictOf(evidence).ok) ? EXIT_CODE.ok : EXIT_CODE.failed;
  }

  async #prove(start: Start): Promise<Evidence | Failure> {
    const candidate = await start(this.signal);
    if (!candidate.ok) {
      if (!this.isJson && !this.signal.aborted) tellLines(candidate.lines);
      return candidate;
    }
    const { subject, plan } = candidate;
    if (!this.isJson) this.#tellBeginning(subject, plan.schedule.length);
    const watcher = this.isJson ? SILENT : progressWatcher();
    return proveSubject(subject, this.wishes, plan, watcher, this.signal);
  }

  #tellBeginning({ name, target, isOurs }: Subject, reloads: number): void {
    report.log(`${name} on ${endpointUrl(target)}: ${counted(reloads, "reload")} under load`);
    if (isOurs) return;
    const { rate } = this.wishes;
    const limit = rate === undefined ? "as fast as it answers; --rate N limits that" : `${rate}/s`;
    report.log(`The load is real: its requests are served as any others, ${limit}`);
  }
}

/** Signals that end the command. */
function interruptions() {
  const first = new AbortController();
  const second = Promise.withResolvers<Outcome>();
  const codes: Readonly<Record<string, number>> = SIGNAL_EXIT_CODE;
  let code: number | undefined;
  onSignal((signal) => {
    if (codes[signal] === undefined) return;
    if (code !== undefined) second.resolve(code);
    code ??= codes[signal];
    first.abort();
  });
  return { signal: first.signal, second: second.promise, code: () => code };
}
