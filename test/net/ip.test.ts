// The family of an IP address, compared with what Node says.
import { expect, test } from "bun:test";
import { isIP } from "node:net";
import { ipFamily } from "../../src/net/ip.ts";

const GROUPS = ["", "0", "1", "ffff", "ABCD", "12345", "g", "1.2.3.4", "01.2.3.4", "%eth0"];
const TEXTS = [
  "127.0.0.1",
  "0.0.0.0",
  "255.255.255.255",
  "256.1.1.1",
  "1.2.3",
  "1.2.3.4.5",
  "1.2.3.",
  ".1.2.3",
  "01.2.3.4",
  "1.2.3.4\n",
  " 1.2.3.4",
  "0x7f.1",
  "2130706433",
  "localhost",
  "example.com",
  "",
  "::",
  "::1",
  "1::",
  "1:2:3:4:5:6:7:8",
  "1:2:3:4:5:6:7:8:9",
  "1:2:3:4:5:6:7::",
  "::2:3:4:5:6:7:8",
  "::1::",
  "::ffff:1.2.3.4",
  "1:2:3:4:5:6:1.2.3.4",
  "1:2:3:4:5:6:7:1.2.3.4",
  "::1.2.3.4",
  "1.2.3.4::",
  "[::1]",
  "::1]",
  "::1\n",

  "::1/64",
  ":",
  ":::",
  "64:ff9b::192.0.2.33",
  "::1.2.3",
  "::1.2.3.256",
];

test.each(TEXTS)("ipFamily judges %j as isIP does", (text) => {
  expect<number>(ipFamily(text)).toBe(isIP(text));
});

test("ipFamily agrees with isIP on every combination of groups, but for zones", () => {
  for (const a of GROUPS) {
    for (const b of GROUPS) {
      for (const c of GROUPS) {
        for (const text of [`${a}:${b}:${c}`, `${a}::${b}:${c}`, `1:2:3:4:5:${a}:${b}:${c}`]) {
          const expected = text.includes("%") ? 0 : isIP(text);
          expect(`${text} ${ipFamily(text)}`).toBe(`${text} ${expected}`);
        }
      }
    }
  }
});

test("an address with a zone is none", () => {
  expect(ipFamily("fe80::1%eth0")).toBe(0);
  expect(ipFamily("::%31")).toBe(0);
});
