// The end of a pod under load, as Kubernetes does it, with two containers for pods. The kubelet
// runs the preStop and sends TERM when that has returned; KILL would follow after the grace period.
// Meanwhile whoever spreads connections learns only seconds later that the pod is leaving.
//   bun test ./test/deploy/kubernetes.deploy.ts
// packages: runc
import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import type { Deployment } from "kubernetes-models/apps/v1/Deployment";
import { startingPoint } from "../../src/cli/init/starting-points.ts";
import {
  cannotRunContainers,
  type Container,
  removeSharedRoot,
  startContainer,
} from "../helpers/container.ts";
import { expectNoLoss, losses, startLoad } from "../helpers/load.ts";
import { stopAllServers } from "../helpers/server.ts";

setDefaultTimeout(120_000);
afterAll(async () => {
  await stopAllServers();
  await removeSharedRoot();
});

/** How long new connections still come after the pod's end has begun. */
const LAG_MS = 2_000;

const [text = ""] = startingPoint("kubernetes").files.map((file) => file.text);
const [deployment] = Bun.YAML.parse(text) as [Deployment];
const pod = deployment.spec?.template.spec;
const [spec] = pod?.containers ?? [];
const graceMs = (pod?.terminationGracePeriodSeconds ?? 0) * 1000;
const preStop = spec?.lifecycle?.preStop?.exec?.command ?? [];
/** The two pods share the network of the test: each gets a port of its own. */
const variables = {
  ...Object.fromEntries((spec?.env ?? []).map(({ name, value }) => [name, value ?? ""])),
  POUNCE_PORT: "0",
};
const scratch = (spec?.volumeMounts ?? []).map(({ mountPath }) => mountPath);

function startPod(env: Record<string, string> = {}): Promise<Container> {
  return startContainer({ env: { ...variables, ...env }, scratch });
}

/** Spreads connections over pods, in turn. */
class Endpoints {
  #pods: Container[];
  #next = 0;
  /** Connections that have been sent to each. */
  readonly sent = new Map<Container, number>();

  constructor(...pods: Container[]) {
    this.#pods = pods;
  }

  readonly choose = (): number => {
    const chosen = this.#pods[this.#next++ % this.#pods.length];
    if (chosen === undefined) throw new Error("no pod is left");
    this.sent.set(chosen, (this.sent.get(chosen) ?? 0) + 1);
    return chosen.server.port;
  };

  remove(leaving: Container): void {
    this.#pods = this.#pods.filter((it) => it !== leaving);
  }
}

interface End {
  code: number | null;
  tookMs: number;
  /** Connections that came to the pod after its end had begun. */
  late: number;
}

/** Ends a pod. @param command the preStop, after the executable's path; none when not given */
async function terminate(leaving: Container, all: Endpoints, command?: string[]): Promise<End> {
  const began = performance.now();
  const before = all.sent.get(leaving) ?? 0;
  const learnt = Bun.sleep(LAG_MS).then(() => all.remove(leaving));
  if (command !== undefined) {
    const { code, output } = await leaving.exec(...command);
    expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining("Drained") });
  }
  leaving.kill("SIGTERM");
  const exit = await Promise.race([leaving.server.exited, Bun.sleep(graceMs)]);
  await learnt;
  return {
    code: exit?.code ?? null,
    tookMs: performance.now() - began,
    late: (all.sent.get(leaving) ?? 0) - before,
  };
}

/** A pod of two ends under load; another has taken its place, as with maxSurge 1. */
async function endUnderLoad(env: Record<string, string>, command?: string[]) {
  await using leaving = await startPod(env);
  await using staying = await startPod(env);
  const all = new Endpoints(leaving, staying);
  const modes = ["connect", "keep-alive", "silent", "slow-handler", "sse"] as const;
  const load = startLoad({ port: all.choose, modes, clients: 40, keepAliveMs: 10_000 });
  await load.untilMore(8);
  const end = await terminate(leaving, all, command);
  await load.untilMore(8);
  return { end, result: await load.stop() };
}

describe.skipIf(cannotRunContainers())("the end of a pod", () => {
  test("with the preStop of the manifest refuses, resets and cuts nothing", async () => {
    expect(preStop[0]).toBe("/usr/local/bin/pounce");
    const { end, result } = await endUnderLoad({}, preStop.slice(1));
    expectNoLoss(result);
    expect(end.code).toBe(0);
    expect(end.late).toBeGreaterThan(100);
    expect(end.tookMs).toBeLessThan(graceMs);
  });

  test("with shutdown_delay in its place refuses, resets and cuts nothing", async () => {
    const { end, result } = await endUnderLoad({ POUNCE_SHUTDOWN_DELAY: "5" });
    expectNoLoss(result);
    expect(end.code).toBe(0);
    expect(end.late).toBeGreaterThan(100);
    expect(end.tookMs).toBeLessThan(graceMs);
  });

  test("with neither refuses those who come before the others know", async () => {
    const { result } = await endUnderLoad({});
    expect(losses(result, ["refused"])).toBeGreaterThan(0);
  });
});
