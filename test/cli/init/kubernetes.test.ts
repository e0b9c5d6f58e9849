// The manifest of `pounce init kubernetes` is valid to Kubernetes and to pounce.
import { describe, expect, test } from "bun:test";
import { dirname } from "node:path";
import { Deployment } from "kubernetes-models/apps/v1/Deployment";
import { PodDisruptionBudget } from "kubernetes-models/policy/v1/PodDisruptionBudget";
import { Service } from "kubernetes-models/v1/Service";
import { parseDuration } from "../../../src/config/schema/duration.ts";
import { loadConfig } from "../../../src/config/load.ts";
import { startingPoint } from "../../../src/cli/init/starting-points.ts";

const text = startingPoint("kubernetes").files[0]?.text ?? "";

function parse(manifest: string) {
  type Documents = [Deployment, Service, PodDisruptionBudget];
  const [deployment, service, budget] = Bun.YAML.parse(manifest) as Documents;
  return { deployment, service, budget };
}

type Model = typeof Deployment | typeof Service | typeof PodDisruptionBudget;

/**
 * Validates a document. The validator lets fields pass that Kubernetes does not know, but it never
 * looks at them: each field that it has not read is an error too.
 */
function mistakesOf(model: Model, document: object): string[] {
  const read = new Set<string>();
  try {
    // The constructor would read everything, to copy it.
    model.prototype.validate.call(watch(document, "", read));
  } catch (error) {
    return [String(error)];
  }
  const known = [...fieldsOf(document, "")];
  return known.filter((path) => !read.has(path)).map((path) => `${path}: unknown field`);
}

function watch<T extends object>(value: T, path: string, read: Set<string>): T {
  return new Proxy(value, {
    get(target, name, receiver) {
      const inner: unknown = Reflect.get(target, name, receiver);
      const innerPath = `${path}/${String(name)}`;
      read.add(innerPath);
      return typeof inner === "object" && inner !== null ? watch(inner, innerPath, read) : inner;
    },
  });
}

function* fieldsOf(value: object, path: string): Generator<string> {
  for (const [name, inner] of Object.entries(value)) {
    yield `${path}/${name}`;
    if (typeof inner === "object" && inner !== null) yield* fieldsOf(inner, `${path}/${name}`);
  }
}

describe("the manifest", () => {
  const { deployment, service, budget } = parse(text);
  const pod = deployment.spec?.template.spec;
  const container = pod?.containers[0];
  const env = Object.fromEntries((container?.env ?? []).map(({ name, value }) => [name, value]));

  test("is valid to Kubernetes, with the sysctl or without", () => {
    const withSysctl = parse(text.replaceAll(/# (?=sysctls:| {2}- \{ name: net)/g, ""));
    expect(withSysctl.deployment.spec?.template.spec?.securityContext?.sysctls).toEqual([
      { name: "net.ipv4.tcp_migrate_req", value: "1" },
    ]);
    expect(mistakesOf(Deployment, deployment)).toEqual([]);
    expect(mistakesOf(Deployment, withSysctl.deployment)).toEqual([]);
    expect(mistakesOf(Service, service)).toEqual([]);
    expect(mistakesOf(PodDisruptionBudget, budget)).toEqual([]);
  });

  test("would not be valid with a field that is misspelled or of another type", () => {
    const misspelled = parse(text.replace("readinessProbe", "readynessProbe")).deployment;
    expect(mistakesOf(Deployment, misspelled).join()).toContain("/readynessProbe: unknown field");
    const mistyped = parse(text.replace("replicas: 2", 'replicas: "two"')).deployment;
    expect(mistakesOf(Deployment, mistyped).join()).toContain("/spec/replicas");
  });

  test("has settings that pounce accepts, with enough time for a stop", () => {
    const loaded = loadConfig({ flags: {}, env, cwd: "/" });
    if (!loaded.ok) throw new Error(loaded.errors.join("\n"));
    const { host, port, healthCheckPath, shutdownDelayMs, shutdownTimeoutMs } = loaded.config;
    const drainMs = parseDuration(container?.lifecycle?.preStop?.exec?.command?.at(-1) ?? "") ?? 0;
    expect([drainMs, shutdownDelayMs]).toEqual([10_000, 0]);
    expect([host, port]).toEqual([["0.0.0.0"], container?.ports?.[0]?.containerPort ?? 0]);
    const stopMs = drainMs + shutdownTimeoutMs;
    expect((pod?.terminationGracePeriodSeconds ?? 0) * 1000).toBeGreaterThan(stopMs);
    const { startupProbe, readinessProbe, livenessProbe } = container ?? {};
    for (const probe of [startupProbe, readinessProbe, livenessProbe]) {
      expect(probe?.httpGet).toEqual({ path: healthCheckPath ?? "", port: "http" });
    }
    const untilKilled =
      (livenessProbe?.periodSeconds ?? 0) * (livenessProbe?.failureThreshold ?? 0);
    expect(untilKilled * 1000).toBeGreaterThan(drainMs);
  });

  test("never has fewer pods than it should, and needs no shell to stop one", () => {
    expect(deployment.spec?.strategy?.rollingUpdate).toEqual({ maxSurge: 1, maxUnavailable: 0 });
    expect(container?.lifecycle?.preStop?.exec?.command?.slice(0, 3)).toEqual([
      "/usr/local/bin/pounce",
      "drain",
      "--for",
    ]);
    expect(pod?.enableServiceLinks).toBe(false);
  });

  test("has a folder for the control socket beside its read-only root", () => {
    expect(container?.securityContext?.readOnlyRootFilesystem).toBe(true);
    expect(container?.volumeMounts?.[0]?.mountPath).toBe(
      dirname(env["POUNCE_CONTROL_SOCKET"] ?? ""),
    );
    expect(container?.volumeMounts?.[0]?.name).toBe(pod?.volumes?.[0]?.name ?? "");
  });

  test("leads the service to its pods", () => {
    const labels = deployment.spec?.template.metadata?.labels;
    expect(deployment.spec?.selector.matchLabels).toEqual(labels);
    expect(service.spec?.selector).toEqual(labels);
    expect(budget.spec?.selector?.matchLabels).toEqual(labels);
    expect(service.spec?.ports?.[0]?.targetPort).toBe(container?.ports?.[0]?.name);
  });
});
