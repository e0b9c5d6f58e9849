// Which requests a program waits for that closes its server.
import { expect, test } from "bun:test";
import type { InFlightRequest } from "../../../src/worker/requests/in-flight.ts";
import { untilAnswered } from "../../../src/worker/requests/until-answered.ts";

const named = (name: string): InFlightRequest =>
  ({ request: new Request(`http://localhost/${name}`) }) as InFlightRequest;

test("those that were in flight are waited for, and none that came later", async () => {
  const [first, second, later] = [named("first"), named("second"), named("later")];
  const sweeps = [[first, second], [second, later], [later], []];
  await untilAnswered({ sweep: () => sweeps.shift() ?? [] });
  expect(sweeps).toEqual([[]]);
});
