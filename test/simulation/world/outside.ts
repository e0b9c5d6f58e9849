// What comes from outside while things go wrong: signals, commands, kills, connections.

import type { MasterSignal } from "../../../src/signals.ts";
import type { Users } from "../users.ts";
import { randomHang } from "./fate.ts";
import type { Inhabitant, World } from "./world.ts";

/** Lets something come from outside again and again until faults stop. */
export function meddle(world: World, users: Users): void {
  const { random, profile } = world;
  world.add(random.wait(profile.pauseMs), "outside", () => {
    if (!world.faulty) return;
    const kind = random.integer(0, 24);
    // A newer version would take the place of each that is on trial; and nobody who is well is
    // replaced while one comes.
    const isPatient = (profile.strategy === "all" || profile.recycles) && random.chance(0.8);
    if (kind < 4 && isPatient) connect(world);
    else if (kind < 4) askForReload(world, users);
    else if (kind < 5) world.write();
    else if (kind < 7) scale(world, users, random.integer(1, 3));
    else if (kind < 9) killSomebody(world);
    else if (kind < 10) askForHandover(world, users);
    else if (kind < 11 && world.solo) takeAddress(world);
    else if (kind < 13) throwSomewhere(world);
    else if (kind < 14) command(world, users);
    else if (kind < 15) rollBack(world, users);
    else if (kind < 17 && profile.hangs) hangSomewhere(world);
    else if (kind < 20 && profile.recycles) users.measure();
    else connect(world);
    meddle(world, users);
  });
}

function signal(world: World, users: Users, delayMs: number, name: MasterSignal): void {
  world.add(delayMs, "outside", () => users.signal(name));
}

/** A new version, and one HUP or several for it, or a command. */
export function askForReload(world: World, users: Users): void {
  const { random } = world;
  if (random.chance(0.8)) world.write();
  const times = random.chance(0.2) ? random.integer(2, 5) : 1;
  for (let time = 0; time < times; time++) {
    const delayMs = time * random.wait(20);
    if (!random.chance(0.3)) signal(world, users, delayMs, "SIGHUP");
    else world.add(delayMs, "outside", () => users.reload(random.pick(["steered", "ended"])));
  }
}

/** Where nothing is tried, it is refused. */
function rollBack(world: World, users: Users): void {
  const isTried = world.profile.strategy === "all";
  if (isTried || world.random.chance(0.2)) users.rollBack();
}

function command(world: World, users: Users): void {
  const { random } = world;
  const kind = random.integer(0, 6);
  if (kind < 2) {
    if (random.chance(0.8)) world.write();
    users.reload(random.pick(["steered", "ended"]));
  } else if (kind < 4) {
    users.scale(random.pick([0, 1, 1, 2, 3, 5, 2000]));
  } else if (kind < 5) {
    users.drain(random.pick([1, 200, 3000, 40_000]));
  } else if (kind < 6) {
    users.status();
  } else {
    users.signal("SIGUSR1");
  }
}

/** Somebody else listens on an address for a while, if it happens to be free. */
function takeAddress(world: World): void {
  const { random, profile, kernel } = world;
  const address = random.pick(["127.0.0.1:8000", "127.0.0.1:9000", "[::1]:8000"]);
  if (!world.faulty || kernel.has(address) || !random.chance(profile.faultRate * 4)) return;
  kernel.taken.add(address);
  world.later(random.wait(1000), () => kernel.taken.delete(address));
}

export function askForHandover(world: World, users: Users): void {
  const { random } = world;
  // One after the other, too: the next one waits until the last old worker has ended.
  const times = random.chance(0.3) ? random.integer(2, 3) : 1;
  for (let time = 0; time < times; time++) {
    signal(world, users, time * random.wait(1500), "SIGUSR2");
  }
}

export function scale(world: World, users: Users, times: number): void {
  const name = world.random.pick(["SIGTTIN", "SIGTTOU"] as const);
  for (let time = 0; time < times; time++) signal(world, users, 0, name);
}

