// Registers the tests of a program in full, for files of test/frameworks.
import { afterAll, describe, test } from "bun:test";
import {
  answersUnderBun,
  badVersionsChangeNothing,
  type Effort,
  FULL,
  type Program,
  reloadsLoseNothing,
  stopLosesNothing,
} from "./programs.ts";
import { stopAllServers } from "./server.ts";

const TIMEOUT_MS = 300_000;

const CLAIMS = {
  "answers under bun": answersUnderBun,
  "three reloads under load lose nothing": reloadsLoseNothing,
  "bad versions change nothing": badVersionsChangeNothing,
  "a stop loses nothing": stopLosesNothing,
};

export function prove(program: Program, effort: Effort = FULL): void {
  afterAll(stopAllServers);
  describe(program.name, () => {
    for (const [name, check] of Object.entries(CLAIMS)) {
      test(name, () => check(program, effort), TIMEOUT_MS);
    }
  });
}
