// All JSON that leaves pounce has keys as the configuration file has them: no capital letter in
// any.
import { afterAll, expect, test } from "bun:test";
import { ask, hold } from "../helpers/requests.ts";
import { pounce, startControlled, stopAllServers } from "../helpers/server.ts";

afterAll(stopAllServers);

/** The paths of all keys with a capital letter: `generations.0.inFlight`. */
function capitals(value: unknown, path: readonly (string | number)[] = []): string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const here = [...path, key];
    const own = /[A-Z]/.test(key) ? [here.join(".")] : [];
    return own.concat(capitals(inner, here));
  });
}

test("a key with a capital letter would be found, however deep", () => {
  expect(capitals({ a: [{ ok: 1 }, { b: { inFlight: 1 } }] })).toEqual(["a.1.b.inFlight"]);
});

test("keys of JSON have no capital letters: of every command, the health check and the log", async () => {
  const config = {
    workers: 1,
    reload_timeout: 0.3,
    health_check_path: "/health",
    log: { level: "debug", format: "json", access: "stdout", access_format: "json", capture: true },
  };
  await using server = await startControlled({ config });
  const { reply } = await hold(server, 60_000);
  const commands = [
    ["status"],
    ["ls"],
    ["logs"],
    ["scale", "2"],
    ["check", "--print"],
    ["drain", "--for", "10ms"],
    ["reload", "--wait"],
    ["status"],
    ["status", "--nonsense"],
    ["stop"],
    ["status"],
  ];
  const answers = [JSON.parse((await ask(server, "/health")).text)];
  for (const argv of commands) {
    const { stdout } = await pounce(server, ...argv, "--json");
    answers.push(JSON.parse(stdout));
  }
  expect(answers.flatMap((answer) => capitals(answer))).toEqual([]);
  // The request that was held was ended by force: its receipt names it.
  expect(answers).toContainEqual(
    expect.objectContaining({ requests: expect.objectContaining({ forced: 1 }) }),
  );
  expect(await reply).toMatchObject({ status: 503 });
  await server.exited;
  const entries = server.logs.lines.map(({ text }) => JSON.parse(text));
  expect(entries.length).toBeGreaterThan(20);
  expect(entries.flatMap((entry) => capitals(entry))).toEqual([]);
}, 60_000);
