// What an executable runs on, told by its first bytes.
import { describe, expect, test } from "bun:test";
import { isMadeFrom, targetOf } from "../../src/build/executable.ts";
import { pounceBinary } from "../helpers/server.ts";

function elf(machine: number, linker: string): Buffer {
  const head = Buffer.alloc(4096);
  head.write("\x7fELF");
  head.writeUInt16LE(machine, 18);
  head.write(linker, 512);
  return head;
}

function machO(processor: number): Buffer {
  const head = Buffer.alloc(4096);
  head.writeUInt32LE(0xfeedfacf, 0);
  head.writeUInt32LE(processor, 4);
  return head;
}

describe("the target of an executable", () => {
  test.each<[string, Buffer, ReturnType<typeof targetOf>]>([
    ["x86-64 with glibc", elf(0x3e, "/lib64/ld-linux-x86-64.so.2"), "linux-x64"],
    ["x86-64 with musl", elf(0x3e, "/lib/ld-musl-x86_64.so.1"), "linux-x64-musl"],
    ["arm64 with glibc", elf(0xb7, "/lib/ld-linux-aarch64.so.1"), "linux-arm64"],
    ["arm64 with musl", elf(0xb7, "/lib/ld-musl-aarch64.so.1"), "linux-arm64-musl"],
    ["another processor", elf(0xf3, "/lib/ld-linux-riscv64-lp64d.so.1"), undefined],
    ["macOS on Intel", machO(0x01000007), "darwin-x64"],
    ["macOS on Apple", machO(0x0100000c), "darwin-arm64"],
    ["a text", Buffer.from("#!/bin/sh\necho an executable, but none of ours\n"), undefined],
    ["an empty file", Buffer.alloc(0), undefined],
  ])("%s", (_, executable, target) => {
    expect(targetOf(executable)).toBe(target);
  });

  test("the executable under test is for this system, and made from this Bun", async () => {
    const executable = Buffer.from(await Bun.file(pounceBinary()).arrayBuffer());
    expect(targetOf(executable)).toStartWith(`${process.platform}-${process.arch}`);
    expect(isMadeFrom(executable, Bun.version)).toBe(true);
    expect(isMadeFrom(executable, "1.0.0")).toBe(false);
  });
});
