// Which way of sharing addresses a server uses: chosen once, when its state is made.

import type { State } from "../state.ts";
import { kernel } from "./kernel.ts";
import type { Sharing } from "./sharing.ts";
import { solo } from "./solo.ts";

const SHARINGS: Readonly<Record<State["sharing"]["name"], Sharing>> = { kernel, solo };

export function sharingOf({ sharing }: State): Sharing {
  return SHARINGS[sharing.name];
}
