// A browser: Chromium without a window, by the protocol of its developer tools. Only what a test of
// a page needs.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "./until.ts";

/** Nothing that asks the network by itself. Root needs --no-sandbox. */
const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--remote-debugging-port=0",
];

interface Message {
  readonly id?: number;
  readonly sessionId?: string;
  readonly method?: string;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

export class Browser {
  readonly #answers = new Map<number, PromiseWithResolvers<unknown>>();
  readonly #pages = new Map<string, Page>();
  #lastId = 0;

  private constructor(
    readonly socket: WebSocket,
    readonly end: () => Promise<void>,
  ) {
    socket.addEventListener("message", ({ data }) => this.#onMessage(JSON.parse(String(data))));
  }

  static async start(): Promise<Browser> {
    const profile = mkdtempSync(join(tmpdir(), "pounce-browser-"));
    const child = Bun.spawn(["chromium", ...FLAGS, `--user-data-dir=${profile}`], {
      stdin: "ignore",
      stdout: "ignore",
      stderr: "pipe",
    });
    const socket = new WebSocket(await addressIn(child.stderr));
    await new Promise((resolve, reject) => {
      socket.addEventListener("open", resolve);
      socket.addEventListener("error", reject);
    });
    return new Browser(socket, async () => {
      child.kill("SIGKILL");
      await child.exited;
      rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    });
  }

  /** A new tab, which shows nothing yet. */
  async open(): Promise<Page> {
    const { targetId } = await this.call("Target.createTarget", { url: "about:blank" });
    const { sessionId } = await this.call("Target.attachToTarget", { targetId, flatten: true });
    const page = new Page((method, params) => this.call(method, params, String(sessionId)));
    this.#pages.set(String(sessionId), page);
    await page.call("Page.enable");
    return page;
  }

  async call(
    method: string,
    params: object = {},
    sessionId?: string,
  ): Promise<Record<string, unknown>> {
    this.#lastId += 1;
    const answer = Promise.withResolvers<unknown>();
    this.#answers.set(this.#lastId, answer);
    this.socket.send(JSON.stringify({ id: this.#lastId, method, params, sessionId }));
    return (await answer.promise) as Record<string, unknown>;
  }

  #onMessage({ id, sessionId, method, result, error }: Message): void {
    if (id !== undefined) {
      const answer = this.#answers.get(id);
      this.#answers.delete(id);
      if (error === undefined) answer?.resolve(result);
      else answer?.reject(new Error(error.message));
    } else if (method === "Page.loadEventFired") {
      this.#pages.get(sessionId ?? "")?.onLoad();
    }
  }
}

/** What Chromium says where it can be reached. */
async function addressIn(stderr: ReadableStream<Uint8Array>): Promise<string> {
  let said = "";
  const decoder = new TextDecoder();
  for await (const chunk of stderr) {
    said += decoder.decode(chunk, { stream: true });
    const [, address] = /listening on (ws:\S+)/.exec(said) ?? [];
    if (address !== undefined) return address;
  }
  throw new Error(`chromium does not start: ${said}`);
}

/** A tab. */
export class Page {
  /** How often it has loaded something. */
  loads = 0;

  constructor(
    readonly call: (method: string, params?: object) => Promise<Record<string, unknown>>,
  ) {}

  onLoad(): void {
    this.loads += 1;
  }

  async go(url: string): Promise<void> {
    await this.call("Page.navigate", { url });
  }

  /** The value of an expression in the page. */
  async value(expression: string): Promise<unknown> {
    const found = await this.call("Runtime.evaluate", { expression, returnByValue: true });
    return (found["result"] as { readonly value?: unknown }).value;
  }

  async text(): Promise<string> {
    return String(await this.value("document.body?.innerText ?? ''"));
  }

  /** Resolves when the page shows the words. */
  async shows(words: string): Promise<void> {
    // Between two documents there is nothing to ask.
    const isThere = async (): Promise<boolean> =>
      (await this.text().catch(() => "")).includes(words);
    try {
      await until(`the page shows "${words}"`, isThere);
    } catch (error) {
      throw new Error(`${String(error)}. It shows:\n${await this.text()}`, { cause: error });
    }
  }

  /** A picture of what is seen, as PNG. */
  async picture(): Promise<Buffer> {
    const { data } = await this.call("Page.captureScreenshot");
    return Buffer.from(String(data), "base64");
  }
}
