// The headers of a request of node:http, which a program finds in three forms.
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
    this.#replaceDistinct();
  }

  set(name: string, value: string): void {
    this.incoming.headers[name] = value;
    this.#replaceRaw(name, value);
    this.#replaceDistinct();
  }

  /**
   * What node:http makes of the list when it is first asked for. It would take as many entries as
   * came, and throw where there are fewer.
   */
  #replaceDistinct(): void {
    const { incoming } = this;
    if (Object.hasOwn(incoming, "headersDistinct")) return;
    let made: Record<string, string[]> | undefined;
    Object.defineProperty(incoming, "headersDistinct", {
      configurable: true,
      get: () => (made ??= distinct(incoming.rawHeaders)),
      set(value: typeof made) {
        made = value;
      },
    });
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

/** Any name may come, `__proto__` too. */
function distinct(rawHeaders: readonly string[]): Record<string, string[]> {
  const fields = Object.create(null) as Record<string, string[]>;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]?.toLowerCase() ?? "";
    (fields[name] ??= []).push(rawHeaders[at + 1] ?? "");
  }
  return fields;
}
