// Which generation goes by which plan, and what later ones are told of the ones before.
import { expect, test } from "bun:test";
import type { Plan } from "../../../src/master/plan/plan.ts";
import type { ReservedPort } from "../../../src/net/shared-port.ts";
import { Plans } from "../../../src/master/plan/plans.ts";

const refuse = (): never => {
  throw new Error("no port is to be reserved");
};

function plansOf(reservePort: () => ReservedPort = refuse) {
  const forgotten: number[] = [];
  const executables = {
    path: "/opt/pounce",
    of: () => "/opt/pounce",
    forget: (generation: number) => void forgotten.push(generation),
  };
  return { plans: new Plans(executables, { reservePort }), forgotten };
}

const planOf = (label: string): Plan =>
  ({ app: { label }, config: { port: 0 }, addresses: [{ host: "::1", port: 0 }] }) as never;

test("a generation has the plan that was read for it, whichever worker asks first", () => {
  const { plans } = plansOf();
  plans.put(0, planOf("first"));
  plans.put(1, planOf("second"));
  expect([plans.of(1).app.label, plans.of(0).app.label]).toEqual(["second", "first"]);
  expect(() => plans.of(2)).toThrow("generation 2 has no plan");
});

test.each([
  ["in dev, as does one whose app does not load", true, "x", true],
  ["in dev, if it loads and asks for ours", true, undefined, false],
  ["in serve", false, "x", false],
])("a version knows that the one before asks for another port: %s", (_, isDev, failure, told) => {
  const { plans } = plansOf();
  const plan = { ...planOf("app"), isDev };
  plans.put(0, plan);
  plans.noteLoaded(0, { file: "/app/index.ts", isElsewhere: true });
  plans.put(1, plan);
  expect(plans.of(1).app.isElsewhere).toBe(isDev);
  plans.noteLoaded(1, { file: "/app/index.ts", failure });
  plans.put(2, plan);
  expect(plans.of(2).app.isElsewhere).toBe(told);
});

test("the file that the first worker has loaded is that of its generation, and of no other", () => {
  const { plans } = plansOf();
  plans.put(0, planOf("first"));
  plans.noteLoaded(0, { file: "/app/index.ts", ownHono: "4.6.0" });
  plans.noteLoaded(0, { file: "/app/other.ts" });
  plans.put(1, planOf("second"));
  expect(plans.of(0).app.file).toBe("/app/index.ts");
  expect(plans.of(1).app).toMatchObject({ label: "second", ownHono: "4.6.0" });
  expect(plans.of(1).app.file).toBeUndefined();
});

test("a plan is forgotten with its executable, and what its workers still say changes nothing", () => {
  const { plans, forgotten } = plansOf();
  plans.put(0, planOf("first"));
  plans.forget(0);
  expect(forgotten).toEqual([0]);
  plans.noteLoaded(0, { file: "/app/index.ts" });
  expect(() => plans.of(0)).toThrow();
  plans.noteBound(0, [{ host: "::1", port: 4000 }]);
  expect(plans.port).toBeUndefined();
});

test("the port that port 0 stands for is that of the first worker, also for what comes later", () => {
  const { plans } = plansOf();
  plans.put(0, planOf("first"));
  plans.noteBound(0, [{ host: "::1", port: 4000 }]);
  plans.put(1, planOf("second"));
  expect(plans.addressesOf(1)).toEqual([{ host: "::1", port: 4000 }]);
});

test("where workers share one socket, port 0 is chosen before the first one binds", () => {
  const port = 4001;
  let isReserved = true;
  const { plans } = plansOf(() => ({ port, release: () => void (isReserved = false) }));
  plans.put(0, { ...planOf("first"), isShared: true, sharesPorts: true });
  expect(plans.addressesOf(0)).toEqual([{ host: "::1", port }]);
  expect(plans.addresses).toEqual([`[::1]:${port}`]);
  plans.noteBound(0, [{ host: "::1", port }]);
  expect(isReserved).toBe(false);
});

test("whether ports are shared is known once there was a port", () => {
  const { plans } = plansOf();
  plans.put(0, { ...planOf("first"), addresses: [{ path: "/run/a.sock" }] });
  expect(plans.sharesPorts).toBeUndefined();
  plans.put(1, { ...planOf("second"), sharesPorts: true });
  expect(plans.sharesPorts).toBe(true);
});
