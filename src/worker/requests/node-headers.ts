// The headers of a request of node:http, which a program finds in two forms.
import type { IncomingMessage } from "node:http";
import type { HeaderFields } from "./forwarding.ts";

export class NodeHeaders implements HeaderFields {
  constructor(readonly incoming: IncomingMessage) {}

  get(name: string): string | null {
    const value = this.incoming.headers[name];
    return typeof value === "string" ? value : (value?.join(", ") ?? null);
  }

  names(): readonly string[] {
    return Object.keys(this.incoming.headers);
  }

  remove(name: string): void {
    delete this.incoming.headers[name];
    this.#replaceRaw(name, undefined);
  }

  set(name: string, value: string): void {
    this.incoming.headers[name] = value;
    this.#replaceRaw(name, value);
  }

  /** The list stays the same object. Its first entry of that name gets the value. */
  #replaceRaw(name: string, value: string | undefined): void {
    const { rawHeaders } = this.incoming;
    let isLeft = value !== undefined;
    for (let at = 0; at < rawHeaders.length;) {
      if (rawHeaders[at]?.toLowerCase() !== name) {
        at += 2;
      } else if (isLeft && value !== undefined) {
        rawHeaders[at + 1] = value;
        isLeft = false;
        at += 2;
      } else {
        rawHeaders.splice(at, 2);
      }
    }
  }
}
