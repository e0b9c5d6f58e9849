// What a service manager is told, and when.
import { expect, test } from "bun:test";
import { initialState } from "../../../src/core/state.ts";
import { ServiceManager, watchdogMs } from "../../../src/master/host/service-manager.ts";
import { serving, SETTINGS, VERSION } from "../../core/scenario.ts";
import { NotifyReceiver } from "../../helpers/notify-receiver.ts";

const nothing = (): void => undefined;

function connect(env: Record<string, string> = {}) {
  const receiver = new NotifyReceiver(`@pounce-test-${crypto.randomUUID()}`);
  const manager = new ServiceManager(receiver.address, env);
  return {
    receiver,
    manager,
    [Symbol.dispose]() {
      manager.close();
      receiver[Symbol.dispose]();
    },
  };
}

test.each<[Record<string, string>, number | undefined]>([
  [{}, undefined],
  [{ WATCHDOG_USEC: "20000000" }, 20_000],
  [{ WATCHDOG_USEC: "20000000", WATCHDOG_PID: "7" }, 20_000],
  [{ WATCHDOG_USEC: "20000000", WATCHDOG_PID: "8" }, undefined],
  [{ WATCHDOG_USEC: "0" }, undefined],
  [{ WATCHDOG_USEC: "9000000000000000" }, 86_400_000],
  [{ WATCHDOG_USEC: "soon" }, undefined],
])("process 7 with %j tells the watchdog of itself within %p ms", (env, expected) => {
  expect(watchdogMs(env, 7)).toBe(expected);
});

test("the watchdog hears nothing while the control loop does not come to an end of its turn", async () => {
  using it = connect({ WATCHDOG_USEC: "40000" });
  let isStuck = false;
  const turn = (): void => {
    if (!isStuck) it.manager.observe(initialState(SETTINGS, VERSION));
  };
  it.manager.attach(turn, nothing);
  await it.receiver.waitFor("WATCHDOG=1");
  isStuck = true;
  const heard = it.receiver.read().messages.length;
  await Bun.sleep(200);
  expect(it.receiver.read().messages).toHaveLength(heard);
});

test("a manager that is gone for a while is one warning, and hears of what comes later", () => {
  using place = connect();
  const { address } = place.receiver;
  const warnings: string[] = [];
  place.manager.attach(nothing, (level, _event, words) => warnings.push(`${level}: ${words}`));
  place.manager.reachable();
  place.receiver[Symbol.dispose]();
  place.manager.observe(serving().state);
  place.manager.observe(serving().crash(0).state);
  const reason = "sendto: ECONNREFUSED";
  expect(warnings).toEqual([`warn: Cannot notify the service manager at ${address}: ${reason}`]);
  using again = new NotifyReceiver(address);
  place.manager.observe(serving().stop("graceful").state);
  expect(again.read().messages[0]).toBe("STOPPING=1\nSTATUS=Stopping: 2 workers are draining");
});

test("the server is up only when it can be reached", () => {
  using it = connect();
  it.manager.attach(nothing, nothing);
  it.manager.observe(serving().state);
  expect(it.receiver.read().messages.join("\n")).not.toContain("READY=1");
  it.manager.reachable();
  expect(it.receiver.read().messages.join("\n")).toContain("READY=1");
});

test("who has handed over says which process it is now, and nothing more", async () => {
  using it = connect({ WATCHDOG_USEC: "40000" });
  it.manager.attach(() => it.manager.observe(serving().state), nothing);
  it.manager.reachable();
  it.manager.handOver(1234);
  it.manager.observe(serving().stop("graceful").state);
  await Bun.sleep(100);
  expect(it.receiver.read().messages.at(-1)).toBe("MAINPID=1234");
});

test("who has taken over says once more what it is about", () => {
  using it = connect();
  it.manager.attach(nothing, nothing);
  it.manager.reachable();
  it.manager.observe(serving().state);
  const heard = it.receiver.read().messages.length;
  it.manager.observe(serving().state);
  expect(it.receiver.read().messages).toHaveLength(heard);
  it.manager.takeOver();
  const again = "READY=1\nSTATUS=Serving with 2 workers on generation 0";
  expect(it.receiver.read().messages.slice(heard)).toEqual([again]);
});
