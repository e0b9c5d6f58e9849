// Whether the addresses are free, and who holds them. Most often that is the server that is to be
// reloaded, which is fine.
import { addressProblem } from "../master/plan/address-in-use.ts";
import type { Plan } from "../master/plan/plan.ts";
import { type Address, formatAddress } from "../net/address.ts";
import { fault, fine, type Finding } from "./finding.ts";
import type { OwnServer } from "./own-server.ts";

/** Looks at all addresses of a plan; one that is not free and not this server's own is a fault. */
export async function addressFinding(
  { addresses, metrics, config }: Plan,
  own: OwnServer | undefined,
): Promise<Finding> {
  const name = "address";
  if (config.socketActivation) return fine(name, "the sockets that systemd passes");
  const all: readonly Address[] = [...addresses, ...metrics.addresses];
  const foreign = all.filter((address) => own?.holds(address) !== true);
  const problem = await addressProblem(foreign, undefined);
  if (problem !== undefined) {
    const remedy = problem.includes("in use")
      ? "end the process that holds it, or choose"
      : "choose";
    const advice = `a start would fail with exit code 3: ${remedy} another address`;
    return fault(name, problem, advice);
  }
  const names = all.map((address) => formatAddress(address)).join(", ");
  if (own === undefined || foreign.length === all.length) return fine(name, `${names}: free`);
  const found = `${names}: held by pounce master, pid ${own.pid}, which is this server`;
  return fine(
    name,
    found,
    "nothing to do for a reload; a second start would fail with exit code 3",
  );
}
