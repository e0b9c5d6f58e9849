// The headers of a request of Bun's own.
import type { HeaderFields } from "./forwarding.ts";

export class BunHeaders implements HeaderFields {
  constructor(readonly headers: Headers) {}

  get(name: string): string | null {
    return this.headers.get(name);
  }

  set(name: string, value: string): void {
    this.headers.set(name, value);
  }

  remove(name: string): void {
    this.headers.delete(name);
  }

  names(): readonly string[] {
    return [...this.headers.keys()];
  }
}