export function stop(world: World, users: Users): void {
  const { random } = world;
  const names: readonly MasterSignal[] = random.pick([
    ["SIGTERM"],
    ["SIGINT"],
    ["SIGQUIT"],
    ["SIGINT", "SIGINT"],
    ["SIGTERM", "SIGINT"],
    ["SIGTERM", "SIGTERM", "SIGINT", "SIGINT"],
    ["SIGTERM", "SIGQUIT"],
  ] as const);
  let delayMs = 0;
  for (const name of names) {
    signal(world, users, delayMs, name);
    delayMs += random.wait(1000);
  }
  if (random.chance(0.3)) signal(world, users, 1, "SIGHUP");
  if (random.chance(0.3)) world.add(1, "outside", () => users.reload("ended"));
  if (random.chance(0.3)) world.add(0, "outside", () => users.stop());
}

function killSomebody(world: World): void {
  const { random, profile } = world;
  if (!random.chance(profile.faultRate * 4)) return;
  const { living } = world;
  if (living.size > 0) random.pick([...living]).die("signal SIGKILL");
}

/** The app of a worker throws outside a request, at times again and again. */
function throwSomewhere(world: World): void {
  const { random, profile, living } = world;
  if (living.size === 0 || !random.chance(profile.faultRate * 4)) return;
  const worker = random.pick([...living]);
  for (let time = random.pick([1, 10]); time > 0; time--) worker.throws(random.integer(1, 3));
}

/** The loop of a worker is blocked, or of all: they wait for the same thing. */
function hangSomewhere(world: World): void {
  const { random, profile, living } = world;
  if (living.size === 0 || !random.chance(profile.faultRate * 12)) return;
  const forMs = randomHang(random);
  const hung = random.chance(0.2) ? [...living] : [random.pick([...living])];
  for (const worker of hung) worker.hang(forMs);
}

/** A worker that is well is being replaced: at times it crashes or hangs, or the new one does. */
export function disturb(world: World, users: Users, old: number): void {
  const { random, profile } = world;
  if (random.chance(0.1)) world.add(random.wait(100), "outside", () => users.signal("SIGHUP"));
  if (random.chance(0.1)) world.add(random.wait(100), "outside", () => users.signal("SIGUSR2"));
  if (profile.faultRate === 0 || random.chance(0.3)) return;
  const isNew = random.chance(0.6);
  const happen = (): void => {
    const [newest] = [...world.living].toSorted((a, b) => b.id - a.id);
    const victim = isNew ? newest : world.worker(old);
    if (victim === undefined || (isNew && victim.id <= old)) return;
    hurt(world, victim);
  };
  world.fault(random.wait(random.pick([30, 300])), happen);
}

function hurt({ random }: World, victim: Inhabitant): void {
  if (random.chance(0.5)) victim.die("signal SIGSEGV");
  else victim.hang(randomHang(random));
}

/** Clients come to a generation that is on trial; at times a worker crashes or hangs meanwhile. */
export function crowd(world: World, generation: number, old: number): void {
  const { random, profile } = world;
  const { canaryMs = 0, bakeMs = 0 } = world.disk.of(generation).settings.rollout ?? {};
  const forMs = Math.max(canaryMs, bakeMs);
  for (let client = random.pick([0, 3, 20, 60]); client > 0; client--) {
    world.add(random.integer(0, forMs), "outside", () => connect(world));
  }
  if (profile.faultRate === 0 || random.chance(0.6)) return;
  const whose = random.pick([generation, old]);
  world.fault(random.integer(0, forMs), () => {
    const theirs = [...world.living].filter((worker) => worker.generation === whose);
    if (theirs.length > 0) hurt(world, random.pick(theirs));
  });
}

/** A client connects, wherever the kernel lets it, and stays for a while. */
export function connect(world: World): void {
  const { random, kernel } = world;
  if (world.isShared) {
    const paths = kernel.shared.addresses();
    if (paths.length > 0) kernel.shared.connect(random.pick(paths), random.wait(800));
    return;
  }
  const addresses = kernel.addresses();
  if (addresses.length === 0) return;
  const address = random.pick(addresses);
  const reached = kernel.route(address, random.fraction());
  if (reached === undefined) return;
  const worker = world.worker(reached);
  if (kernel.drops(address, worker.id) || !worker.isOpen(address)) return;
  const durationMs = random.chance(0.005) ? Number.POSITIVE_INFINITY : random.wait(800);
  worker.accept(durationMs);
}
