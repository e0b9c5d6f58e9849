// What comes from outside while things go wrong: reloads, scalings, stops, kills, connections.

import type { StopMode } from "../../../src/core/events.ts";
import { UNWATCHED } from "../../core/scenario.ts";
import type { World } from "./world.ts";

/** Lets something come from outside again and again until faults stop. */
export function meddle(world: World): void {
  const { random, profile } = world;
  world.add(random.wait(profile.pauseMs), "outside", () => {
    if (!world.faulty) return undefined;
    const kind = random.integer(0, 19);
    if (kind < 4) askForReload(world);
    else if (kind < 5) world.write();
    else if (kind < 7) scale(world, random.integer(1, 3));
    else if (kind < 9) killSomebody(world);
    else if (kind < 10) askForHandover(world);
    else if (kind < 11 && world.solo) takeAddress(world);
    else if (kind < 12) throwSomewhere(world);
    else if (kind < 13) command(world);
    else connect(world);
    meddle(world);
    return undefined;
  });
}

/** A new version, and one HUP or several for it. */
export function askForReload(world: World): void {
  const { random } = world;
  if (random.chance(0.8)) world.write();
  const signals = random.chance(0.2) ? random.integer(2, 5) : 1;
  for (let signal = 0; signal < signals; signal++) {
    const delayMs = signal * random.wait(20);
    if (random.chance(0.3)) commandReload(world, delayMs);
    else world.add(delayMs, "outside", () => ({ type: "reload-requested", by: "SIGHUP" }));
  }
}

/** Whoever asks waits for an answer. */
function commandReload(world: World, delayMs: number): void {
  const [id, until] = [world.nextCommand++, world.random.pick(["steered", "ended"] as const)];
  const by = "a reload command";
  world.add(delayMs, "outside", () => ({ type: "reload-requested", by, id, until }));
}

function command(world: World): void {
  const { random } = world;
  if (random.chance(0.2)) return commandReload(world, 0);
  const id = world.nextCommand++;
  if (random.chance(0.5)) {
    const forMs = random.pick([1, 200, 3000, 40_000]);
    return world.add(0, "outside", () => ({ type: "drain-requested", forMs, id }));
  }
  const to = random.pick([0, 1, 1, 2, 3, 5, 2000]);
  const by = "a scale command";
  world.add(0, "outside", () => ({ type: "scale-requested", to, by, id }));
}

/** Somebody else listens on an address for a while, if it happens to be free. */
function takeAddress(world: World): void {
  const { random, profile, kernel, disk } = world;
  const address = random.pick(disk.written.addresses);
  if (!world.faulty || kernel.has(address) || !random.chance(profile.faultRate * 4)) return;
  kernel.taken.add(address);
  world.later(random.wait(1000), () => kernel.taken.delete(address));
}

/** Where addresses are not shared, the shell refuses it. */
export function askForHandover(world: World): void {
  if (world.solo) return;
  const { random } = world;
  // One after the other, too: the next one waits until the last old worker has ended.
  const signals = random.chance(0.3) ? random.integer(2, 3) : 1;
  for (let signal = 0; signal < signals; signal++) {
    world.add(signal * random.wait(1500), "outside", () => ({
      type: "handover-requested",
      by: "SIGUSR2",
      supervision: UNWATCHED,
    }));
  }
}

export function scale(world: World, times: number): void {
  const to = world.random.pick(["one-more", "one-fewer"] as const);
  const by = to === "one-more" ? "SIGTTIN" : "SIGTTOU";
  for (let time = 0; time < times; time++) {
    world.add(0, "outside", () => ({ type: "scale-requested", to, by }));
  }
}

export function stop(world: World): void {
  const { random } = world;
  const modes: readonly StopMode[] = random.pick([
    ["graceful"],
    ["impatient"],
    ["now"],
    ["impatient", "impatient"],
    ["graceful", "impatient"],
    ["graceful", "graceful", "impatient", "impatient"],
    ["graceful", "now"],
  ]);
  let delayMs = 0;
  for (const mode of modes) {
    const signal = { graceful: "SIGTERM", impatient: "SIGINT", now: "SIGQUIT" }[mode];
    const id = random.chance(0.3) ? world.nextCommand++ : undefined;
    world.add(delayMs, "outside", () => ({
      type: "stop-requested",
      mode,
      signal,
      ...(id !== undefined && { id }),
    }));
    delayMs += random.wait(1000);
  }
  if (random.chance(0.3))
    world.add(1, "outside", () => ({ type: "reload-requested", by: "SIGHUP" }));
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
  for (let time = random.pick([1, 10]); time > 0; time--) worker.throws();
}

/** A client connects, wherever the kernel lets it, and stays for a while. */
function connect(world: World): void {
  const { random, kernel } = world;
  const addresses = kernel.addresses();
  if (addresses.length === 0) return;
  const address = random.pick(addresses);
  const reached = kernel.reach(address);
  if (reached.length === 0) return;
  const worker = world.worker(random.pick(reached));
  if (kernel.drops(address, worker.id) || !worker.isOpen(address)) return;
  const durationMs = random.chance(0.005) ? Number.POSITIVE_INFINITY : random.wait(800);
  worker.accept(durationMs);
}
