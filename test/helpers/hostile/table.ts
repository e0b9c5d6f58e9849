// All hostile exchanges whose outcome is known.
import { CHUNKS } from "./chunks.ts";
import type { Exchange } from "./exchange.ts";
import { FIELDS } from "./fields.ts";
import { LENGTHS } from "./lengths.ts";
import { ORDERS } from "./orders.ts";
import { PROTOCOLS } from "./protocols.ts";
import { REQUEST_LINES } from "./request-lines.ts";

export const TABLE: readonly Exchange[] = [
  ...REQUEST_LINES,
  ...FIELDS,
  ...LENGTHS,
  ...CHUNKS,
  ...ORDERS,
  ...PROTOCOLS,
];
