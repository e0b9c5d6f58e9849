// What a request costs, and what a reload costs those who ask meanwhile: servers that have all the
// load they can take, from clients on the same processors. Server and clients share what there is,
// so the requests of a second say what both cost together; the CPU time of a request is the
// server's alone, and differs more.
import { type Bench, type Findings, repeat } from "../measure.ts";
import { Clients } from "./clients.ts";
import { type LoadRound, measureLoadRound } from "./load-round.ts";
import { loadRows } from "./load-rows.ts";

export async function load(bench: Bench): Promise<Findings> {
  const clients = new Clients();
  const rounds = await repeat<LoadRound>(bench, bench.rounds, (number) =>
    measureLoadRound(bench, clients, number),
  );
  await clients.end();
  return { rows: loadRows(rounds), rounds };
}
