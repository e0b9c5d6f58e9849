// Evaluates a module, as far as must be known of it to find its app.
import type { EmbeddedApp } from "../../embedded-app.ts";
import type { Capture } from "../program/capture.ts";
import { type Exports, type Picked, pick } from "./module-exports.ts";

/** A module that can be evaluated, and which part of it is the app. */
export interface Found extends Omit<EmbeddedApp, "main"> {
  /** "" if it is inside the executable. */
  readonly file: string;
}

/** What has been evaluated. */
export interface Evaluated {
  readonly module: Exports;
  readonly target: unknown;
}

/**
 * How long a module may go on after it has started a server that may not be its service: what it
 * exports may count instead. Some programs never come to their end.
 */
const EXPORT_WAITS_MS = 2000;

/**
 * Throws what the module throws. Undefined: it is a program that has started a server, and goes on.
 */
export async function evaluate(found: Found, capture: Capture): Promise<Evaluated | undefined> {
  const evaluating = evaluateAll(found);
  if (found.exportName !== undefined) return evaluating;
  const evaluated = await Promise.race([evaluating, untilSettledAsProgram(capture)]);
  // What it throws later is an unhandled rejection like any other.
  if (evaluated === undefined) void rethrow(evaluating);
  return evaluated;
}

async function evaluateAll(found: Found): Promise<Evaluated> {
  const module = await found.load();
  const { target }: Picked = await pick(module, found, found.label);
  return { module, target };
}

/** Resolves when it does not matter any more what the module exports. */
async function untilSettledAsProgram(capture: Capture): Promise<undefined> {
  await capture.hasStarted();
  if (capture.hasOurs) return;
  await new Promise((resolve) => void setTimeout(resolve, EXPORT_WAITS_MS).unref());
}

async function rethrow(promise: Promise<unknown>): Promise<void> {
  await promise;
}
