// A debugger: the few words of the protocol of Chrome's developer tools that a breakpoint needs.
import { SourceMap } from "node:module";

interface Paused {
  readonly callFrames: readonly { readonly location: Location }[];
}

interface Location {
  readonly scriptId: string;
  readonly lineNumber: number;
  readonly columnNumber: number;
}

interface Script {
  readonly scriptId: string;
  readonly url: string;
  readonly sourceMapURL?: string;
}

type Message = {
  readonly id?: number;
  readonly method?: string;
  readonly params?: unknown;
  readonly result?: unknown;
};

/** Waits until a debugger can attach to a port, and attaches. */
export async function attach(port: number): Promise<Debugger> {
  for (;;) {
    try {
      const list = await (await fetch(`http://127.0.0.1:${port}/json/list`)).json();
      const [{ webSocketDebuggerUrl = "" } = {}] = list as { webSocketDebuggerUrl?: string }[];
      return await Debugger.open(webSocketDebuggerUrl);
    } catch {
      await Bun.sleep(10);
    }
  }
}

export class Debugger {
  readonly #scripts: Script[] = [];
  readonly #answers = new Map<number, PromiseWithResolvers<unknown>>();
  readonly #paused = Promise.withResolvers<Paused>();
  readonly closed = Promise.withResolvers<void>();
  #id = 0;

  private constructor(readonly socket: WebSocket) {
    socket.addEventListener("message", ({ data }) => this.#onMessage(JSON.parse(String(data))));
    socket.addEventListener("close", () => {
      this.closed.resolve();
      for (const { reject } of this.#answers.values()) reject(new Error("the debugger is closed"));
    });
  }

  static async open(url: string): Promise<Debugger> {
    const socket = new WebSocket(url);
    await new Promise((resolve, reject) => {
      socket.addEventListener("open", resolve);
      socket.addEventListener("error", reject);
    });
    const opened = new Debugger(socket);
    await opened.call("Runtime.enable");
    await opened.call("Debugger.enable");
    return opened;
  }

  #onMessage({ id, method, params, result }: Message): void {
    if (id !== undefined) return this.#answers.get(id)?.resolve(result);
    if (method === "Debugger.scriptParsed") this.#scripts.push(params as Script);
    if (method === "Debugger.paused") this.#paused.resolve(params as Paused);
  }

  call(method: string, params: object = {}): Promise<unknown> {
    const id = ++this.#id;
    const answer = Promise.withResolvers<unknown>();
    this.#answers.set(id, answer);
    this.socket.send(JSON.stringify({ id, method, params }));
    return answer.promise;
  }

  #mapOf(file: string): { readonly script: Script; readonly map: SourceMap } {
    const script = this.#scripts.find(({ url }) => url.endsWith(file));
    const [, encoded = ""] = script?.sourceMapURL?.split("base64,") ?? [];
    if (script === undefined || encoded === "") throw new Error(`${file} has no source map`);
    return { script, map: new SourceMap(JSON.parse(Buffer.from(encoded, "base64").toString())) };
  }

  /** Sets a breakpoint at a line of the source, from 1 on. */
  async breakAt(file: string, line: number): Promise<void> {
    const { script, map } = this.#mapOf(file);
    for (let lineNumber = 0; lineNumber < 1000; lineNumber++) {
      const entry = map.findEntry(lineNumber, 4);
      if (!("originalLine" in entry) || entry.originalLine !== line - 1) continue;
      await this.call("Debugger.setBreakpointByUrl", { url: script.url, lineNumber });
      return;
    }
    throw new Error(`nothing is made of line ${line}`);
  }

  /** The line of the source, from 1 on, at which it pauses. */
  async pausedAt(file: string): Promise<number> {
    const { callFrames } = await this.#paused.promise;
    const { lineNumber = 0, columnNumber = 0 } = callFrames[0]?.location ?? {};
    const entry = this.#mapOf(file).map.findEntry(lineNumber, columnNumber);
    return "originalLine" in entry ? entry.originalLine + 1 : 0;
  }

  async resume(): Promise<void> {
    await this.call("Debugger.resume");
  }
}
