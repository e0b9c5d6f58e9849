// (a) The control loop's model of the accept groups matches the kernel: the program in force, and
// the order of each array, except for one more at the end while a worker binds, and for those of a
// master that is taking over, which come last.

import { sameProgram } from "../../../src/core/moves/accept-group.ts";
import { hasServer, isSteered } from "../../../src/core/predicates.ts";
import { Checker, hasSuccessor, type Moment } from "./checker.ts";

export class ModelChecker extends Checker {
  readonly name = "model";
  override readonly watchesSuccessor = true;

  override performed({ after, world }: Moment): void {
    const { kernel } = world;
    const addresses = new Set([...kernel.addresses(), ...after.groups.keys()]);
    for (const address of addresses) {
      const members = after.groups.get(address)?.members ?? [];
      const owners = kernel.owners(address);
      const binder = after.bindLock?.worker;
      const isDiverted = after.groups.get(address)?.diversion === "in-force";
      const same = isDiverted
        ? owners.toSorted().join() === members.toSorted().join()
        : owners.join() === members.join();
      const oneMore = binder !== undefined && owners.join() === [...members, binder].join();
      const successorsFollow = hasSuccessor(after) && startsWith(owners, members);
      if (!same && !oneMore && !successorsFollow) {
        this.fail(`${address} has the listeners [${owners}], the model says [${members}]`);
      }
      // A master that is taking over does not know the program, and leaves it alone.
      if (!hasServer(after) || isDiverted) continue;
      // It has been refused, and has not heard of it.
      const isRefused = !kernel.steerable || world.untoldRefusals > 0;
      if (isRefused && isSteered(after)) continue;
      const program = kernel.program(address);
      const believed = after.groups.get(address)?.program;
      if (believed === "unknown" || !sameProgram(program, believed)) {
        const [is, says] = [JSON.stringify(program), JSON.stringify(believed)];
        this.fail(`${address} is steered to ${is}, the model says ${says}`);
      }
    }
  }
}

function startsWith(owners: readonly number[], members: readonly number[]): boolean {
  return members.every((member, index) => owners[index] === member);
}
