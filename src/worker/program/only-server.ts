// Why a program is refused whose only servers are none that pounce can serve.
import { nameOf, type OwnListener } from "./own-listeners.ts";

const ADVICE_FOR_HTTP2 =
  "pounce cannot serve it: create its server with node:http, which gets HTTP/1.1, or export a " +
  "fetch function, which gets HTTP/2 as well";
const ADVICE =
  "pounce serves HTTP: have it start a server with Bun.serve or node:http as well, or run it " +
  "with bun";

/** @param label the program's name @param open what it has opened instead, at least one */
export function whyRefused(label: string, open: readonly OwnListener[]): string {
  const found = open.find(({ kind }) => kind === "node:http2") ?? open[0];
  if (found === undefined) throw new Error("the program has opened nothing");
  const { kind } = found;
  const advice = kind === "node:http2" ? ADVICE_FOR_HTTP2 : ADVICE;
  return `app ${label}: its only server is one of ${kind}, on ${nameOf(found)}; ${advice}`;
}
