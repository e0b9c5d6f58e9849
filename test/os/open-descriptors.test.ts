// The list of open descriptors, at once and in parts.
import { expect, test } from "bun:test";
import { closeSync, openSync } from "node:fs";
import { descriptors, descriptorsInParts } from "../../src/os/open-descriptors.ts";

test("in parts the list is the same, others have their turns, and no descriptor is left", async () => {
  const files = Array.from({ length: 1500 }, () => openSync("/dev/null", "r"));
  try {
    const before = descriptors();
    let pauses = 0;
    const inParts = await descriptorsInParts(async () => {
      pauses++;
      // The list that others take meanwhile does not disturb this one, which has a descriptor.
      expect(descriptors()).toHaveLength(before.length + 1);
    });
    expect(inParts).toEqual(before);
    expect(pauses).toBeGreaterThan(1);
    expect(descriptors()).toEqual(before);
  } finally {
    for (const file of files) closeSync(file);
  }
});

test("where there are few, nothing is waited for", async () => {
  let pauses = 0;
  const found = await descriptorsInParts(async () => void pauses++);
  expect(found).toEqual(descriptors());
  expect(pauses).toBe(0);
});
