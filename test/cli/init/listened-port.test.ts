// The port that a program says it listens on.
import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { listenedPort } from "../../../src/cli/init/listened-port.ts";

const root = mkdtempSync(join(tmpdir(), "pounce-listened-"));
afterAll(() => rmSync(root, { recursive: true }));

test.each([
  ["app.listen(3000)", 3000],
  ["server.listen( 8080, () => {})", 8080],
  ["await app.listen({ host: '::', port: 4000 })", 4000],
  ["Bun.serve({ port: 5000, fetch })", 5000],
  ["app.listen(process.env.PORT || 3000)", undefined],
  ["const port = Bun.env.PORT ?? 3000; app.listen(3000)", undefined],
  ["app.listen(port)", undefined],
  ["app.listen(99999)", undefined],
  ["export default app", undefined],
])("%s: %p", (source, port) => {
  const path = join(root, "server.ts");
  writeFileSync(path, source);
  expect(listenedPort(path)).toBe(port);
});

test("a file that cannot be read names none", () => {
  expect(listenedPort(join(root, "missing.ts"))).toBeUndefined();
});
