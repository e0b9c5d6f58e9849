// Listening sockets as a simulated process has them: descriptors in the simulated kernel, which
// refuses things at times.
import type { Program } from "../../../src/core/moves/accept-group.ts";
import type { ListenerSockets } from "../../../src/master/surroundings.ts";
import { formatAddress, type TcpAddress } from "../../../src/net/address.ts";
import type { EndDiversion } from "../../../src/net/diversion.ts";
import type { ReservedPort } from "../../../src/net/shared-port.ts";
import type { LinkEnd } from "../../../src/ipc/links.ts";
import { SystemError } from "../../../src/os/libc.ts";
import type { World } from "./world.ts";

export class SimulatedSockets implements ListenerSockets {
  /** The descriptors of listeners that the process has. */
  readonly open = new Set<number>();

  #lastLink = 0;

  constructor(readonly world: World) {
    world.masters.add(this);
  }

  /** The process has got a descriptor. */
  take(descriptor: number): number {
    this.open.add(descriptor);
    return descriptor;
  }

  steer(descriptor: number, program: Program): void {
    const { world } = this;
    this.#demand(descriptor, "steered");
    if (program !== undefined && world.refusesProgram()) {
      world.noteRefusal();
      throw new SystemError("setsockopt", "ENOMEM");
    }
    world.kernel.attach(descriptor, program);
  }

  dropNewHandshakes(descriptor: number): void {
    const { kernel, profile, random } = this.world;
    this.#demand(descriptor, "made quiet");
    const drops = !random.chance(profile.filterRefusalRate);
    kernel.quietDescriptor(descriptor, drops);
    if (!drops && this.world.performing === "quiet-listener") this.world.noteRefusal();
    if (!drops) throw new SystemError("setsockopt", "EPERM");
  }

  acceptWithData(descriptor: number): void {
    this.#demand(descriptor, "told to defer");
  }

  acceptAtOnce(descriptor: number): void {
    this.#demand(descriptor, "told not to defer");
  }

  divert(member: number, address: TcpAddress, size: number): EndDiversion | undefined {
    const { world } = this;
    const { kernel } = world;
    this.#demand(member, "diverted");
    const name = formatAddress(address);
    if (kernel.addressOf(member) !== name) {
      world.violate("sockets", `${name} is not that of the member`);
    }
    const known = [...this.open].filter((open) => kernel.addressOf(open) === name).length;
    if (known !== size) world.violate("sockets", `${name} has ${known} listeners, not ${size}`);
    // What has joined besides is in the way.
    if (kernel.owners(name).length !== size) {
      kernel.attach(member, [...Array.from({ length: size }).keys()]);
      world.noteRefusal();
      return undefined;
    }
    if (!kernel.divert(name, size, !world.refusesProgram())) {
      world.noteRefusal();
      throw new SystemError("setsockopt", "ENOMEM");
    }
    return () => {
      if (kernel.has(name)) world.violate("sockets", `the diversion of ${name} ends too soon`);
    };
  }

  keepInherited(): void {}

  takeClaim(address: string): number {
    const { world } = this;
    if (world.fails()) throw new SystemError("bind", "EADDRINUSE");
    return this.take(world.kernel.shared.listen(address));
  }

  withdraw(descriptor: number): void {
    const { kernel, profile, random } = this.world;
    this.#demand(descriptor, "withdrawn");
    if (!random.chance(profile.filterRefusalRate)) return kernel.shared.withdraw(descriptor);
    // Clients come to a port until it is closed.
    kernel.shared.keep(descriptor);
    throw new SystemError("setsockopt", "EPERM");
  }

  permit(): void {}

  restorePath(): void {}

  /** The ends of links have numbers of their own: nobody listens there. */
  link(): readonly [LinkEnd, LinkEnd] {
    if (this.world.fails()) throw new SystemError("socketpair", "EMFILE");
    const end = (): LinkEnd => ({ stream: this.#linkEnd(), descriptors: this.#linkEnd() });
    return [end(), end()];
  }

  #linkEnd(): number {
    this.#lastLink -= 1;
    return this.take(this.#lastLink);
  }

  close(descriptor: number): void {
    this.#demand(descriptor, "closed");
    this.open.delete(descriptor);
    if (descriptor < 0) return;
    this.world.kernel.closeDescriptor(descriptor);
  }

  releaseClaim(): void {}

  reservePort(): ReservedPort {
    if (this.world.fails()) throw new SystemError("bind", "EADDRINUSE");
    return { port: this.world.kernel.freePort(), release: () => undefined };
  }

  /** The process has ended: the kernel closes what it had, in any order. */
  end(): void {
    const { random } = this.world;
    this.world.masters.delete(this);
    const left = [...this.open].map((descriptor) => ({ descriptor, at: random.fraction() }));
    for (const { descriptor } of left.toSorted((a, b) => a.at - b.at)) this.close(descriptor);
  }

  #demand(descriptor: number, what: string): void {
    if (this.open.has(descriptor)) return;
    this.world.violate("descriptors", `descriptor ${descriptor} is ${what}, and is not open`);
  }
}
